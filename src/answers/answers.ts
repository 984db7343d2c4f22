// Everything that the page is answered, route by route, put together for `main` to hand to the server. What
// many pages ask at once is worked out once.
import { signalId } from '../domain/ids.ts'
import { dayOf, SECOND } from '../domain/time.ts'
import type { Answers } from '../web/app.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { Changed } from '../web/shapes/events.ts'
import type { Mode } from '../web/shapes/said.ts'
import { accountList, accountWrites, nameIn, refusePassphrase } from './accounts.ts'
import { createBooks } from './books.ts'
import { chartsOf } from './charts.ts'
import { createHistories, dayList } from './history.ts'
import { createMetricsText } from './metrics.ts'
import { pageOfSignals } from './orders.ts'
import { overviewOf } from './overview.ts'
import type { AnswerParts } from './parts.ts'
import { previewOf } from './preview.ts'
import { flattenPreview, refuse, resumePreview, steeringWrites } from './steering.ts'
import { storyOfSignal } from './story.ts'
import { createViews, type LookSite, type Views } from './views.ts'

/** A page that shows more than these asks for all of them. */
const MOST_SIGNALS_TOLD = 200
/** How long an answer is right while no fact is new: the clock and the pulse go on. */
const SHARED_FOR_MS = SECOND
const MOST_SHARED = 50
const PULSE_EVERY_MS = 2 * SECOND

export function createAnswers(parts: AnswerParts): Answers {
  const { reach } = parts
  const views = createViews(parts)
  const books = createBooks()
  const histories = createHistories(views, books)
  const shared = createShared(parts, views)

  return {
    modeOf: views.modeOf,
    look: createLook(parts, views),
    refusePassphrase: (passphrase) => refusePassphrase(parts, passphrase),
    metrics: createMetricsText(parts, views),
    reads: {
      '/api/overview': ({ mode }) =>
        shared('overview', mode, (site) =>
          books
            .of(site.ledger, dayOf(site.now))
            .then((orders) => overviewOf(views, views.at(site.mode), orders, reach.windows)),
        ),
      '/api/signals': (filter) =>
        shared(`signals ${JSON.stringify(filter)}`, filter.mode, () =>
          pageOfSignals(views, books, filter),
        ),
      '/api/signals/:signal': ({ mode }, { signal }) => {
        if (signal === undefined) throw new RequestRefused('badRequest', 'a signal has a number')
        return storyOfSignal(views, mode, signalId(Number(signal)))
      },
      '/api/days': ({ mode }) => dayList(views, mode),
      '/api/charts': ({ mode, day }) =>
        shared(`charts ${day}`, mode, () => chartsOf(views, books, mode, day)),
      '/api/history': ({ mode }) => shared('history', mode, () => histories.of(mode)),
      '/api/accounts': () => accountList(parts, views),
      '/api/steer/resume': ({ mode, follower }) => resumePreview(views, mode, follower),
      '/api/steer/flatten': ({ mode, follower }) => flattenPreview(views, mode, follower),
    },
    writes: {
      ...steeringWrites(parts),
      ...accountWrites(parts, views),
      '/api/accounts/:name/preview': (body, names) => {
        try {
          return previewOf(parts, views, nameIn(names), body)
        } catch (error) {
          return refuse(error)
        }
      },
    },
  }
}

/** While no fact is new, whoever asks the same is given the same, and waits for the same work. */
function createShared({ reach }: AnswerParts, views: Views) {
  const kept = new Map<string, Kept>()

  return <T>(
    what: string,
    wanted: Mode | undefined,
    work: (site: LookSite) => Promise<T>,
  ): Promise<T> => {
    const site = views.at(wanted)
    const key = `${site.mode} ${what}`
    const revision = site.ledger.revision()
    const atMs = reach.clock.monotonicMs()
    const known = kept.get(key)
    if (known?.revision === revision && atMs - known.atMs < SHARED_FOR_MS)
      return known.answer as Promise<T>
    const answer = work(site)
    kept.delete(key)
    kept.set(key, { revision, atMs, answer })
    for (const old of [...kept.keys()].slice(0, -MOST_SHARED)) kept.delete(old)
    // What failed once is tried again by the next who asks.
    answer.catch(() => kept.delete(key))
    return answer
  }
}

interface Kept {
  readonly revision: number
  readonly atMs: number
  readonly answer: Promise<unknown>
}

/** What is new in a ledger; who runs on it and how the accounts do are no facts, and looked at more seldom. */
function createLook({ reach }: AnswerParts, views: Views) {
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
