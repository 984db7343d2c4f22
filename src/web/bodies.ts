// What the page may send: every body and query is read here, key by key, before anything else sees it. A
// key that is not known is refused, so that a slip is never taken for "leave it as it is".
import { z } from 'zod'
import { RequestRefused } from './refusal.ts'
import type { Reads, Writes } from './shapes/routes.ts'

const MODE = z.enum(['live', 'paper'])
const NAME = z.string().regex(/^(MASTER|FOLLOWER_[1-9]\d{0,3})$/, 'MASTER, FOLLOWER_1, …')
const DAY = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day as YYYY-MM-DD')
const NUMBER = z.int().min(1).max(999_999_999)
/** Long enough for any sentence that somebody remembers, short enough to hash. */
const PASSWORD = z.string().max(256)
const SECRET = z.string().min(1).max(256)
const AMOUNT = z.string().min(1).max(30)
const NOTHING = z.strictObject({})
/** Of the vault; for whatever needs its secrets or changes it. */
const keyed = z.strictObject({ passphrase: SECRET.optional() })

const whom = z.strictObject({ mode: MODE, follower: NAME.nullable() })
const ofSignal = z.strictObject({ mode: MODE, signal: NUMBER })
const LIMIT = AMOUNT.nullable().optional()
const edit = z.strictObject({
  sizing: z
    .union([
      z.strictObject({ mode: z.literal('mirror') }),
      z.strictObject({ mode: z.literal('fixed'), quantity: AMOUNT }),
      z.strictObject({ mode: z.literal('fixed'), lots: AMOUNT }),
      z.strictObject({ mode: z.literal('multiplier'), by: AMOUNT }),
      z.strictObject({ mode: z.literal('proportional') }),
    ])
    .optional(),
  rounding: z.enum(['down', 'nearest', 'up']).optional(),
  limits: z
    .strictObject({
      maxOrderQuantity: LIMIT,
      maxOrderValue: LIMIT,
      maxPositionQuantity: LIMIT,
      maxOrdersPerDay: LIMIT,
      maxDailyLoss: LIMIT,
      pauseAfterRejections: LIMIT,
    })
    .optional(),
})

const BODIES = {
  '/api/setup': z.strictObject({ code: z.string().max(64), password: PASSWORD }),
  '/api/sign-in': z.strictObject({ password: PASSWORD }),
  '/api/sign-out': NOTHING,
  '/api/password': z.strictObject({ current: PASSWORD, next: PASSWORD }),
  '/api/steer/pause': whom,
  '/api/steer/resume': whom,
  '/api/steer/halt': z.strictObject({ mode: MODE }),
  '/api/steer/flatten': whom.extend({ typed: z.string().max(64) }),
  '/api/steer/approve': ofSignal.extend({ followers: z.array(NAME).min(1).max(999).nullable() }),
  '/api/steer/reject': ofSignal,
  '/api/steer/dismiss': z.strictObject({ mode: MODE, id: z.string().regex(/^E[1-9]\d{0,8}$/) }),
  '/api/steer/resolve': z.strictObject({
    mode: MODE,
    id: z.string().regex(/^U[1-9]\d{0,8}$/),
    order: z.string().min(1).max(64).nullable(),
  }),
  '/api/accounts': keyed.extend({
    account: NAME.optional(),
    clientId: SECRET,
    apiKey: SECRET,
    pin: SECRET,
    totpSecret: SECRET,
    label: z.string().max(64).optional(),
  }),
  '/api/accounts/:name/remove': keyed.extend({ typed: z.string().max(64) }),
  '/api/accounts/:name/enabled': z.strictObject({ enabled: z.boolean() }),
  '/api/accounts/:name/preview': edit,
  '/api/accounts/:name/settings': edit,
  '/api/accounts/:name/verify': keyed,
  '/api/accounts/:name/balance': keyed,
} satisfies { readonly [P in keyof Writes]: z.ZodType }

const ofLedger = z.strictObject({ mode: MODE.optional() })
const ofFollower = ofLedger.extend({ follower: NAME.optional() })
const ofDay = ofLedger.extend({ day: DAY.optional() })

const QUERIES = {
  '/api/session': NOTHING,
  '/api/overview': ofLedger,
  '/api/signals': ofDay.extend({
    follower: NAME.optional(),
    outcome: z
      .enum([
        'asked',
        'skipped',
        'waiting',
        'working',
        'unknown',
        'filled',
        'partlyFilled',
        'cancelled',
        'rejected',
        'denied',
        'lapsed',
        'nothingDue',
      ])
      .optional(),
    symbol: z.string().max(64).optional(),
    side: z.enum(['BUY', 'SELL']).optional(),
    until: z
      .string()
      .regex(/^[1-9]\d{0,8}$/)
      .optional(),
    limit: z
      .string()
      .regex(/^[1-9]\d{0,2}$/)
      .optional(),
  }),
  '/api/signals/:signal': ofLedger,
  '/api/days': ofLedger,
  '/api/charts': ofDay,
  '/api/history': ofLedger,
  '/api/accounts': NOTHING,
  '/api/steer/resume': ofFollower,
  '/api/steer/flatten': ofFollower,
} satisfies { readonly [P in keyof Reads]: z.ZodType }

/** What a route may have between its slashes. */
const NAMES = z.strictObject({
  name: NAME.optional(),
  signal: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .optional(),
})

export type Names = z.infer<typeof NAMES>

export const readBody = <P extends keyof Writes>(path: P, body: unknown): Writes[P]['body'] =>
  read(BODIES[path] as z.ZodType<Writes[P]['body']>, body)

export const readQuery = <P extends keyof Reads>(path: P, query: unknown): Reads[P]['query'] =>
  read(QUERIES[path] as z.ZodType<Reads[P]['query']>, query)

export const readModeQuery = (query: unknown): Reads['/api/overview']['query'] =>
  read(ofLedger, query) as Reads['/api/overview']['query']

export const readNames = (names: unknown): Names => read(NAMES, names)

/** What is wrong is said by its key alone: the value may be a secret. */
function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : ''
  const where = issue?.path.join('.') || unknown || 'the request'
  throw new RequestRefused('badRequest', `${where} is not understood`)
}
