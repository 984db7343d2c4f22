import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { makeEditorSchema } from '../../src/config/schema.ts'
import { accountsOf, load, loadValid } from './folder.ts'

type JsonSchema = {
  readonly [key: string]: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

const schema = makeEditorSchema() as JsonSchema
const env = accountsOf(1, 2)

/** What an editor would say of a file: a validator that knows the JSON Schema and nothing of ours. */
const editor = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
const editorAccepts = (yaml: string): boolean => editor.safeParse(parse(yaml)).success

describe('the schema for editors', () => {
  it('is the one in the repository (npm run schema writes it)', () => {
    const file = readFileSync(new URL('../../lockstep.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(schema)))
  })

  it('describes every key', () => {
    const undescribed = (part: JsonSchema, path: string): string[] =>
      Object.entries(part.properties ?? {}).flatMap(([name, inner]) => [
        ...(typeof inner.description === 'string' ? [] : [`${path}${name}`]),
        ...undescribed(inner, `${path}${name}.`),
      ])
    expect(undescribed(schema, '')).toEqual([])
    expect(undescribed({ properties: { a: {} } }, 'control.')).toEqual(['control.a'])
  })

  it('tells the defaults that really hold', () => {
    const defaultsOf = (part: JsonSchema): unknown => {
      if (part.default !== undefined) return part.default
      const inner = Object.entries(part.properties ?? {})
        .map(([name, each]) => [name, defaultsOf(each)] as const)
        .filter(([, value]) => value !== undefined)
      return inner.length > 0 ? Object.fromEntries(inner) : undefined
    }
    const written = stringify(defaultsOf(schema))
    expect(written).toContain('poll: 3s')
    expect(written).toContain('pauseAfterRejections: 3')
    const { settingsFile: _, ...asWritten } = loadValid({ env, yaml: written })
    const { settingsFile: __, ...asAbsent } = loadValid({ env, yaml: '' })
    expect(asWritten.engine).toEqual(asAbsent.engine)
    expect(asWritten.followers).toEqual(asAbsent.followers)
  })

  it.each([
    ['poll: 3s'],
    ['orderFeed: confirm'],
    ['orderFeed: false'],
    ['confirm: true'],
    ['entryTtl: off'],
    ['maxSlippage: 0.5%'],
    ['sizing: { mode: mirror }'],
    ['sizing: { mode: fixed, quantity: 25 }'],
    ['sizing: { mode: fixed, lots: 1 }'],
    ['limits: { maxDailyLoss: off, maxOrderValue: 200000.5 }'],
    ['rules: { symbols: { allow: [NIFTY, "SBIN*"], block: [] }, sides: [BUY] }'],
    ['freeze: { NIFTY: 1800 }'],
    ['followers: { FOLLOWER_2: { sizing: { mode: multiplier, by: 0.5 }, enabled: true } }'],
  ])('takes %s, as the program does', (yaml) => {
    expect(load({ env, yaml }).faults).toEqual([])
    expect(editorAccepts(yaml)).toBe(true)
  })

  it.each([
    ['pol: 3s'],
    ['poll: 3'],
    ['confirm: maybe'],
    ['maxSlippage: 0.5'],
    ['sizing: mirror'],
    ['sizing: { mode: fixed }'],
    ['sizing: { mode: fixed, quantity: 25, lots: 1 }'],
    ['sizing: { mode: mirror, by: 2 }'],
    ['sizing: { mode: multiplier, by: 0 }'],
    ['limits: { maxOrdersPerDay: 1.5 }'],
    ['rules: { sides: [buy] }'],
    ['freeze: { NIFTY: many }'],
    ['followers: { FOLLOWER_2: { poll: 3s } }'],
    ['followers: { FOLOWER_2: {} }'],
  ])('refuses %s, as the program does', (yaml) => {
    expect(load({ env, yaml }).faults).not.toEqual([])
    expect(editorAccepts(yaml)).toBe(false)
  })
})
