// Who follows in a day, and by which settings: every sizing, rules and limits that deny, paper, little money,
// owners who trade by hand. Drawn from the seed, and drawn once more for a start with other settings.
import { type Draws, drawsOf } from './chance.ts'

export interface FollowerPlan {
  readonly number: number
  readonly mode: 'live' | 'paper'
  /** Its owner trades in the same instruments, in the broker's own app. */
  readonly tradesByHand: boolean
  readonly isPoor: boolean
  readonly confirms: boolean
}

export function drawFollowers(seed: number): readonly FollowerPlan[] {
  const draws = drawsOf(seed, 'followers')
  const most = draws.is(0.04) ? 30 : draws.is(0.2) ? 10 : 4
  return Array.from({ length: draws.between(1, most) }, (_, index) => ({
    number: index + 1,
    mode: draws.is(0.12) ? 'paper' : 'live',
    tradesByHand: draws.is(0.15),
    isPoor: draws.is(0.08),
    confirms: draws.is(0.06),
  }))
}

/** The settings file of one start. */
export function drawSettings(
  seed: number,
  version: number,
  followers: readonly FollowerPlan[],
): string {
  const draws = drawsOf(seed, `settings ${version}`)
  const sections = followers.map((plan) => {
    const own = drawsOf(seed, `settings ${version} of ${plan.number}`)
    return `  FOLLOWER_${plan.number}: { ${drawSection(own, plan)} }\n`
  })
  return [
    `poll: ${draws.one(['1s', '2s', '3s', '5s'])}\n`,
    `orderFeed: ${draws.one(['true', 'true', 'true', 'confirm', 'false'])}\n`,
    `copyOn: ${draws.one(['complete', 'complete', 'fill'])}\n`,
    'master: { capital: 1000000 }\n',
    ...(draws.is(0.3) ? ['freeze: { NIFTY: 650 }\n'] : []),
    `limits: { pauseAfterRejections: ${draws.one(['off', 'off', '3'])} }\n`,
    `followers:\n${sections.join('')}`,
  ].join('')
}

function drawSection(draws: Draws, { mode, confirms }: FollowerPlan): string {
  const parts = [`sizing: ${drawSizing(draws)}`]
  const maybe = (probability: number, draw: () => string): void => {
    if (draws.is(probability)) parts.push(draw())
  }
  if (mode === 'paper') parts.push('mode: paper')
  if (confirms) parts.push(`confirm: ${draws.one(['entries', 'all'])}`)
  maybe(0.3, () => `rounding: ${draws.one(['nearest', 'up'])}`)
  maybe(0.2, () => `rules: { ${draws.one(RULES)} }`)
  maybe(0.2, () => `limits: { ${draws.one(LIMITS)} }`)
  maybe(0.2, () => `entryTtl: ${draws.one(['2s', '5s', 'off'])}`)
  maybe(0.2, () => `maxSlippage: ${draws.one(['off', '0.5%', '0%'])}`)
  maybe(0.1, () => `maxAge: ${draws.one(['5s', '15s', '300s'])}`)
  maybe(0.1, () => `orders: { ${draws.one(['stops: same', 'market: as-is'])} }`)
  maybe(0.05, () => 'enabled: false')
  return parts.join(', ')
}

const drawSizing = (draws: Draws): string =>
  draws.one([
    '{ mode: mirror }',
    '{ mode: mirror }',
    `{ mode: multiplier, by: ${draws.between(1, 30) / 10} }`,
    `{ mode: multiplier, by: ${draws.between(1, 30) / 10} }`,
    '{ mode: fixed, lots: 1 }',
    `{ mode: fixed, quantity: ${draws.between(1, 200)} }`,
    `{ mode: proportional }, capital: ${draws.between(1, 20) * 100_000}`,
  ])

const RULES = [
  'symbols: { block: [NIFTY] }',
  "symbols: { allow: ['SBIN*', BANKNIFTY] }",
  'sides: [BUY]',
  'products: [INTRADAY]',
  'exchanges: [NSE]',
  'orderTypes: [MARKET]',
]
const LIMITS = [
  'maxOrderQuantity: 130',
  'maxOrderValue: 50000',
  'maxPositionQuantity: 200',
  'maxOrdersPerDay: 12',
  'maxDailyLoss: 500',
]
