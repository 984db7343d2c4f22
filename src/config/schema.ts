// Every key of the settings file: what it means, what may be written, what holds when it is absent.
// Unknown keys are refused, and all faults are found in one reading. The editor's schema
// (`lockstep.schema.json`) is made from this file, so the descriptions are written for the trader.
import { z } from 'zod'
import { EXCHANGES } from '../domain/instrument.ts'
import type { Money, Quantity } from '../domain/numbers.ts'
import { ORDER_TYPES, PRODUCTS, SIDES } from '../domain/order.ts'
import type { Confirm, MaxSlippage, OrderFeed } from '../domain/settings.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts'
import { ALERTS } from './alerts.ts'
import { CALENDAR } from './calendar.ts'
import { nearestName } from './fault.ts'
import { SIZING } from './sizing.ts'
import {
  choice,
  count,
  duration,
  type Kind,
  key,
  list,
  orOff,
  PERCENT,
  positive,
  SWITCH,
  section,
  strict,
  text,
  value,
} from './values.ts'

/** A billion units and ten thousand million of money: above that it is a slip of the keyboard. */
const MOST_UNITS = 1_000_000_000
const MOST_MONEY = 10_000_000_000

const quantity = positive<Quantity>('a quantity', MOST_UNITS)
const money = positive<Money>('an amount', MOST_MONEY)
const SYMBOL = text(/^\S{1,60}$/, 'a name such as NIFTY, or a pattern such as SBIN*')
const ROUNDING = choice(['down', 'nearest', 'up'])
const CONFIRM: Kind<Confirm> = {
  allowed: 'off | entries | all',
  schema: { enum: ['off', 'entries', 'all', true, false, 'on', 'yes', 'no'] },
  read: (written) => {
    if (written === 'entries' || written === 'all') return written
    const asked = SWITCH.read(written)
    return asked === undefined ? undefined : asked ? 'entries' : 'off'
  },
  suggest: (written) =>
    typeof written === 'string' ? nearestName(written, ['off', 'entries', 'all']) : null,
}
const ORDER_FEED: Kind<OrderFeed> = {
  allowed: 'true | confirm | false',
  schema: { enum: [true, 'confirm', false, 'on', 'off', 'yes', 'no'] },
  read: (written) => {
    if (written === 'confirm') return written
    const listens = SWITCH.read(written)
    return listens === undefined ? undefined : listens ? 'on' : 'off'
  },
  suggest: (written) =>
    typeof written === 'string' ? nearestName(written, ['true', 'confirm', 'false']) : null,
}
const MAX_SLIPPAGE: Kind<MaxSlippage> = {
  allowed: 'band | off | a percentage from 0% to 100%, such as 0.5%',
  schema: { anyOf: [{ enum: ['band', 'off', false] }, PERCENT.schema] },
  read: (written) => {
    if (written === 'band') return { kind: 'band' }
    if (written === 'off' || written === false) return { kind: 'off' }
    const of = PERCENT.read(written)
    return of === undefined ? undefined : { kind: 'share', of }
  },
  suggest: (written) =>
    typeof written === 'string'
      ? nearestName(written, ['band', 'off'])
      : (PERCENT.suggest?.(written) ?? null),
}

/** What a follower may have of its own. At the top of the file it holds for everybody. */
const copying = {
  rules: section(
    {
      symbols: section(
        {
          allow: list(SYMBOL, { description: 'Only these. Empty: all.' }),
          block: list(SYMBOL, { description: 'Never these; wins over allow.' }),
        },
        'A plain word names an underlying: NIFTY means every NIFTY future and option, and neither BANKNIFTY nor FINNIFTY. With * or ? it is a pattern over the trading symbol: SBIN*.',
      ),
      exchanges: list(choice(EXCHANGES), { description: 'Only these exchanges. Empty: all.' }),
      products: list(choice(PRODUCTS), { description: 'Only these products. Empty: all.' }),
      orderTypes: list(choice(ORDER_TYPES), { description: 'Only these order types. Empty: all.' }),
      sides: list(choice(SIDES), { description: 'Only entries of this side. Empty: both.' }),
    },
    "Which entries are copied. Exits are always copied. A follower's list replaces the general list of the same name, and the other lists stay: an empty list ([]) lets everything through again.",
  ),
  orders: section(
    {
      market: key(choice(['limit', 'as-is']), {
        description:
          "How a market order is copied. limit: as a limit order at the master's price plus or minus the protection band. as-is: as a market order, exits too (brokers refuse or convert those).",
        initial: 'limit',
      }),
      stops: key(choice(['as-executed', 'same']), {
        description:
          'How a stop order that has fired is copied. as-executed: as what it became. same: as a stop again, whose trigger lies behind the market.',
        initial: 'as-executed',
      }),
    },
    'How an entry is copied.',
  ),
  sizing: SIZING,
  rounding: key(ROUNDING, {
    description:
      'How an entry is rounded to whole lots. Exits follow the entitlement whatever this says.',
    initial: 'down',
  }),
  limits: section(
    {
      maxOrderQuantity: key(orOff(quantity), { description: 'Largest quantity of one entry.' }),
      maxOrderValue: key(orOff(money), { description: 'Largest value of one entry, in rupees.' }),
      maxPositionQuantity: key(orOff(quantity), {
        description: 'Largest position in one instrument and product.',
      }),
      maxOrdersPerDay: key(orOff(count(100_000)), { description: 'Most orders in one day.' }),
      maxDailyLoss: key(orOff(money), {
        description: 'Loss of one day, in rupees, after which there are no more entries.',
      }),
      pauseAfterRejections: key(orOff(count(1000)), {
        description: 'So many rejections in a row pause the entries of the follower.',
        initial: 3,
      }),
    },
    "What denies an entry. Exits are never denied. A limit that is absent or off is none. A follower's limit replaces the general one of the same name and the others stay; off lifts one.",
  ),
  confirm: key(CONFIRM, {
    description:
      'Whether a signal asks before it is copied. true is entries. An unanswered exit is owed.',
    initial: 'off',
  }),
  maxAge: key(duration({ from: SECOND, to: DAY }), {
    description:
      "An entry is copied while it is younger than this, counted from the master's fill.",
    initial: '60s',
  }),
  maxSlippage: key(MAX_SLIPPAGE, {
    description:
      "How much worse than the master's average an entry's price may be: a share becomes its limit. band: the protection band of the exchange.",
    initial: 'band',
  }),
  entryTtl: key(orOff(duration({ from: SECOND, to: 8 * HOUR })), {
    description: 'An entry that is not filled by then is cancelled. off: it rests.',
    initial: '30s',
  }),
}

export const settingsFile = strict({
  poll: key(duration({ from: SECOND, to: MINUTE }), {
    description: "How often the master's order book is read. The broker allows once a second.",
    initial: '3s',
  }),
  orderFeed: key(ORDER_FEED, {
    description:
      'Whether to listen to the order-update stream too. confirm: listen, and wait for the order book before copying anything.',
    initial: true,
  }),
  copyOn: key(choice(['complete', 'fill']), {
    description:
      'complete: an order is copied when it is final, for what was filled. fill: each newly filled part at once.',
    initial: 'complete',
  }),
  hours: key(choice(['enforce', 'ignore']), {
    description: 'Whether entries need an open market. ignore is for simulations.',
    initial: 'enforce',
  }),
  ...copying,
  freeze: z
    .record(
      z
        .string()
        .regex(/^[A-Z0-9][A-Z0-9&-]{0,39}$/, { error: 'an underlying in capitals, such as NIFTY' }),
      value(quantity).meta({ ...quantity.schema }),
      { error: 'a section: an underlying and its freeze quantity' },
    )
    .meta({
      description:
        'Freeze quantities by underlying, over the built-in ones: an order above it goes in slices.',
    })
    .optional(),
  master: section(
    {
      capital: key(money, {
        description: 'For proportional sizing. Absent: read once before the session.',
      }),
    },
    'The master account.',
  ),
  calendar: CALENDAR,
  alerts: ALERTS,
  followers: z
    .record(
      z.string().meta({ pattern: '^FOLLOWER_[1-9][0-9]{0,3}$' }),
      strict({
        ...copying,
        mode: key(choice(['live', 'paper']), {
          description: 'paper: trades with the paper broker in a live run too.',
        }),
        enabled: key(SWITCH, { description: 'false: no entries; exits still run.' }),
        capital: key(money, {
          description: 'For proportional sizing. Absent: read once before the session.',
        }),
      }).meta({ description: 'What differs for this follower; the rest is as for everybody.' }),
      { error: 'a section with an account name for each key, such as FOLLOWER_1' },
    )
    .meta({
      description:
        'Settings of single followers. An account that is not listed copies with the settings above.',
    })
    .optional(),
}).meta({ title: 'Lockstep settings', description: 'Every key is optional.' })

export type Written = z.infer<typeof settingsFile>
export type WrittenFollower = NonNullable<Written['followers']>[string]

/** The JSON Schema by which an editor completes and checks the file. */
export function makeEditorSchema(): Record<string, unknown> {
  const made = z.toJSONSchema(settingsFile, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // zod leaves defaults out where a value is transformed; ours are told under another name.
      if ('initial' in jsonSchema) {
        jsonSchema.default = jsonSchema.initial as typeof jsonSchema.default
        delete jsonSchema.initial
      }
    },
  }) as Record<string, unknown>
  const properties = made.properties as Record<string, Record<string, unknown>>
  // A follower's default is the general setting, not the built-in one.
  return {
    ...made,
    properties: { ...properties, followers: withoutDefaults(properties.followers) },
  }
}

function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaults)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== 'default')
      .map(([name, inner]) => [name, withoutDefaults(inner)]),
  )
}
