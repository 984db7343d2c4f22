// The one key whose parts depend on each other: which of them belong to which mode.
import { z } from 'zod'
import type { Quantity } from '../domain/numbers.ts'
import type { Sizing } from '../domain/settings.ts'
import { type Tree, valueAt } from './document.ts'
import { choice, count, type Kind, multiplier, positive, strict, value } from './values.ts'

const MODE = choice(['mirror', 'fixed', 'multiplier', 'proportional'])
const QUANTITY = positive<Quantity>('a quantity', 1_000_000_000)
const LOTS = count(100_000)
const BY = multiplier(100)

export const SIZING = z
  .unknown()
  .transform((written, context): Sizing => readSizing(written as Tree, context))
  .meta({
    description:
      "How large an entry becomes. A follower's sizing replaces the general one as a whole.",
    initial: { mode: 'mirror' },
    oneOf: [
      describeMode('mirror', 'As many as the master.', {}),
      describeMode('fixed', 'The same quantity for every entry.', { quantity: QUANTITY.schema }),
      describeMode('fixed', 'The same number of lots for every entry.', { lots: LOTS.schema }),
      describeMode('multiplier', "The master's quantity times `by`.", { by: BY.schema }),
      describeMode(
        'proportional',
        "The follower's capital over the master's: as written under `capital`, or read once before the session.",
        {},
      ),
    ],
  })
  .optional()

const optional = <T>(kind: Kind<T>) => value(kind).optional()
const parts = strict({
  mode: optional(MODE),
  quantity: optional(QUANTITY),
  lots: optional(LOTS),
  by: optional(BY),
})

const FIXED = '{ mode: fixed, quantity: 25 } or { mode: fixed, lots: 1 }'
const BELONGS_TO = { quantity: 'fixed', lots: 'fixed', by: 'multiplier' } as const

/** By hand, so that a wrong value and a wrong combination are told together. */
function readSizing(written: Tree, context: z.RefinementCtx): Sizing {
  const refuse = (path: string[], message: string, found?: string): typeof z.NEVER => {
    context.issues.push({ code: 'custom', path, message, params: { found }, input: written })
    return z.NEVER
  }
  if (typeof written === 'string') {
    const mode = MODE.read(written) ?? MODE.suggest?.(written)
    const nearest = mode ? `{ mode: ${mode} }` : null
    context.issues.push({
      code: 'custom',
      message: 'a section with mode',
      params: { nearest },
      input: written,
    })
    return z.NEVER
  }
  const parsed = parts.safeParse(written)
  for (const issue of parsed.error?.issues ?? [])
    context.issues.push({ ...issue, input: written } as z.core.$ZodRawIssue)
  const given = (name: string): boolean => valueAt(written, [name]) !== undefined
  const mode = valueAt(written, ['mode'])
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return z.NEVER
  if (mode === undefined) return refuse(['mode'], MODE.allowed, 'missing')

  for (const [name, owner] of Object.entries(BELONGS_TO))
    if (given(name) && mode !== owner && MODE.read(mode) !== undefined)
      refuse([name], `only with mode: ${owner}`)
  if (mode === 'fixed' && given('quantity') && given('lots'))
    refuse([], FIXED, 'given both quantity and lots')
  if (mode === 'fixed' && !given('quantity') && !given('lots'))
    refuse([], FIXED, 'without quantity or lots')
  if (mode === 'multiplier' && !given('by'))
    refuse([], '{ mode: multiplier, by: 0.5 }', 'without by')
  if (!parsed.success || context.issues.length > 0) return z.NEVER

  const { quantity: units, lots, by } = parsed.data
  if (units !== undefined) return { mode: 'fixedQuantity', quantity: units }
  if (lots !== undefined) return { mode: 'fixedLots', lots: BigInt(lots) }
  if (by !== undefined) return { mode: 'multiplier', by }
  return { mode: mode === 'proportional' ? 'proportional' : 'mirror' }
}

function describeMode(mode: string, description: string, owned: Record<string, unknown>) {
  return {
    type: 'object',
    description,
    properties: { mode: { const: mode }, ...owned },
    required: ['mode', ...Object.keys(owned)],
    additionalProperties: false,
  }
}
