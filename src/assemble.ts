// Puts a copier together out of the real parts, for `main` alone. Nothing is decided here. A paper follower
// is given the paper broker, and then the one who can write to the real account is never even made.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { uptime } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as angelone from './broker/angelone/index.ts'
import { loadInstruments } from './broker/angelone/instruments.ts'
import { WRITE_WINDOWS } from './broker/angelone/limits.ts'
import { openPaperAccount } from './broker/paper/index.ts'
import { WRITE_WINDOWS as PAPER_WINDOWS } from './broker/paper/limits.ts'
import { createChance } from './chance.ts'
import type { Copier, CopierChoice, LoginState, Member, Preparation } from './cli/copier.ts'
import { exitCodes, Refusal } from './cli/program.ts'
import { corrected, holding, type MachineClock, passing } from './clock.ts'
import type { Config } from './config/config.ts'
import type { Account } from './domain/account.ts'
import { assert } from './domain/assert.ts'
import { CALENDAR_TABLE } from './domain/calendar-data.ts'
import type { AccountName } from './domain/ids.ts'
import type { Mode } from './domain/lane.ts'
import { add, type Money } from './domain/numbers.ts'
import { type SessionState, whyStopped } from './domain/pulse.ts'
import type { FollowerSettings } from './domain/settings.ts'
import {
  atTimeOfDay,
  dayOf,
  formatDuration,
  HOUR,
  instant,
  MINUTE,
  SECOND,
  type TradingDay,
} from './domain/time.ts'
import type { Context, FollowerAccess } from './engine/context.ts'
import { createEngine } from './engine/engine.ts'
import { createVerification } from './engine/verify.ts'
import { openLedger } from './ledger/open.ts'
import { LedgerUnusable } from './ledger/unusable.ts'
import type {
  BrokerReader,
  Chance,
  Clock,
  EngineEvent,
  Instruments,
  Ledger,
  OrderStream,
} from './ports.ts'

/** How the doors of a broker are made. Handed in, so that a test can see which of them are. */
export type BrokerParts = Pick<typeof angelone, 'connect' | 'readerOf' | 'writerOf' | 'streamOf'>

export interface AssembleDeps {
  /** null: the machine's own, corrected by the broker's. */
  readonly clock: Clock | null
  readonly broker?: BrokerParts
  /** What else is the machine's, for a simulation that brings its own. */
  readonly machine?: Partial<MachineParts>
}

export interface MachineParts {
  readonly clock: MachineClock
  readonly chance: Chance
  readonly openLedger: typeof openLedger
  readonly loadInstruments: typeof loadInstruments
  readonly openPaperAccount: typeof openPaperAccount
}

/** When the day's instruments are surely there. */
const MORNING_MS = 8 * HOUR + 45 * MINUTE
/** Who is not verified is stopped: a morning's first session is not kept waiting. */
const VERIFIED_EVERY_MS = 5 * SECOND
const TEND_EVERY_MS = MINUTE
const PAPER_TURN_MS = 2_000
const BACKUPS_KEPT = 14
/** Those made before a migration bear another name, and stay. */
const DAILY = /^lockstep(-paper)?-\d{4}-\d{2}-\d{2}\.db$/

export const ledgerPath = (dataDir: string, mode: Mode): string =>
  join(dataDir, mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db')

export function assemble(
  { clock: givenClock, broker = angelone, machine }: AssembleDeps,
  config: Config,
  { mode, command, takeOver }: CopierChoice,
): Copier {
  const { master, followers } = config.accounts
  assert(master, 'who runs a copier has a master')
  const connections: angelone.Connection[] = []
  let instruments: Instruments | null = null
  const skewMs = (): number | null =>
    givenClock === null ? (connections[0]?.client.skewMs() ?? null) : 0
  const parts = { ...MACHINE, chance: createChance(), ...machine }
  const { chance } = parts
  const ownClock = passing(parts.clock)
  const time = givenClock ?? corrected(ownClock, skewMs)
  const clock = holding(time)
  const path = ledgerPath(config.dataDir, mode)
  const ledger = explained(() => parts.openLedger({ path, mode, clock, chance, command }))
  const url = config.endpoints.api ?? angelone.ENDPOINTS.api
  for (const account of [master, ...followers])
    connections.push(
      broker.connect(
        // Login codes are made for the time that it is.
        { clock: time, memory: ledger, lastAct: () => null, machineNow: ownClock.now },
        { account, url, wasReadBefore: true },
      ),
    )
  config.vault?.hear(({ account, secret }) => ledger.recordSecretUse(account, secret, clock.now()))
  const readers = connections.map(broker.readerOf)
  const sessions = new AbortController()
  // Ends when they are told to; earlier only if the ledger fails under them, which ends the run.
  const loggingIn = Promise.all(connections.map(({ session }) => session.run(sessions.signal)))
  loggingIn.catch(nothing)
  const closing: (() => void)[] = []

  const modeOf = (settings: FollowerSettings | null): Mode =>
    mode === 'live' ? (settings?.mode ?? 'live') : 'paper'
  const members = connections.map(({ account, session }, index): Member => {
    const settings = index === 0 ? null : (config.followers[index - 1] ?? null)
    const ownMode = modeOf(settings)
    const reader = at(readers, index)
    const verification = createVerification({ clock, ledger, reader }, account)
    // Who is not verified is stopped, whatever its session: nothing is sent to a stranger's account.
    const state = (): SessionState => {
      const own = session.state()
      const doubt = ownMode === 'live' ? verification.doubt() : null
      return own.kind === 'stopped' || doubt === null ? own : doubt
    }
    const stopped = (): string | null => whyStopped(state())
    return {
      stopped,
      account,
      settings,
      mode: ownMode,
      reader,
      verification,
      session: state,
      async logIn(waitMs): Promise<LoginState> {
        const admission = await inWords(session.enter(waitMs))
        if (admission.kind === 'open') {
          await inWords(verification.turn())
          return { kind: 'open' }
        }
        const own = session.state()
        return own.kind === 'stopped' ? own : { kind: 'closed', why: admission.why }
      },
    }
  })

  // --- what is read once a day

  let preparedFor: TradingDay | null = null
  const capital = new Map<AccountName, Money>()

  async function prepareDay(): Promise<Preparation> {
    const today = dayOf(clock.now())
    if (preparedFor !== today) {
      capital.clear()
      keepBackup(ledger, config.dataDir, mode, today)
    }
    const loaded = await parts.loadInstruments(
      { clock },
      {
        url: config.endpoints.instruments ?? angelone.ENDPOINTS.instruments,
        folder: config.dataDir,
        egress: egressOf(config),
      },
    )
    if (loaded.kind === 'missing' && instruments === null)
      return { kind: 'impossible', why: loaded.why }
    if (loaded.kind === 'ready') instruments = loaded.instruments
    preparedFor = today
    const warnings = await readCapital()
    const warning = loaded.kind === 'ready' ? loaded.warning : loaded.why
    return { kind: 'ready', warnings: warning === null ? warnings : [warning, ...warnings] }
  }

  /** Net plus used, once a day and fixed for it. What can't be read is asked for again. */
  async function readCapital(): Promise<readonly string[]> {
    const wanted = members.filter((member) => needsCapital(member, config))
    const answers = wanted.map(async ({ account, reader }): Promise<string | null> => {
      if (capital.has(account.name)) return null
      const reading = await reader.funds()
      if (reading.kind === 'failed')
        return `the capital of ${account.name} can't be read (${reading.why}): no proportional entries until it is`
      capital.set(account.name, add(reading.value.net, reading.value.used))
      return null
    })
    return (await Promise.all(answers)).filter((answer) => answer !== null)
  }

  async function tend(signal: AbortSignal, tell: (event: EngineEvent) => void): Promise<void> {
    let tendedMs = clock.monotonicMs()
    let wasAhead = false
    while (!signal.aborted) {
      await clock.sleep(VERIFIED_EVERY_MS, signal)
      if (signal.aborted) return
      await Promise.all(members.map(({ verification }) => verification.turn()))
      if (clock.monotonicMs() - tendedMs < TEND_EVERY_MS) continue
      tendedMs = clock.monotonicMs()
      const aheadMs = clock.aheadMs()
      if (aheadMs > MINUTE && !wasAhead) tell(timeWentBack(at(members, 0).account.name, aheadMs))
      wasAhead = aheadMs > MINUTE
      const today = dayOf(clock.now())
      const isNewDay = preparedFor !== today && clock.now() >= atTimeOfDay(today, MORNING_MS)
      if (isNewDay) await prepareDay()
      else if (preparedFor === today) await readCapital()
    }
  }

  // --- what the engine is given

  function accessOf(member: Member, index: number, stop: AbortSignal): Running {
    const { settings, account } = member
    assert(settings, 'every follower has settings')
    const shared = {
      settings,
      mode: member.mode,
      capital: () => settings.capital ?? capital.get(account.name) ?? null,
      session: member.session,
    }
    if (member.mode === 'paper') {
      const paper = openPaper(account, at(readers, index))
      closing.push(() => paper.close())
      const { reader, writer, stream } = paper
      return {
        access: { ...shared, reader, writer, stream, windows: PAPER_WINDOWS },
        ended: paper.run(stop),
      }
    }
    return {
      access: {
        ...shared,
        reader: member.reader,
        writer: broker.writerOf(at(connections, index)),
        stream: streamOf(index),
        windows: WRITE_WINDOWS,
      },
      ended: Promise.resolve(),
    }
  }

  /** A dry run and the paper follower of a live run have ledgers of their own, and so books of their own. */
  function openPaper(account: Account, real: BrokerReader) {
    const folder = join(config.dataDir, mode === 'live' ? 'paper-beside-live' : 'paper')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return parts.openPaperAccount(
      { clock, real, depthOf: () => null },
      {
        account: account.name,
        path: join(folder, `${account.name}.jsonl`),
        calendar: calendarOf(config),
        hours: config.engine.hours,
        freeze: config.engine.freeze,
        funds: 'check',
        turnIntervalMs: PAPER_TURN_MS,
      },
    )
  }

  function streamOf(index: number): OrderStream | null {
    if (config.engine.orderFeed === 'off') return null
    const feed = config.endpoints.feed ?? angelone.ENDPOINTS.feed
    return broker.streamOf(at(connections, index), { chance, url: feed })
  }

  return {
    mode,
    config,
    clock,
    ledger,
    members,
    skewMs,
    instruments: () => instruments,
    prepareDay,
    async run(signal, tell) {
      explained(() => ledger.recordSession(describeSession(mode, config), clock.now()))
      clock.hold()
      const stop = new AbortController()
      const [first, ...others] = members
      assert(first, 'the master is the first')
      const accesses = others.map((member, index) => accessOf(member, index + 1, stop.signal))
      const context: Context = {
        clock,
        chance,
        ledger,
        instruments: () => {
          assert(instruments, 'the day is prepared before the engine runs')
          return instruments
        },
        takeOver,
        isHaltedByFile: () => existsSync(join(config.dataDir, 'HALT')),
        calendar: calendarOf(config),
        settings: config.engine,
        masterCapital: () => config.engine.masterCapital ?? capital.get(master.name) ?? null,
        tell,
      }
      const engine = createEngine(
        context,
        {
          account: master.name,
          reader: first.reader,
          stream: streamOf(0),
          session: first.session,
          entriesUpToMs: Math.max(0, ...config.followers.map(({ maxAgeMs }) => maxAgeMs)),
        },
        accesses.map(({ access }) => access),
      )
      const tending = tend(AbortSignal.any([signal, stop.signal]), tell)
      try {
        await Promise.race([engine.run(AbortSignal.any([signal, stop.signal])), loggingIn])
      } catch (error) {
        throw explain(error)
      } finally {
        stop.abort()
        await Promise.all([tending, ...accesses.map(({ ended }) => ended)])
      }
    },
    close() {
      sessions.abort()
      for (const { session, client } of connections) {
        session.close()
        client.close()
      }
      for (const close of closing) close()
      ledger.close()
    },
  }
}

/**
 * As it stands in the morning of a day, also for whoever starts it each morning and stops it each evening.
 * One that can't be made costs the copy, never the copying.
 */
function keepBackup(ledger: Ledger, dataDir: string, mode: Mode, day: TradingDay): void {
  const folder = join(dataDir, 'backup')
  const name = `${basename(ledgerPath(dataDir, mode), '.db')}-`
  const path = join(folder, `${name}${day}.db`)
  if (existsSync(path)) return
  try {
    ledger.backup(path)
    const days = readdirSync(folder).filter((file) => DAILY.test(file) && file.startsWith(name))
    for (const old of days.sort().slice(0, -BACKUPS_KEPT)) rmSync(join(folder, old))
  } catch (error) {
    if (!(error instanceof LedgerUnusable)) throw error
  }
}

/** What holds in this session, as it is kept. */
function describeSession(mode: Mode, config: Config): string {
  const { engine, followers, calendar, endpoints, settingsFile } = config
  return JSON.stringify(
    { mode, engine, followers, calendar, endpoints, settingsFile },
    (_, value) => {
      if (typeof value === 'bigint') return String(value)
      return value instanceof Map ? Object.fromEntries(value) : value
    },
  )
}

interface Running {
  readonly access: FollowerAccess
  /** Until its own loop has ended. */
  readonly ended: Promise<void>
}

function explained<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(error)
  }
}

/** A login is written down before anything is copied: a disk that is full by then is told the same way. */
const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw explain(error)
  })

/** A ledger that can't be used ends the run in words; anything else is a bug and goes on as it is. */
const explain = (error: unknown): unknown =>
  error instanceof LedgerUnusable ? new Refusal(error.message, exitCodes.failed) : error

const calendarOf = (config: Config) => ({ table: CALENDAR_TABLE, overrides: config.calendar })

const egressOf = (config: Config) =>
  config.accounts.master?.egress ?? { localAddress: null, proxyUrl: null }

/** Only who is sized in proportion, and the master if anybody is; what is written in the file wins. */
function needsCapital({ settings }: Member, { engine, followers }: Config): boolean {
  if (settings !== null) return settings.sizing.mode === 'proportional' && settings.capital === null
  return (
    engine.masterCapital === null && followers.some((each) => each.sizing.mode === 'proportional')
  )
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  assert(found, 'one for each account')
  return found
}

// --- the machine -------------------------------------------------------------------------------

const timeWentBack = (account: AccountName, aheadMs: number): EngineEvent => ({
  kind: 'alarm',
  account,
  text: `the broker's time went back by ${formatDuration(aheadMs)}: Lockstep goes on by its own, at half its pace until the two agree; entries look older than they are, and the market may look closed too early. Where it stays so, start it again`,
})

const nothing = () => undefined

const MACHINE: Omit<MachineParts, 'chance'> = {
  clock: {
    now: () => instant(Date.now()),
    monotonicMs: () => performance.now(),
    sinceBootMs: () => uptime() * SECOND,
    sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(nothing, nothing),
  },
  openLedger,
  loadInstruments,
  openPaperAccount,
}
