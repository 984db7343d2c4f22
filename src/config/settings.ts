// What was written, over the built-in defaults, over nothing: merged here once, so that nobody later
// asks which of two settings holds. A follower's rules and limits replace the general ones key by key;
// its sizing replaces the general one as a whole, because its parts belong together.
import type { AccountName } from '../domain/ids.ts'
import type { EngineSettings, FollowerSettings } from '../domain/settings.ts'
import { MINUTE, SECOND } from '../domain/time.ts'
import type { Written, WrittenFollower } from './schema.ts'

/** What holds for everybody and may be overridden by each. */
export type CopySettings = Omit<FollowerSettings, 'name' | 'label' | 'enabled' | 'mode' | 'capital'>

export const DEFAULTS: CopySettings = {
  rules: {
    symbols: { allow: [], block: [] },
    exchanges: [],
    products: [],
    orderTypes: [],
    sides: [],
  },
  orders: { market: 'limit', stops: 'as-executed' },
  sizing: { mode: 'mirror' },
  rounding: 'down',
  limits: {
    maxOrderQuantity: null,
    maxOrderValue: null,
    maxPositionQuantity: null,
    maxOrdersPerDay: null,
    maxDailyLoss: null,
    pauseAfterRejections: 3,
  },
  confirm: 'off',
  maxAgeMs: MINUTE,
  maxSlippage: { kind: 'band' },
  entryTtlMs: 30 * SECOND,
}

export function override(base: CopySettings, over: WrittenFollower | Written): CopySettings {
  const { symbols, ...lists } = over.rules ?? {}
  return {
    rules: {
      ...merge(base.rules, lists),
      symbols: merge(base.rules.symbols, symbols ?? {}),
    },
    orders: merge(base.orders, over.orders ?? {}),
    sizing: over.sizing ?? base.sizing,
    rounding: over.rounding ?? base.rounding,
    limits: merge(base.limits, over.limits ?? {}),
    confirm: over.confirm ?? base.confirm,
    maxAgeMs: over.maxAge ?? base.maxAgeMs,
    maxSlippage: over.maxSlippage ?? base.maxSlippage,
    // null is a choice here: the entry rests.
    entryTtlMs: over.entryTtl === undefined ? base.entryTtlMs : over.entryTtl,
  }
}

export function engineSettings(written: Written): EngineSettings {
  return {
    pollIntervalMs: written.poll ?? 3 * SECOND,
    orderFeed: written.orderFeed ?? 'on',
    copyOn: written.copyOn ?? 'complete',
    hours: written.hours ?? 'enforce',
    freeze: new Map(Object.entries(written.freeze ?? {})),
    masterCapital: written.master?.capital ?? null,
  }
}

export function followerSettings(
  written: Written,
  accounts: readonly { readonly name: AccountName; readonly label: string | null }[],
): readonly FollowerSettings[] {
  const general = override(DEFAULTS, written)
  return accounts.map(({ name, label }) => {
    const own = writtenFor(written, name)
    return {
      name,
      label,
      enabled: own.enabled ?? true,
      mode: own.mode ?? 'live',
      capital: own.capital ?? null,
      ...override(general, own),
    }
  })
}

const writtenFor = ({ followers = {} }: Written, name: AccountName): WrittenFollower =>
  Object.hasOwn(followers, name) ? (followers[name] ?? {}) : {}

// Keys that were not written are absent or undefined; both leave what is there.
function merge<T extends object>(base: T, over: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const given = Object.entries(over).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(given) }
}

/** What would work as written, and is hardly meant. */
export function doubtfulSettings(
  engine: EngineSettings,
  followers: readonly FollowerSettings[],
): readonly string[] {
  const hours =
    engine.hours === 'ignore'
      ? ['hours: ignore lets entries go out while the market is closed; it is for simulations']
      : []
  const own = followers.flatMap((follower) => {
    const { name, maxAgeMs, sizing, limits } = follower
    const doubts: string[] = []
    if (maxAgeMs <= engine.pollIntervalMs)
      doubts.push(
        `${name}: maxAge is not longer than poll, so what only the order book shows is too old to be copied`,
      )
    if (
      sizing.mode === 'fixedQuantity' &&
      limits.maxOrderQuantity !== null &&
      sizing.quantity > limits.maxOrderQuantity
    )
      doubts.push(`${name}: every entry is denied, because sizing is above limits.maxOrderQuantity`)
    return doubts
  })
  return [...hours, ...own]
}
