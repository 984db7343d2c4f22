// What happens to a session from outside, every kind of it in turn: a broker and a network that fail where
// something is read, placed, cancelled or told, lost sessions, a follower that hangs, slowness for all.
import { instant } from '../../src/domain/time.ts'
import type { Control } from '../../src/simulator/control.ts'
import { MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { type Fault, type FaultRule, fault } from '../../src/simulator/faults.ts'
import {
  CHANGING,
  LOST_REQUESTS,
  PLACING,
  READING,
  READING_BOOK,
  STREAMING,
} from '../engine/weather.ts'
import type { Dice } from './dice.ts'

type Route = NonNullable<FaultRule['route']>

export interface Misfortune {
  /** The next kind of it strikes. */
  strike(): void
  /** How often each kind has been sent. */
  readonly sent: ReadonlyMap<string, number>
}

export function createMisfortune(parts: {
  readonly control: Control
  readonly now: () => number
  readonly followers: readonly string[]
  readonly instruments: readonly { readonly exchange: string; readonly symbol: string }[]
  readonly dice: Dice
  readonly say: (text: string) => void
  /** How long one lasts at most. */
  readonly lastsMs: number
  /** Requests that vanish: each takes half a minute to be proven absent. */
  readonly hasLostRequests: boolean
}): Misfortune {
  const { control, followers, instruments, dice, say } = parts
  const sent = new Map<string, number>()
  const all = [MASTER_CODE, ...followers]

  function rule(clientCode: string | null, what: Fault, route: Route | null, forMs: number): void {
    const from = instant(parts.now())
    const where = `${String(route ?? 'everywhere')} for ${(forMs / 1000).toFixed(1)} s`
    say(`weather for ${clientCode ?? 'all'}: ${JSON.stringify(what).slice(0, 90)} at ${where}`)
    control.addFault({
      fault: what,
      ...(clientCode === null ? {} : { clientCode }),
      ...(route === null ? {} : { route }),
      from,
      until: instant(from + forMs),
    })
  }
  const aWhile = (): number => Math.round(dice.between(parts.lastsMs / 5, parts.lastsMs))

  const kinds: Readonly<Record<string, () => void>> = {
    reading() {
      const route = dice.one(['positions', 'holdings', 'quote', 'trades', 'funds'] as const)
      rule(dice.one(all), dice.one([...READING, ...GARBAGE])(), route, aWhile())
    },
    book: () =>
      rule(dice.one(all), dice.one([...READING_BOOK, ...ROWS, ...GARBAGE])(), 'book', aWhile()),
    placing() {
      const lost = parts.hasLostRequests ? LOST_REQUESTS : []
      const faults = [...PLACING, ...lost, ...REFUSALS]
      rule(dice.one(followers), dice.one(faults)(), 'place', aWhile())
    },
    changing: () => rule(dice.one(followers), dice.one(CHANGING)(), ['modify', 'cancel'], aWhile()),
    stream() {
      if (dice.chance() < 0.2) {
        rule(dice.one(all), fault.refusedStream(dice.one([401, 403, 429])), 'stream', aWhile())
        return
      }
      rule(dice.one(all), dice.one(STREAMING)(), 'frame', aWhile())
    },
    streamsEnd() {
      const clientCode = dice.one(all)
      say(`the stream of ${clientCode} ends`)
      control.dropStreams({ clientCode })
    },
    session() {
      const clientCode = dice.one(all)
      if (dice.chance() < 0.5) {
        say(`the session of ${clientCode} ends`)
        control.expireSessions({ clientCode })
        return
      }
      rule(clientCode, dice.one(SESSIONS)(), EVERYTHING, 500)
    },
    hanging() {
      const clientCode = dice.one(followers)
      const lost = parts.hasLostRequests ? [fault.lostRequest] : []
      rule(clientCode, dice.one([fault.lostReply, ...lost])(), EVERYTHING, 4 * aWhile())
    },
    slowness: () =>
      rule(null, fault.delay(Math.round(dice.between(300, 2500))), null, Math.round(aWhile() / 2)),
    rejection() {
      const clientCode = dice.one(followers)
      say(`risk management rejects the next of ${clientCode}`)
      control.rejectNext({ clientCode, texts: ['RMS: margin exceeds'] })
    },
    jump() {
      const { exchange, symbol } = dice.one(instruments)
      const last = Number(control.lastPrice({ exchange, symbol }))
      const price = (Math.round(last * dice.between(0.985, 1.015) * 20) / 20).toFixed(2)
      say(`${symbol} jumps from ${last} to ${price}`)
      control.movePrice({ exchange, symbol, price })
    },
  }

  let deck: readonly string[] = []
  return {
    sent,
    strike() {
      if (deck.length === 0) deck = dice.shuffled(Object.keys(kinds))
      const [kind = '', ...others] = deck
      deck = others
      sent.set(kind, (sent.get(kind) ?? 0) + 1)
      kinds[kind]?.()
    },
  }
}

/** Beside the login: who is refused there waits for the user, for hours if need be. */
const EVERYTHING: Route = ['book', 'positions', 'holdings', 'quote', 'place', 'modify', 'cancel']

/** Answers that are none, beyond those of the storms. */
const GARBAGE: readonly (() => Fault)[] = [
  () => fault.nullData(),
  () => fault.cutBody(120),
  () => fault.slowBody(64, 120),
  () => fault.emptyBody(200, 'before'),
  () => fault.emptyBody(400, 'before'),
  () => fault.blockPage(200),
  () => fault.blockPage(403),
  () => fault.textualFailure('AB1007', 'no'),
  () => fault.internalError('before'),
  () => fault.tooMany(),
  () => fault.addressRefused(),
  () => fault.clockSkew(1200),
]
const ROWS: readonly (() => Fault)[] = [() => fault.missingRow(), () => fault.sampleRows()]
const REFUSALS: readonly (() => Fault)[] = [
  () => fault.addressRefused(),
  () => fault.textualFailure('AB1007', 'no'),
  () => fault.slowBody(16, 200),
]
const SESSIONS: readonly (() => Fault)[] = [
  () => fault.invalidToken(),
  () => fault.expiredToken(),
  () => fault.missingToken(),
  () => fault.invalidTokenByService(),
  () => fault.sessionExpired(),
  () => fault.notLoggedIn(),
  () => fault.unauthorized(),
  () => fault.forbidden(),
]
