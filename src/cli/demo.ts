// `lockstep demo`: the real copier, for about 20 seconds, against a broker that is simulated on this
// machine. It tells a day in small: entries, a partial exit, a refusal, a reply that is lost and found. In
// the end the broker's own books are asked whether every promise held. No real account is ever touched.
import type { AccountName } from '../domain/ids.ts'
import type { Side } from '../domain/order.ts'
import { SECOND } from '../domain/time.ts'
import type { Report } from '../report/report.ts'
import type { Copier } from './copier.ts'
import { copy } from './copying.ts'
import {
  openPage,
  type Page,
  type PageChoice,
  type PageOptions,
  placeOf,
  withPageOptions,
} from './page.ts'
import { type AddCommand, exitCodes } from './program.ts'
import type { RunParts } from './run.ts'

/** The simulated broker, as far as the demo has a hand in it. */
export interface Market {
  /** Both traded by the master, in words that a trader reads. */
  readonly option: string
  readonly share: string
  trade(symbol: string, side: Side, quantity: number): void
  /** The follower's next order is accepted, then rejected with this text. */
  rejectNext(follower: AccountName, text: string): void
  /** The follower's next order is taken, and neither its answer nor the stream's news of it arrive. */
  loseNextReply(follower: AccountName): void
  repliesLost(): number
  /** What an account truly holds; nothing where it is flat. */
  positions(account: AccountName): readonly { readonly symbol: string; readonly quantity: string }[]
  /** How often the account truly was sent an order of that side. */
  ordersOf(account: AccountName, symbol: string, side: Side): number
  /** Orders that took effect twice under one tag. */
  duplicates(): number
  /** Requests beyond what the broker allows. */
  violations(): number
}

export interface Stage {
  readonly market: Market
  readonly copier: Copier
  /** Where the log and the record are, for whoever wants to read on. */
  readonly folder: string
  /** For the page: where its ledger and its settings are, and its clock. */
  readonly surroundings: Pick<PageChoice, 'movedMs' | 'surroundings'>
  close(): Promise<void>
}

export interface DemoParts extends Pick<RunParts, 'report' | 'version' | 'listen' | 'startPage'> {
  readonly setStage: () => Promise<Stage>
  /** The session record that was just written, as `lockstep report` shows it. */
  readonly review: (recordFile: string) => string
}

/** For `npm start` with no account: why it is a demo that one sees. */
export const NO_ACCOUNT_YET = 'No account is set up yet, so here is the demo.\n'

export function addDemo(parts: DemoParts): AddCommand {
  return (program, terminal, end) => {
    withPageOptions(program.command('demo'))
      .description('watch a copier at work for 20 seconds: simulated broker, no real order')
      .option('--keep', 'go on after the story, until Ctrl-C')
      .option('--no-web', 'without the page in the browser')
      .addHelpText('after', '\nExample:\n  lockstep demo')
      .action(async (options: DemoOptions) => end(await demo(options, parts, terminal.write)))
  }
}

const FIRST = 'FOLLOWER_1' as AccountName
const SECOND_FOLLOWER = 'FOLLOWER_2' as AccountName
const THIRD = 'FOLLOWER_3' as AccountName
const FOLLOWERS = [FIRST, SECOND_FOLLOWER, THIRD]
const REFUSAL = 'RMS: margin exceeds, available 0.00'
/** An order in doubt is found within seconds; this is for a slow machine. */
const LAST_WAIT_MS = 20 * SECOND

interface DemoOptions extends PageOptions {
  readonly keep?: true
}

export async function demo(
  options: DemoOptions,
  parts: DemoParts,
  write: (text: string) => void,
): Promise<0 | 1> {
  write(`This is a demo: broker, prices, accounts and orders are simulated on this machine.
Its clock is set to a trading morning, so that it runs at any hour.

`)
  const keep = options.keep === true
  const place = placeOf(options)
  const stopping = parts.listen()
  const stage = await parts.setStage()
  const finished = new AbortController()
  const signal = AbortSignal.any([stopping.signal, finished.signal])
  const curtain = Promise.withResolvers<void>()
  let page: Page | null = null
  try {
    const report = parts.report(stage.copier, () => undefined)
    if (options.web !== false) {
      const choice = { ...place, ...stage.surroundings, configFile: null, isDemo: true }
      page = openPage(parts.startPage, report, choice)
    }
    const copying = copy(stage.copier, {
      report: {
        ...report,
        tell(event) {
          report.tell(event)
          if (event.kind === 'watching') curtain.resolve()
        },
      },
      alerts: null,
      version: parts.version,
      only: null,
      isDemo: true,
      page: () => page?.url() ?? null,
      mayGo: () => Promise.resolve(true),
      person: null,
      signal,
    })
    const told = Promise.race([curtain.promise, copying]).then(async () => {
      await tellStory(stage, report, signal)
      if (!keep) finished.abort()
    })
    await Promise.all([copying, told])
    if (stopping.signal.aborted && !keep) {
      write('\nThe demo was stopped before its end, so nothing was checked.\n')
      return exitCodes.done
    }
    write(`\n${parts.review(report.files.record)}\n`)
    return tellVerdict(stage, write)
  } finally {
    finished.abort()
    stopping.ignore()
    await page?.stop()
    stage.copier.close()
    await stage.close()
  }
}

async function tellStory(stage: Stage, report: Report, signal: AbortSignal): Promise<void> {
  const { market, copier } = stage
  const { clock } = copier
  const { option, share } = market
  const scene = async (text: string, ms: number, act: () => void): Promise<void> => {
    if (signal.aborted) return
    report.say('')
    report.say(`>> ${text}`)
    act()
    await clock.sleep(ms, signal)
  }

  await scene(`The master buys 260 ${option}: four lots of 65.`, 3500, () =>
    market.trade(option, 'BUY', 260),
  )
  await scene(
    'He buys as much again. FOLLOWER_3 has no money left: its broker says no.',
    4000,
    () => {
      market.rejectNext(THIRD, REFUSAL)
      market.trade(option, 'BUY', 260)
    },
  )
  await scene('He sells half. Everybody keeps half of what he has.', 4000, () =>
    market.trade(option, 'SELL', 260),
  )
  await scene(
    'He buys 100 SBIN. The line of FOLLOWER_2 breaks before its broker has answered.',
    5500,
    () => {
      market.loseNextReply(SECOND_FOLLOWER)
      market.trade(share, 'BUY', 100)
    },
  )
  await scene('He leaves everything: flat with the master is the promise.', 2500, () => {
    market.trade(option, 'SELL', 260)
    market.trade(share, 'SELL', 100)
  })
  const deadline = clock.monotonicMs() + LAST_WAIT_MS
  while (!isFlat(stage) && clock.monotonicMs() < deadline && !signal.aborted)
    await clock.sleep(100, signal)
}

function isFlat({ market, copier: { ledger } }: Stage): boolean {
  return (
    FOLLOWERS.every((follower) => market.positions(follower).length === 0) &&
    ledger.openAttempts(null).length === 0
  )
}

/** Judged by the broker's books, which the copier can't write to otherwise than by its orders. */
function tellVerdict(stage: Stage, write: (text: string) => void): 0 | 1 {
  const { market, copier, folder } = stage
  const { ledger } = copier
  const promises: readonly (readonly [string, boolean])[] = [
    ['every follower is flat with the master', isFlat(stage)],
    ['no order took effect twice', market.duplicates() === 0],
    [
      'the order whose reply was lost was found, and not sent again',
      market.repliesLost() === 1 && market.ordersOf(SECOND_FOLLOWER, market.share, 'BUY') === 1,
    ],
    ["no request was beyond the broker's limits", market.violations() === 0],
    ['no exit is owed, and the ledger agrees with its own facts', agrees(ledger)],
  ]
  write("Checked against the broker's own books:\n")
  for (const [promise, isKept] of promises) write(`  ${isKept ? 'kept  ' : 'BROKEN'}  ${promise}\n`)
  write(`\nLog and record are in ${folder}.
Next: copy .env.example to .env, fill it in, then lockstep validate, then lockstep run (a dry run).\n`)
  return promises.every(([, isKept]) => isKept) ? exitCodes.done : exitCodes.failed
}

const agrees = (ledger: Copier['ledger']): boolean =>
  ledger.owed().length === 0 && ledger.verify().length === 0
