// A whole simulated broker without sockets: requests go into `gateway`, streams connect to `streams`, and
// `control` is the hand behind it. Driven by the times it is given; equal seeds and calls give equal bytes.
import { parseQuantity } from '../domain/numbers.ts'
import { dayOf, type Instant } from '../domain/time.ts'
import type { AccountSetting } from './account.ts'
import { type Control, createControl } from './control.ts'
import { defaultAccounts } from './default-accounts.ts'
import { createExchange, type Exchange, type ExchangeSettings } from './exchange.ts'
import { createFaults } from './faults.ts'
import { createGateway, type Gateway, type GatewaySettings } from './gateway.ts'
import { createLimits } from './limits.ts'
import { defaultListings, type Listing } from './listing.ts'
import { createSessions, type SessionSettings } from './sessions.ts'
import { createOrderStreams, type OrderStreams, type StreamSettings } from './stream.ts'

export interface SimulatorSettings
  extends Omit<ExchangeSettings, 'liquidity'>,
    SessionSettings,
    StreamSettings,
    GatewaySettings {
  /** Units that one order gets in one second; null: everything at once. */
  readonly liquidity: number | null
  readonly limits: 'enforce' | 'ignore'
}

export interface Simulator {
  readonly settings: SimulatorSettings
  readonly exchange: Exchange
  readonly gateway: Gateway
  readonly streams: OrderStreams
  readonly control: Control
}

/** Everything that is not said is the plain case: prices stand still, always open, limits enforced. */
export function createSimulator(wanted: Partial<SimulatorSettings>, startsAt: Instant): Simulator {
  const settings = { ...defaultSettings(startsAt), ...wanted }
  const liquidity = settings.liquidity === null ? null : parseQuantity(settings.liquidity)
  const exchange = createExchange({ ...settings, liquidity }, startsAt)
  const sessions = createSessions(exchange.accounts, settings)
  const limits = createLimits(settings.limits)
  const faults = createFaults(settings.seed)
  const streams = createOrderStreams({ sessions, faults }, settings)
  exchange.desk.onOrder((account, order, change) =>
    streams.tell(account, order, change, exchange.now()),
  )
  const gateway = createGateway({ exchange, sessions, limits, faults }, settings)
  const { requests } = gateway
  const control = createControl({ exchange, sessions, streams, faults, limits, requests })
  return { settings, exchange, gateway, streams, control }
}

function defaultSettings(startsAt: Instant): SimulatorSettings {
  const accounts: readonly AccountSetting[] = defaultAccounts(3)
  const listings: readonly Listing[] = defaultListings(dayOf(startsAt))
  return {
    seed: 1,
    listings,
    accounts,
    hours: { mode: 'ignore' },
    walk: { kind: 'still' },
    marketOrders: 'convert',
    fills: 'automatic',
    liquidity: null,
    processingMs: 0,
    priceProtectionPercent: null,
    renamesOnModify: false,
    codes: 'once',
    logins: 'coexist',
    refresh: 'coexist',
    wrongPinCode: 'AB1007',
    streamsAfterSession: 'silent',
    finalOrders: 'acknowledge',
    latencyMs: 0,
    instrumentRows: null,
    limits: 'enforce',
  }
}
