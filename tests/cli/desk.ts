// A trader's folder with a real ledger in it, and the commands on it: an engine that holds the ledger can
// stand beside them and obey, or stay away. The clock stands still but for those who sleep.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { addAdopt } from '../../src/cli/adopt.ts'
import { addApprove } from '../../src/cli/approve.ts'
import { addDismiss } from '../../src/cli/dismiss.ts'
import { addFlatten } from '../../src/cli/flatten.ts'
import { addHalt } from '../../src/cli/halt.ts'
import { addPause } from '../../src/cli/pause.ts'
import { addPositions } from '../../src/cli/positions.ts'
import { type Opened, type Reach, VALIDATE } from '../../src/cli/reach.ts'
import { addReject } from '../../src/cli/reject.ts'
import { addResolve } from '../../src/cli/resolve.ts'
import { addResume } from '../../src/cli/resume.ts'
import { addStatus } from '../../src/cli/status.ts'
import { addWhy } from '../../src/cli/why.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { KeepDecision } from '../../src/domain/decision.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { units } from '../../src/domain/numbers.ts'
import { whole } from '../../src/domain/ratio.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import type { Answer } from '../../src/domain/steering.ts'
import { after } from '../../src/domain/time.ts'
import { findHolder } from '../../src/ledger/lock.ts'
import { openDesk, openLedger, openView } from '../../src/ledger/open.ts'
import { LedgerUnusable } from '../../src/ledger/unusable.ts'
import type { Ledger, NumberedSteering, RecordedAttempt } from '../../src/ports.ts'
import { accountsOf } from '../config/folder.ts'
import {
  AT,
  accepted,
  entry,
  exit,
  LOT,
  laneOf,
  later,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  skip,
  still,
  tagMaker,
} from '../ledger/scene.ts'
import { runOn } from './terminal.ts'

/** The clock of the commands stands so long after what is written. */
const DESK_AT_MS = 20_000

export interface Desk {
  readonly folder: string
  /** What the commands are run with. */
  readonly reach: Reach
  readonly env: Readonly<Record<string, string>>
  /** What the ledger is told while no engine runs. */
  write(mode: Mode, story: (ledger: Ledger) => void): void
  /** An engine holds the ledger from here on, and obeys as it is told to. */
  startEngine(
    mode: Mode,
    obey?: (ledger: Ledger, told: NumberedSteering) => boolean,
    said?: Answer | null,
  ): Ledger
  /** The checks hold the ledger from here on, and obey nothing. */
  startChecks(mode: Mode): void
  /** What the trader will type, in this order; without any nobody sits there. */
  type(...answers: readonly string[]): void
  run(...args: readonly string[]): Promise<{ exitCode: number; out: string; complaints: string }>
}

const YAML = 'followers: { FOLLOWER_2: { sizing: { mode: multiplier, by: 0.3 } } }\n'

export function makeDesk(given: { readonly yaml?: string } = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-desk-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'data'), { mode: 0o700 })
  writeFileSync(join(folder, 'lockstep.yaml'), given.yaml ?? YAML)
  const env = { ...accountsOf(1, 2), FOLLOWER_1_LABEL: 'Papa' }
  const path = (dataDir: string, mode: Mode) =>
    join(dataDir, mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db')
  const open = (mode: Mode, command = 'lockstep run') =>
    openLedger({
      path: path(join(folder, 'data'), mode),
      mode,
      clock: still,
      chance: seededChance(5),
      command,
      reserveBytes: 4096,
    })

  let answers: string[] | null = null
  let passedMs = 0
  let tick: () => void = () => undefined
  const answer = async () => answers?.shift() ?? ''
  const reach: Reach = {
    load: (configFile) => loadConfig({ env, cwd: folder, configFile }),
    openView: opening((dataDir, mode) => openView({ path: path(dataDir, mode), mode })),
    openDesk: opening((dataDir, mode) => openDesk({ path: path(dataDir, mode), mode })),
    findEngine: (dataDir, mode) => findHolder(path(dataDir, mode)),
    clock: {
      now: () => after(later(DESK_AT_MS), passedMs),
      monotonicMs: () => passedMs,
      async sleep(ms) {
        passedMs += ms
        tick()
      },
    },
    person: {
      get isThere() {
        return answers !== null
      },
      ask: answer,
      askUntil: answer,
      askSecret: answer,
      readInput: answer,
    },
    untilInterrupted: (work) => work(AbortSignal.abort()),
    windows: [
      { lengthMs: 1_000, most: 9, mostForEntries: 6 },
      { lengthMs: 60_000, most: 500, mostForEntries: 400 },
    ],
  }
  const commands = [
    addStatus,
    addPositions,
    addWhy,
    addPause,
    addResume,
    addHalt,
    addFlatten,
    addApprove,
    addReject,
    addDismiss,
    addAdopt,
    addResolve,
  ].map((add) => add(reach))

  return {
    folder,
    reach,
    env,
    write(mode, story) {
      const ledger = open(mode)
      story(ledger)
      ledger.close()
    },
    startEngine(mode, obey = () => true, said = null) {
      const ledger = open(mode)
      onTestFinished(() => ledger.close())
      tick = () => {
        for (const told of ledger.openSteering())
          if (obey(ledger, told)) ledger.finishSteering(told.number, [], said, AT)
      }
      return ledger
    },
    startChecks(mode) {
      const ledger = open(mode, VALIDATE)
      onTestFinished(() => ledger.close())
    },
    type(...given) {
      answers = [...given]
    },
    async run(...args) {
      const told = await runOn(commands, ...args)
      const plain = (text: string) =>
        text
          .replaceAll(folder, 'here')
          .replaceAll(`process ${process.pid}`, 'process 4711')
          .replaceAll(hostname(), 'host')
          .replaceAll(/LS[A-Z2-7]{17}/g, 'LS…')
          .replaceAll(/LS[A-Z2-7]{5}…[A-Z2-7]{4}/g, 'LS…')
      return { ...told, out: plain(told.out), complaints: plain(told.complaints) }
    },
  }
}

function opening<L>(open: (dataDir: string, mode: Mode) => L) {
  return (dataDir: string, mode: Mode): Opened<L> => {
    try {
      return { kind: 'open', ledger: open(dataDir, mode) }
    } catch (error) {
      if (!(error instanceof LedgerUnusable)) throw error
      return error.kind === 'missing' ? { kind: 'none' } : { kind: 'unusable', why: error.message }
    }
  }
}

// --- stories -----------------------------------------------------------------------------------

const inMode = (mode: Mode, number: number) => ({ ...laneOf(number), mode })

/** The master bought 130: FOLLOWER_1 was filled with 65, FOLLOWER_2 skipped it. */
export function bought(ledger: Ledger, mode: Mode = 'live'): void {
  const tag = tagMaker(ledger.engine, seededChance(7))()
  const [order] = ledger.seeMasterOrders([reportOf('1')], AT) as [MasterOrder]
  const signal = signalOf(order)
  const decisions = [entry(inMode(mode, 1), signal, LOT, [tag]), skip(inMode(mode, 2))]
  const [plan] = ledger.record([{ signal, decisions, sendNow: [tag] }], later(10))
  const attempt = plan?.attempts[0] as RecordedAttempt
  ledger.recordEvent(attempt.id, accepted(tag), later(412))
  ledger.recordEvent(attempt.id, { kind: 'reported', report: ownReport(tag) }, later(900))
}

/** Then the master sold all of it, and FOLLOWER_1 has not yet. */
export function owes(ledger: Ledger): void {
  bought(ledger)
  const [order] = ledger.seeMasterOrders([reportOf('2', { side: 'SELL' })], AT) as [MasterOrder]
  const signal = signalOf(order, {
    effect: 'exit',
    masterBefore: units(130),
    masterAfter: units(0),
  })
  const decision = exit(laneOf(1), units(130), units(0), whole(0n))
  ledger.record([{ signal, decisions: [decision] }], later(1000))
}

/** An entry of FOLLOWER_1 whose reply was lost. */
export function lostReply(ledger: Ledger, evidence = 'no answer in 7 s'): void {
  const tag = tagMaker(ledger.engine, seededChance(9))()
  const [order] = ledger.seeMasterOrders([reportOf('3')], AT) as [MasterOrder]
  const signal = signalOf(order)
  const [plan] = ledger.record(
    [{ signal, decisions: [entry(laneOf(1), signal, LOT, [tag])], sendNow: [tag] }],
    AT,
  )
  const outcome = { kind: 'unknown', likely: null, evidence } as const
  const attempt = plan?.attempts[0] as RecordedAttempt
  ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, AT)
}

/** An entry of FOLLOWER_1 that was decided and not sent. */
export function waits(ledger: Ledger, filledAt = AT): void {
  const tag = tagMaker(ledger.engine, seededChance(11))()
  const [order] = ledger.seeMasterOrders([reportOf('5')], AT) as [MasterOrder]
  const signal = signalOf(order, { filledAt })
  ledger.record([{ signal, decisions: [entry(laneOf(1), signal, LOT, [tag])] }], AT)
}

/** A signal that waits for the trader's word. */
export function asks(ledger: Ledger): void {
  const [order] = ledger.seeMasterOrders([reportOf('4')], AT) as [MasterOrder]
  const signal = signalOf(order)
  const asked = [laneOf(1).follower, laneOf(2).follower]
  ledger.record([{ signal, decisions: [], asked }], AT)
}

/** An exit of what was bought that asks, and nobody has answered for so long by the desk's clock. */
export function asksToLeave(ledger: Ledger, forMs: number): void {
  const [order] = ledger.seeMasterOrders([reportOf('5', { side: 'SELL' })], AT) as [MasterOrder]
  const signal = signalOf(order, {
    effect: 'exit',
    seenAt: after(later(DESK_AT_MS), -forMs),
    masterBefore: units(130),
    masterAfter: units(0),
  })
  ledger.record([{ signal, decisions: [], asked: [laneOf(1).follower] }], AT)
}

/** And the no to an exit of it. */
export function keeps(ledger: Ledger): void {
  const [order] = ledger.seeMasterOrders([reportOf('6', { side: 'SELL' })], AT) as [MasterOrder]
  const decision: KeepDecision = {
    kind: 'skip',
    lane: laneOf(1),
    covers: units(-130),
    reason: { kind: 'kept', quantity: units(65), follower: laneOf(1).follower },
    keeps: { entitlement: whole(0n), kept: units(65), allowances: [] },
  }
  ledger.record([{ signal: signalOf(order, { effect: 'exit' }), decisions: [decision] }], AT)
}

export const shows = (ledger: Ledger, quantity: number): void => {
  const { follower, instrument, product } = laneOf(1)
  ledger.recordPositions(follower, 'live', [{ instrument, product, quantity: units(quantity) }], AT)
}
