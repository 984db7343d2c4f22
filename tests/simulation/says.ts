// What the trader says to the program, drawn with the day and said when its time comes: over the ledger, as
// every command and the page do it. Where a word needs something to be about (an exit that is owed, an order
// of which nobody heard), the trader looks for it then, in what is shown and in the broker's own app.
import { type AccountName, accountName, instrumentId, orderId } from '../../src/domain/ids.ts'
import type { Lane } from '../../src/domain/lane.ts'
import type { Quantity } from '../../src/domain/numbers.ts'
import { signed } from '../../src/domain/order.ts'
import type { Command } from '../../src/domain/steering.ts'
import type { SteeringDesk } from '../../src/ports.ts'
import type { Draws } from './chance.ts'
import type { DayPlan, Deed } from './day.ts'
import { weatherAt } from './ends.ts'
import { codeOf, holds } from './holds.ts'
import { CARRIED, DELIVERED, INTRADAY_SHARE, OPTION, type What } from './trader.ts'
import { UNIT } from './truth.ts'
import type { World } from './world.ts'

/** What the trader says, or what somebody says in the trader's place. */
export type Say =
  | { readonly kind: 'pause'; readonly follower: number | null }
  | { readonly kind: 'halt' }
  | { readonly kind: 'resume'; readonly follower: number | null }
  | { readonly kind: 'flatten'; readonly follower: number | null }
  /** To the oldest question. */
  | { readonly kind: 'approve' }
  | { readonly kind: 'reject' }
  /** The oldest exit that is owed. */
  | { readonly kind: 'dismiss' }
  /** What an account shows there beyond what is held. */
  | { readonly kind: 'adopt'; readonly follower: number; readonly what: What }
  /** The oldest order of which nobody heard, by the broker's own app. */
  | { readonly kind: 'resolve' }

const says = (say: Say): Deed => ({ kind: 'says', say })

export function drawSteering(
  draws: Draws,
  followers: number,
): readonly (readonly [number, Deed])[] {
  const follower = draws.is(0.3) ? null : draws.between(1, followers)
  const lasts = draws.between(500, 25_000)
  switch (draws.upTo(8)) {
    case 0:
      return [
        [0, says({ kind: 'pause', follower })],
        [lasts, says({ kind: 'resume', follower })],
      ]
    case 1:
      return [
        [0, says({ kind: 'halt' })],
        [lasts, says({ kind: 'resume', follower: null })],
      ]
    case 2:
      return [
        [0, { kind: 'haltFile', isThere: true }],
        [lasts, { kind: 'haltFile', isThere: false }],
      ]
    case 3:
      return [
        [0, says({ kind: 'flatten', follower })],
        [lasts, says({ kind: 'resume', follower })],
      ]
    case 4:
      return dismissing(draws, draws.between(1, followers))
    case 5:
      return [
        [0, weatherAt('placing', draws, null, 4000)],
        [draws.between(4000, 12_000), says({ kind: 'resolve' })],
        [draws.between(31_000, 45_000), says({ kind: 'resolve' })],
      ]
    case 6:
      return [INTRADAY_SHARE, OPTION, DELIVERED, CARRIED].map((what) => [
        draws.between(0, 4000),
        says({ kind: 'adopt', follower: draws.between(1, followers), what }),
      ])
    default:
      return [
        [0, says({ kind: 'halt' })],
        [lasts / 2, says({ kind: 'flatten', follower })],
        [lasts, says({ kind: 'resume', follower: null })],
        [lasts + 1, says({ kind: 'resume', follower })],
      ]
  }
}

/** An exit that is refused is owed: once while it is tried again, once when that may have come to its end. */
const dismissing = (draws: Draws, follower: number): readonly (readonly [number, Deed])[] => [
  [0, { kind: 'rejectNext', account: follower, text: 'RMS:Rule: Check circuit limit' }],
  ...[INTRADAY_SHARE, OPTION].map(
    (what) => [50, { kind: 'masterLeaves', what, share: draws.one([0.5, 1]) }] as const,
  ),
  [draws.between(300, 3000), says({ kind: 'dismiss' })],
  [draws.between(3000, 15_000), says({ kind: 'dismiss' })],
]

export function steer(plan: DayPlan, world: World, say: Say): void {
  const now = world.now()
  world.atDesk((desk) => {
    const command = commandOf(plan, world, desk, say)
    if (command === null) return
    world.say(`the trader: ${JSON.stringify(say)}`)
    desk.steer(command, 'command', now)
  })
}

const nameOf = (account: number): AccountName => accountName(`FOLLOWER_${account}`)

/** null: there is nothing that it could be about. */
function commandOf(plan: DayPlan, world: World, desk: SteeringDesk, say: Say): Command | null {
  switch (say.kind) {
    case 'halt':
      return say
    case 'pause':
    case 'resume':
    case 'flatten':
      return { kind: say.kind, follower: say.follower === null ? null : nameOf(say.follower) }
    case 'approve':
    case 'reject': {
      const asked = desk.undecided()[0]?.signal.id ?? null
      if (asked === null) return null
      return say.kind === 'reject'
        ? { kind: 'reject', signal: asked }
        : { kind: 'approve', signal: asked, followers: null }
    }
    case 'dismiss': {
      const [owed] = desk.owed()
      return owed === undefined ? null : { kind: 'dismiss', lane: owed.lane }
    }
    case 'resolve':
      return resolving(world, desk)
    case 'adopt':
      return adopting(plan, world, desk, say)
  }
}

function resolving(world: World, desk: SteeringDesk): Command | null {
  const unknown = desk.openAttempts(null).find(({ state }) => state.kind === 'unknown')
  if (unknown === undefined) return null
  const { tag } = unknown.attempt
  const found = trueOrders(world, unknown.attempt.intent.lane).find((order) => order.tag === tag)
  return { kind: 'resolve', tag, order: found === undefined ? null : orderId(found.orderId) }
}

function adopting(
  { followers }: DayPlan,
  world: World,
  desk: SteeringDesk,
  { follower, what }: Extract<Say, { kind: 'adopt' }>,
): Command | null {
  if (followers.find(({ number }) => number === follower)?.mode !== 'live') return null
  const lane: Lane = {
    follower: nameOf(follower),
    mode: 'live',
    instrument: instrumentId(what.exchange, what.symbol),
    product: what.product,
  }
  const { held } = desk.lanePosition(lane)
  const shown = holds(world, follower, what)
  const quantity = shownBeyond(world, desk, lane, shown)
  // Nobody adopts what isn't there, and the command itself refuses the opposite of what is held.
  const isOpposite = (side: bigint): boolean => side !== 0n && side > 0n !== quantity > 0n
  if (shown === 0 || isOpposite(BigInt(shown)) || isOpposite(held)) return null
  return quantity === 0n ? null : { kind: 'adopt', lane, quantity }
}

/** What is nobody's by the ledger, with what it has not heard yet and what it was told already. */
function shownBeyond(world: World, desk: SteeringDesk, lane: Lane, shown: number): Quantity {
  const isThere = (other: Lane): boolean =>
    other.follower === lane.follower &&
    other.instrument === lane.instrument &&
    other.product === lane.product
  const orders = trueOrders(world, lane)
  const open = desk
    .openAttempts(lane.follower)
    .filter(({ attempt }) => isThere(attempt.intent.lane))
  const unheard = open.reduce((sum, { attempt, state }) => {
    const filled = Number(orders.find(({ tag }) => tag === attempt.tag)?.filled ?? 0)
    const known = 'filled' in state ? state.filled : 0n
    const more = (BigInt(filled * UNIT) - known) as Quantity
    return sum + signed(attempt.intent.side, more)
  }, 0n)
  const told = desk
    .openSteering()
    .reduce(
      (sum, { command }) =>
        command.kind === 'adopt' && isThere(command.lane) ? sum + command.quantity : sum,
      0n,
    )
  const { held } = desk.lanePosition(lane)
  return (BigInt(shown * UNIT) - held - unheard - told) as Quantity
}

const trueOrders = (world: World, { follower }: Lane) =>
  world.simulator.control.orders({ clientCode: codeOf(Number(follower.split('_')[1])) })

/** What still waits for the trader's word gets a yes. */
export function answerAll(plan: DayPlan, world: World): void {
  if (world.life()?.ledger()?.undecided().length) steer(plan, world, { kind: 'approve' })
}
