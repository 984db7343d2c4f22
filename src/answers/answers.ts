// Everything that the page is answered, route by route, put together for `main` to hand to the server. What
// many pages ask at once is worked out once.
import { signalId } from '../domain/ids.ts'
import { dayOf, SECOND } from '../domain/time.ts'
import type { Answers } from '../web/app.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { Changed, Mode, Overview } from '../web/shapes.ts'
import { accountList, accountWrites, nameIn } from './accounts.ts'
import { createBooks } from './books.ts'
import { chartsOf } from './charts.ts'
import { createHistories, dayList } from './history.ts'
import { createMetricsText } from './metrics.ts'
import { pageOfSignals } from './orders.ts'
import { overviewOf } from './overview.ts'
import type { AnswerParts } from './parts.ts'
import { previewOf } from './preview.ts'
import { flattenPreview, resumePreview, steeringWrites } from './steering.ts'
import { storyOfSignal } from './story.ts'
import { createViews } from './views.ts'

/** A page that shows more than these asks for all of them. */
const MOST_SIGNALS_TOLD = 200
/** How long an overview is right while no fact is new: the clock and the pulse go on. */
const OVERVIEW_FOR_MS = SECOND
const PULSE_EVERY_MS = 2 * SECOND

export function createAnswers(parts: AnswerParts): Answers {
  const { reach } = parts
  const views = createViews(parts)
  const books = createBooks()
  const histories = createHistories(views, books)
  const overviews = new Map<Mode, Kept>()

  function overview(wanted: Mode | undefined): Promise<Overview> {
    const site = views.at(wanted)
    const { ledger, mode, now } = site
    const revision = ledger.revision()
    const atMs = reach.clock.monotonicMs()
    const known = overviews.get(mode)
    if (known?.revision === revision && atMs - known.atMs < OVERVIEW_FOR_MS) return known.answer
    const answer = books
      .of(ledger, dayOf(now))
      .then((orders) => overviewOf(views, views.at(mode), orders, reach.windows))
    overviews.set(mode, { revision, atMs, answer })
    // What failed once is tried again by the next who asks.
    answer.catch(() => overviews.delete(mode))
    return answer
  }

  return {
    modeOf: views.modeOf,
    look: createLook(parts, views),
    metrics: createMetricsText(parts, views),
    reads: {
      '/api/overview': ({ mode }) => overview(mode),
      '/api/signals': (filter) => pageOfSignals(views, books, filter),
      '/api/signals/:signal': ({ mode }, { signal }) => {
        if (signal === undefined) throw new RequestRefused('badRequest', 'a signal has a number')
        return storyOfSignal(views, mode, signalId(Number(signal)))
      },
      '/api/days': ({ mode }) => dayList(views, mode),
      '/api/charts': ({ mode, day }) => chartsOf(views, books, mode, day),
      '/api/history': ({ mode }) => histories.of(mode),
      '/api/accounts': () => accountList(parts, views),
      '/api/steer/resume': ({ mode, follower }) => resumePreview(views, mode, follower),
      '/api/steer/flatten': ({ mode, follower }) => flattenPreview(views, mode, follower),
    },
    writes: {
      ...steeringWrites(parts),
      ...accountWrites(parts, views),
      '/api/accounts/:name/preview': (body, names) => previewOf(views, nameIn(names), body),
    },
  }
}

interface Kept {
  readonly revision: number
  readonly atMs: number
  readonly answer: Promise<Overview>
}

/** What is new in a ledger; who runs on it and how the accounts do are no facts, and looked at more seldom. */
function createLook({ reach }: AnswerParts, views: ReturnType<typeof createViews>) {
  const around = new Map<Mode, { readonly text: string; readonly atMs: number }>()

  function hasMoved(mode: Mode): boolean {
    const known = around.get(mode)
    const atMs = reach.clock.monotonicMs()
    if (known !== undefined && atMs - known.atMs < PULSE_EVERY_MS) return false
    const site = views.find(mode)
    const { accounts = [], prices = new Map() } = site?.ledger.pulse() ?? {}
    const text = JSON.stringify([site?.engine, accounts, [...prices]], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    around.set(mode, { text, atMs })
    return known !== undefined && known.text !== text
  }

  return (mode: Mode, since: number | null): Changed | null => {
    const site = views.find(mode)
    if (site === null) return null
    const revision = site.ledger.revision()
    const hasEngineMoved = hasMoved(mode)
    if (since === null)
      return { mode, revision, topics: ['overview', 'signals', 'accounts', 'engine'], signals: [] }
    if (revision <= since)
      return hasEngineMoved ? { mode, revision, topics: ['overview', 'engine'], signals: [] } : null
    const signals = site.ledger.signalsSince(since)
    return {
      mode,
      revision,
      topics: ['overview', ...(signals.length === 0 ? [] : (['signals'] as const))],
      signals: signals.slice(-MOST_SIGNALS_TOLD),
    }
  }
}
