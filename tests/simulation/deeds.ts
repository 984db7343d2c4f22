// Does what the plan of a day says, in the world as it is by then: the master and the owners of followers
// trade in the broker's own app, the broker and the network fail, the trader steers, the machine has troubles
// of its own, the program dies. A deed for which there is nothing to do does nothing.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineId } from '../../src/domain/ids.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import type { Side } from '../../src/domain/order.ts'
import { makeTag } from '../../src/domain/tag.ts'
import { dayOf, instant, MINUTE } from '../../src/domain/time.ts'
import { MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import type { DayPlan, Deed } from './day.ts'
import type { Doom } from './gate.ts'
import { codeOf, listingOf, masterHolds } from './holds.ts'
import { verifyStopped } from './owner.ts'
import { steer } from './says.ts'
import type { What } from './trader.ts'
import { TROUBLES } from './troubles.ts'
import type { World } from './world.ts'

export const isWorking = (state: string): boolean =>
  state.startsWith('open') || state.startsWith('trigger') || state.startsWith('after')

export interface Doing {
  /** The program is to be started again that long after its end, with that settings file, and to die there. */
  restart(afterMs: number, settings: string, doom: Doom | null): void
}

export function perform(deed: Deed, plan: DayPlan, world: World, doing: Doing): void {
  const { simulator, say, clock } = world
  const { control } = simulator
  simulator.exchange.advance(clock.now())
  if ('what' in deed && isExpired(world, deed.what)) return
  switch (deed.kind) {
    case 'masterTrades':
      trade(world, 0, deed.what, deed.side, deed.lots * lotOf(world, deed.what))
      return
    case 'byHand':
      trade(world, deed.follower, deed.what, deed.side, deed.lots * lotOf(world, deed.what))
      return
    case 'anotherLockstep': {
      const clientCode = codeOf(deed.account)
      const { what, side } = deed
      say(`another Lockstep ${side}s ${what.symbol} for ${clientCode}`)
      const quantity = lotOf(world, what)
      control.trade({ clientCode, ...what, side, quantity, tag: FOREIGN_TAG })
      return
    }
    case 'masterLeaves':
      leave(world, deed.what, deed.share)
      return
    case 'masterTurns': {
      const held = masterHolds(world, deed.what)
      if (held !== 0) trade(world, 0, deed.what, awayFrom(held), 2 * Math.abs(held))
      return
    }
    case 'masterRests': {
      const ticks = deed.side === 'BUY' ? -deed.ticks : deed.ticks
      const price = priceAt(world, deed.what, ticks)
      const quantity = deed.lots * lotOf(world, deed.what)
      say(`master rests ${deed.side} ${quantity} ${deed.what.symbol} @${price}`)
      const { what, side } = deed
      control.trade({ clientCode: MASTER_CODE, ...what, side, quantity, type: 'LIMIT', price })
      return
    }
    case 'masterStops': {
      const held = masterHolds(world, deed.what)
      if (held === 0) return
      const side = awayFrom(held)
      const losing = held > 0 ? -1 : 1
      const trigger = priceAt(world, deed.what, losing * deed.ticks)
      const price = priceAt(world, deed.what, losing * (deed.ticks + 4))
      say(`master stops ${side} ${Math.abs(held)} ${deed.what.symbol} at ${trigger}`)
      const order = { clientCode: MASTER_CODE, ...deed.what, side, quantity: Math.abs(held) }
      control.trade({ ...order, type: 'STOPLOSS_LIMIT', price, trigger })
      return
    }
    case 'masterModifies':
    case 'masterCancels':
      change(world, deed)
      return
    case 'weather': {
      const { routes, troubles } = TROUBLES[deed.strikes]
      const chosen = troubles[deed.trouble]
      if (chosen === undefined) throw new Error('a trouble that is none')
      const from = clock.now()
      const whom = deed.account === null ? {} : { clientCode: codeOf(deed.account) }
      say(
        `weather: ${chosen.name} at ${deed.strikes}, ${deed.forMs} ms, ${whom.clientCode ?? 'all'}`,
      )
      control.addFault({
        fault: chosen.make(),
        ...whom,
        route: routes,
        from,
        until: instant(from + deed.forMs),
        ...(deed.probability < 1 ? { probability: deed.probability } : {}),
      })
      return
    }
    case 'cutOff':
      say(`no network for ${deed.account ?? 'anybody'}, ${deed.forMs} ms`)
      world.cutOff(
        deed.account === null ? null : codeOf(deed.account),
        instant(clock.now() + deed.forMs),
      )
      return
    case 'rejectNext':
      say(`the next order of ${codeOf(deed.account)} is rejected: ${deed.text}`)
      control.rejectNext({ clientCode: codeOf(deed.account), texts: [deed.text] })
      return
    case 'sessionEnds':
      say(`the session of ${codeOf(deed.account)} ${deed.isExpired ? 'expires' : 'is ended'}`)
      if (deed.isExpired) control.expireSessions({ clientCode: codeOf(deed.account) })
      else control.endSessions({ clientCode: codeOf(deed.account) })
      return
    case 'streamDrops':
      control.dropStreams({ clientCode: codeOf(deed.account) })
      return
    case 'squareOff':
      say(`the broker squares ${codeOf(deed.account)} off`)
      control.squareOff({ clientCode: codeOf(deed.account) })
      return
    case 'priceJumps': {
      const { tick } = listingOf(world, deed.what)
      const last = Number(control.lastPrice(deed.what))
      const ticks = Math.round((last * deed.percent) / 100 / Number(formatDecimal(tick)))
      const price = priceAt(world, deed.what, ticks)
      say(`${deed.what.symbol} jumps to ${price}`)
      control.movePrice({ ...deed.what, price })
      return
    }
    case 'says':
      steer(plan, world, deed.say)
      return
    case 'haltFile':
      say(`the file HALT is ${deed.isThere ? 'made' : 'removed'}`)
      setHaltFile(world, deed.isThere)
      return
    case 'clockJumps':
      say(`the clock of the machine jumps by ${deed.ms} ms`)
      world.moveMachineClock(deed.ms)
      return
    case 'suspended':
      say('the machine is suspended')
      world.sleeps.push({ from: clock.now(), until: deed.until })
      clock.jump(Math.max(0, deed.until - clock.now()))
      say('the machine wakes')
      return
    case 'diskFills':
      say(`the disk is full for ${deed.forMs} ms`)
      world.fillDisk(instant(clock.now() + deed.forMs), deed.room)
      return
    case 'rival':
      world.startRival()
      return
    case 'dies': {
      const life = world.life()
      if (life === null) return
      doing.restart(deed.downMs, settingsOf(plan, deed.settings), deed.next ?? null)
      life.doom(deed.doom)
      void clock.sleep(MINUTE).then(() => {
        if (world.life() === life) life.kill()
      })
      return
    }
    case 'stops':
      if (world.life() === null) return
      say('the trader stops the program')
      doing.restart(deed.downMs, settingsOf(plan, deed.settings), deed.next ?? null)
      world.life()?.stop()
  }
}

const settingsOf = (plan: DayPlan, version: number): string => plan.settings[version] ?? ''

const awayFrom = (held: number): Side => (held > 0 ? 'SELL' : 'BUY')

const lotOf = (world: World, what: What): number =>
  Number(formatDecimal(listingOf(world, what).lotSize))

/** That many ticks from the last price, and never at nothing. */
function priceAt(world: World, what: What, ticks: number): string {
  const tick = Number(formatDecimal(listingOf(world, what).tick))
  const last = Number(world.simulator.control.lastPrice(what))
  return (Math.max(1, Math.round(last / tick) + ticks) * tick).toFixed(2)
}

/** As one order, or as many as the exchange's freeze quantity makes of it. */
/** Nobody trades what is no longer listed. */
const isExpired = (world: World, what: What): boolean => {
  const { expiry } = listingOf(world, what)
  return expiry !== null && expiry < dayOf(world.clock.now())
}

function trade(world: World, account: number, what: What, side: Side, quantity: number): void {
  const { lotSize, freeze } = listingOf(world, what)
  const most = freeze === 0n ? quantity : Number(formatDecimal((freeze / lotSize) * lotSize))
  const who = account === 0 ? 'master' : `${codeOf(account)} by hand`
  for (let left = quantity; left > 0; left -= most) {
    const order = { side, quantity: Math.min(left, most) }
    world.say(`${who} ${side}s ${order.quantity} ${what.symbol} ${what.product}`)
    world.simulator.control.trade({ clientCode: codeOf(account), ...what, ...order })
  }
}

function leave(world: World, what: What, share: number): void {
  const held = masterHolds(world, what)
  const lot = lotOf(world, what)
  const part = Math.max(lot, Math.floor((Math.abs(held) * share) / lot) * lot)
  if (held !== 0) trade(world, 0, what, awayFrom(held), Math.min(part, Math.abs(held)))
}

function change(
  world: World,
  deed: Extract<Deed, { kind: 'masterModifies' | 'masterCancels' }>,
): void {
  const { control } = world.simulator
  const oldest = control
    .orders({ clientCode: MASTER_CODE })
    .find(({ state }) => state === 'open' || state === 'trigger pending')
  if (oldest === undefined) return
  const { orderId, exchange, symbol, product, side, price } = oldest
  if (deed.kind === 'masterCancels' || Number(price) === 0) {
    world.say(`master cancels ${orderId}`)
    control.cancel({ clientCode: MASTER_CODE, orderId })
    return
  }
  const ticks = side === 'BUY' ? -deed.ticks : deed.ticks
  const to = priceAt(world, { exchange, symbol, product } as What, ticks)
  world.say(`master moves ${orderId} to ${to}`)
  control.modify({ clientCode: MASTER_CODE, orderId, price: to })
}

export function setHaltFile(world: World, isThere: boolean): void {
  const file = join(world.dataDir, 'HALT')
  world.haltFiles.push({ at: world.clock.now(), isThere })
  if (isThere) writeFileSync(file, '')
  else rmSync(file, { force: true })
}

const FOREIGN_TAG = makeTag(engineId('ZZZZZ'), Array(32).fill(7))

const isForeignThere = ({ followers }: DayPlan, world: World): boolean =>
  followers.some(({ number }) =>
    world.simulator.control
      .orders({ clientCode: codeOf(number) })
      .some(({ tag }) => tag === FOREIGN_TAG),
  )

/** Everything that was in the way is over, and the trader lets everything go on. */
export function clearUp(plan: DayPlan, world: World): void {
  world.say('the weather clears')
  world.simulator.control.clearFaults()
  world.cutOff(null, world.clock.now())
  for (const { number } of plan.followers) world.cutOff(codeOf(number), world.clock.now())
  world.cutOff(MASTER_CODE, world.clock.now())
  world.fillDisk(null, 0)
  world.setMachineClock()
  setHaltFile(world, false)
  verifyStopped(plan, world)
  if (isForeignThere(plan, world)) world.takeOver()
  steer(plan, world, { kind: 'resume', follower: null })
  for (const { number } of plan.followers) steer(plan, world, { kind: 'resume', follower: number })
}

/** Whether the master has left everything, and nothing of it rests. Leaves what is still to be left. */
export function leaveAll(plan: DayPlan, world: World): boolean {
  const { control, exchange } = world.simulator
  exchange.advance(world.clock.now())
  const open = control.orders({ clientCode: MASTER_CODE }).filter(({ state }) => isWorking(state))
  for (const { orderId } of open) control.cancel({ clientCode: MASTER_CODE, orderId })
  const held = plan.whats.filter((what) => masterHolds(world, what) !== 0)
  // What is cancelled may have filled meanwhile: what is held is seen once nothing rests.
  if (open.length === 0) for (const what of held) leave(world, what, 1)
  return open.length === 0 && held.length === 0
}
