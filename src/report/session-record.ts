// The session record: one JSON file with every signal of the session, what each follower did about it and
// what came of that, and the counts of it all. It is kept current while the copier runs: replaced as a
// whole, so that a reader never finds half of it and a kill leaves the last one.
//
// What stands in it is read from the ledger each time anew; only the moments of sending, which no fact
// holds, are remembered. Signals that an earlier session left open are in it too, marked `carriedOver`, so
// that their ends are told somewhere; the newest record in which a signal stands is right about it.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as pause } from 'node:timers/promises'
import { filledOf } from '../domain/attempt.ts'
import type { AccountName, AttemptId, SignalId } from '../domain/ids.ts'
import { type Lane, laneKey, type Mode } from '../domain/lane.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { formatInstant, type Instant } from '../domain/time.ts'
import type { EngineEvent, Instruments, LedgerView } from '../ports.ts'
import { orderOf } from './copy.ts'
import { countOrders } from './counts.ts'
import { decisionPart, intentPart, type Known, orderPart } from './order-part.ts'
import type { HeldPart, IntentPart, OrderPart, SessionRecord } from './record.ts'

export interface SessionRecorder {
  /** Remembers what it is about; reads nothing yet. */
  note(event: EngineEvent, at: Instant): void
  /** Brings the file up to date, and says whether it is. Never rejects. */
  write(): Promise<boolean>
  /** The whole record as it stands now. */
  record(): SessionRecord
  end(at: Instant): Promise<void>
}

export interface RecorderOptions {
  readonly path: string
  readonly session: string
  readonly mode: Mode
  readonly isDemo: () => boolean
  readonly startedAt: Instant
  readonly ledger: LedgerView
  readonly instruments: () => Instruments | null
  readonly master: { readonly name: AccountName; readonly label: string | null }
  readonly followers: readonly {
    readonly name: AccountName
    readonly label: string | null
    readonly mode: Mode
  }[]
  readonly onTrouble: (why: string) => void
}

export function createSessionRecorder(options: RecorderOptions): SessionRecorder {
  const { path, session, mode, isDemo, startedAt, ledger, instruments, onTrouble } = options
  const { master, followers } = options
  const parts = new Map<SignalId, OrderPart>()
  const carriedOver = new Set<SignalId>()
  const own = new Set<SignalId>()
  /** What is to be read again: of these followers, or of all. */
  const changed = new Map<SignalId, Set<AccountName> | 'all'>()
  const sentAt = new Map<AttemptId, Instant>()
  const toldFilledAt = new Map<AttemptId, Instant>()
  const flattenTags = new Map<AttemptId, Extract<EngineEvent, { kind: 'sent' }>['attempt']>()
  const heldBefore = heldNow()
  const known: Known = {
    sentAt: (attempt) => sentAt.get(attempt) ?? null,
    toldFilledAt: (attempt) => toldFilledAt.get(attempt) ?? null,
    tickOf: ({ instrument }) => instruments()?.byId(instrument)?.tick ?? null,
    isCarriedOver: (signal) => carriedOver.has(signal),
  }
  let endedAt: Instant | null = null
  let isChanged = true
  let isFailing = false
  let working: Promise<boolean> = Promise.resolve(true)

  for (const { attempt } of ledger.openAttempts(null)) carry(attempt.intent.signalId)
  for (const intent of ledger.unsentIntents(null)) carry(intent.signalId)
  for (const { signal } of ledger.undecided()) carry(signal.id)

  function carry(signal: SignalId | null): void {
    if (signal === null || own.has(signal)) return
    carriedOver.add(signal)
    changed.set(signal, 'all')
  }

  function noteChanged(signal: SignalId, follower: AccountName): void {
    const known = changed.get(signal)
    if (known === 'all') return
    if (!parts.has(signal)) changed.set(signal, 'all')
    else changed.set(signal, (known ?? new Set()).add(follower))
  }

  function note(event: EngineEvent, at: Instant): void {
    isChanged = true
    if (event.kind === 'sent') sentAt.set(event.attempt.id, at)
    if (event.kind === 'attempt' && filledOf(event.transition.state) > 0n)
      toldFilledAt.set(event.attempt.id, at)
    if (event.kind === 'signal') own.add(event.signal.id)
    if ('signal' in event) changed.set(event.signal.id, 'all')
    const intent =
      event.kind === 'denied' ? event.intent : 'attempt' in event ? event.attempt.intent : null
    if (intent === null) return
    if (intent.signalId !== null) {
      if (!own.has(intent.signalId)) carry(intent.signalId)
      noteChanged(intent.signalId, intent.lane.follower)
    } else if ('attempt' in event) flattenTags.set(event.attempt.id, event.attempt)
  }

  function record(): SessionRecord {
    for (const signal of [...changed.keys()]) readAgain(signal)
    const orders = [...parts.values()].toSorted((a, b) => a.signal - b.signal)
    const flattened = flattenParts()
    const owed = owedNow()
    const held = heldNow()
    const names = followers.map(({ name }) => name)
    return {
      session: {
        id: session,
        mode,
        isDemo: isDemo(),
        startedAt: formatInstant(startedAt),
        endedAt: endedAt === null ? null : formatInstant(endedAt),
        master: { name: master.name, label: master.label },
        followers: followers.map(({ name, label, mode: own_ }) => ({
          name,
          label,
          mode: own_,
          heldBefore: heldBefore.get(name) ?? [],
          held: held.get(name) ?? [],
          owed: owed.get(name) ?? [],
        })),
      },
      summary: countOrders({ orders, flattened, owed: countsOf(owed), followers: names }),
      orders,
      flattened,
    }
  }

  function readAgain(signal: SignalId): void {
    const whose = changed.get(signal)
    const before = parts.get(signal)
    changed.delete(signal)
    if (whose === undefined) return
    if (whose === 'all' || before === undefined) {
      const part = orderPart(ledger.why(signal, null), known)
      if (part !== null) parts.set(signal, part)
      return
    }
    const fresh = new Map(
      [...whose].flatMap((follower) =>
        ledger
          .why(signal, follower)
          .map((why) => [why.follower as string, decisionPart(why, known)]),
      ),
    )
    const decisions = before.decisions.map((each) => fresh.get(each.follower) ?? each)
    parts.set(signal, { ...before, decisions })
  }

  /** A signal at a time, so that the engine's own work goes between. */
  async function readChanged(): Promise<void> {
    for (const signal of [...changed.keys()]) {
      readAgain(signal)
      await pause()
    }
  }

  /** The ledger answers by signal; these have none, so their attempts are looked up by their tags. */
  function flattenParts(): readonly IntentPart[] {
    const byIntent = Map.groupBy(flattenTags.values(), ({ intent }) => intent.id)
    return [...byIntent.values()].flatMap((attempts) => {
      const found = attempts.flatMap(({ tag }) => ledger.attemptByTag(tag) ?? [])
      const [first] = found
      if (first === undefined) return []
      const { intent } = first.attempt
      const withHistory = found.map((each) => ({ ...each, history: [] }))
      return [intentPart(orderOf({ intent, denied: null, attempts: withHistory }), known)]
    })
  }

  function heldNow(): Map<AccountName, readonly HeldPart[]> {
    const held = ledger.lanes().filter((lane) => lane.held !== 0n)
    return byFollower(held.map((lane) => ({ lane, quantity: lane.held })))
  }

  const owedNow = () =>
    byFollower(ledger.owed().map(({ lane, owed }) => ({ lane, quantity: owed })))

  // --- the file

  function write(): Promise<boolean> {
    working = working.then(replace)
    return working
  }

  async function replace(): Promise<boolean> {
    if (!isChanged) return true
    isChanged = false
    try {
      await readChanged()
      await replaceFile(path, piecesOf(record()))
      isFailing = false
      return true
    } catch (error) {
      isChanged = true
      if (!isFailing) onTrouble(error instanceof Error ? error.message : String(error))
      isFailing = true
      return false
    }
  }

  return {
    note,
    write,
    record,
    async end(at) {
      endedAt = at
      isChanged = true
      for (const signal of parts.keys()) changed.set(signal, 'all')
      await write()
    },
  }
}

const SIGNALS_A_PIECE = 20

/** The record as text, a few signals at a time: late in a day the whole of it is megabytes. */
async function* piecesOf(record: SessionRecord): AsyncGenerator<string> {
  const { orders } = record
  const whole = JSON.stringify({ ...record, orders: [] }, null, 1)
  const [before = '', after = ''] = whole.split('"orders": []')
  yield `${before}"orders": [`
  for (let from = 0; from < orders.length; from += SIGNALS_A_PIECE) {
    const texts = orders
      .slice(from, from + SIGNALS_A_PIECE)
      .map((order) => JSON.stringify(order, null, 1).replaceAll('\n', '\n  '))
    yield `${from === 0 ? '' : ','}\n  ${texts.join(',\n  ')}`
    await pause()
  }
  yield `${orders.length === 0 ? '' : '\n '}]${after}\n`
}

/** There is the old file or the new one, also after a power cut. */
async function replaceFile(path: string, pieces: AsyncIterable<string>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.new`
  try {
    const file = await open(fresh, 'w', 0o600)
    try {
      await file.writeFile(pieces)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

function byFollower(
  lanes: readonly { readonly lane: Lane; readonly quantity: bigint }[],
): Map<AccountName, readonly HeldPart[]> {
  const sorted = lanes.toSorted((a, b) => (laneKey(a.lane) < laneKey(b.lane) ? -1 : 1))
  const groups = Map.groupBy(sorted, ({ lane }) => lane.follower)
  return new Map(
    [...groups].map(([follower, held]) => [
      follower,
      held.map(({ lane: { instrument, product }, quantity }) => ({
        instrument,
        product,
        quantity: formatDecimal(quantity),
      })),
    ]),
  )
}

/** `65 NIFTY29DEC2625000CE INTRADAY` */
export const describeHeld = ({ instrument, product, quantity }: HeldPart): string =>
  `${quantity} ${instrument.slice(instrument.indexOf(':') + 1)} ${product}`

const countsOf = (
  owed: ReadonlyMap<AccountName, readonly HeldPart[]>,
): ReadonlyMap<string, number> =>
  new Map([...owed].map(([follower, parts]) => [follower, parts.length]))
