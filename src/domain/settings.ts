// What the trader decided, after defaults and overrides were merged once. `config` makes these; the
// decisions only read them. Nothing here is a secret.

import type { AccountName } from './ids.ts'
import type { Exchange } from './instrument.ts'
import type { Mode } from './lane.ts'
import type { Money, Price, Quantity, Rounding } from './numbers.ts'
import type { OrderType, Product, Side } from './order.ts'
import type { Ratio } from './ratio.ts'

/** Empty lists let everything through; `block` wins over `allow`. */
export interface Rules {
  /** A plain word names an underlying; with `*` or `?` it is a pattern over the trading symbol. */
  readonly symbols: { readonly allow: readonly string[]; readonly block: readonly string[] }
  readonly exchanges: readonly Exchange[]
  readonly products: readonly Product[]
  readonly orderTypes: readonly OrderType[]
  readonly sides: readonly Side[]
}

export type Sizing =
  | { readonly mode: 'mirror' }
  | { readonly mode: 'fixedQuantity'; readonly quantity: Quantity }
  | { readonly mode: 'fixedLots'; readonly lots: bigint }
  | { readonly mode: 'multiplier'; readonly by: Ratio }
  | { readonly mode: 'proportional' }

/** null is no limit: every one that is null is named in the live banner. */
export interface Limits {
  readonly maxOrderQuantity: Quantity | null
  readonly maxOrderValue: Money | null
  readonly maxPositionQuantity: Quantity | null
  readonly maxOrdersPerDay: number | null
  readonly maxDailyLoss: Money | null
  readonly pauseAfterRejections: number | null
}

export const unsetLimits = (limits: Limits): readonly (keyof Limits)[] =>
  (Object.keys(limits) as (keyof Limits)[]).filter((name) => limits[name] === null)

export type MaxSlippage =
  | { readonly kind: 'band' }
  | { readonly kind: 'share'; readonly of: Ratio }
  | { readonly kind: 'off' }

export type Confirm = 'off' | 'entries' | 'all'

export interface OrderSettings {
  readonly market: 'limit' | 'as-is'
  readonly stops: 'as-executed' | 'same'
}

export interface FollowerSettings {
  readonly name: AccountName
  readonly label: string | null
  readonly enabled: boolean
  /** A paper follower trades with the paper broker whatever the run's mode. */
  readonly mode: Mode
  readonly rules: Rules
  readonly orders: OrderSettings
  readonly sizing: Sizing
  readonly rounding: Rounding
  readonly limits: Limits
  readonly confirm: Confirm
  readonly maxAgeMs: number
  readonly maxSlippage: MaxSlippage
  /** null: an entry rests until the broker ends it. */
  readonly entryTtlMs: number | null
  /** null: read from the broker once before the session. */
  readonly capital: Money | null
}

export type CopyOn = 'complete' | 'fill'
export type OrderFeed = 'on' | 'confirm' | 'off'
export type Hours = 'enforce' | 'ignore'

export interface EngineSettings {
  readonly pollIntervalMs: number
  readonly orderFeed: OrderFeed
  readonly copyOn: CopyOn
  readonly hours: Hours
  /** Freeze quantities that replace the built-in ones, by underlying. */
  readonly freeze: ReadonlyMap<string, Quantity>
  readonly masterCapital: Money | null
}

/** The range in which an order may be priced today. */
export interface Circuit {
  readonly lower: Price
  readonly upper: Price
}
