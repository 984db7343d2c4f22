// The book, read again and again: what changed is understood again, what did not is not, and nothing else of it
// is kept.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRowReader, type Mapped } from '../../../src/broker/angelone/rows.ts'
import { parseExactly, readBody } from '../../../src/broker/angelone/wire.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that are in use and not merely left to be collected. */
function used(): number {
  collect()
  return process.memoryUsage().heapUsed
}

describe('a list of rows read again and again', () => {
  const answer = (rows: readonly unknown[]) =>
    JSON.stringify({ status: true, message: 'SUCCESS', errorcode: '', data: rows })
  const idOf = (raw: unknown): Mapped<string> =>
    typeof raw === 'object' && raw !== null && 'id' in raw
      ? { kind: 'row', value: String(raw.id) }
      : { kind: 'unreadable', why: 'no id' }

  it('understands only what changed', () => {
    let understood = 0
    const reader = createRowReader((raw) => {
      understood++
      return idOf(raw)
    })
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, filled: 0, text: 'a } b { c' }))
    reader.read(answer(rows))
    expect(understood).toBe(1_000)
    const changed = rows.with(500, { id: 500, filled: 1, text: '' })
    expect(reader.read(answer(changed)).rows).toHaveLength(1_000)
    expect(understood).toBe(1_001)
    reader.read(answer([{ id: 1_000, filled: 0, text: '' }, ...changed]))
    expect(understood).toBe(1_002)
    reader.read(answer(changed.toReversed()))
    expect(understood).toBe(1_002)
    reader.read(answer([]))
    reader.read(answer(rows))
    expect(understood).toBe(2_002)
  })

  it('understands a row again when any one of its fields has changed', () => {
    let understood = 0
    const reader = createRowReader((raw) => {
      understood++
      return idOf(raw)
    })
    const row = { id: 1, price: 101.2, status: 'open', filledshares: '0', text: '', tag: null }
    const other = { ...row, id: 2 }
    const changes = [{ price: 101.3 }, { status: 'complete' }, { filledshares: '5' }, { tag: 'A' }]
    reader.read(answer([row, other]))
    for (const [count, change] of [...changes, { text: ' ' }, { id: 3 }, { more: 1 }].entries()) {
      reader.read(answer([{ ...row, ...change }, other]))
      expect(understood, JSON.stringify(change)).toBe(3 + 2 * count)
      reader.read(answer([{ ...row, ...change }, other]))
      expect(understood, 'unchanged').toBe(3 + 2 * count)
      reader.read(answer([row, other]))
      expect(understood, 'as it was').toBe(4 + 2 * count)
    }
  })

  // A text that is cut out of a long one keeps the whole of it: V8 copies only what is short.
  describe('keeps nothing of the answers that its rows came in', () => {
    const ANSWERS = 40
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, text: 'x'.repeat(1_000) }))
    const long = answer(rows)
    /** As an answer comes: decoded from bytes, one text of its own. */
    const decoded = (text: string): string => Buffer.from(text).toString()

    /** By how many answers the heap has grown in the end, when something of each was kept. */
    function answersKept(keep: (number: number) => unknown): number {
      const kept: unknown[] = []
      const before = used()
      for (let number = 0; number < ANSWERS; number++) kept.push(keep(number))
      const grown = used() - before
      expect(kept).toHaveLength(ANSWERS)
      return grown / long.length
    }

    it.each([
      ['text', (number: number) => `"1100000000000${number}"`],
      ['number', (number: number) => `1100000000000${number}`],
    ])('when a long id is a %s', (_, idOfNew) => {
      const ids: string[] = []
      const reader = createRowReader((raw) => {
        const mapped = idOf(raw)
        if (mapped.kind === 'row') ids.push(mapped.value)
        return mapped
      })
      reader.read(long)
      const kept = answersKept((number) => {
        reader.read(decoded(long.replace('[', `[{"id":${idOfNew(number)}},`)))
        return null
      })
      expect(ids).toHaveLength(rows.length + ANSWERS)
      expect(kept).toBeLessThan(ANSWERS / 4)
    })

    it('control: who cuts an id out of each answer is found out', () => {
      expect(answersKept(() => decoded(long).slice(20, 60))).toBeGreaterThan((ANSWERS * 3) / 4)
    })
  })

  it('names the row that it cannot read and keeps the others', () => {
    const read = createRowReader(idOf).read(answer([{ id: 1 }, { x: 1 }, null, { id: 2 }]))
    expect(read.rows).toEqual(['1', '2'])
    expect(read.unreadable).toEqual(['no id', 'no id'])
  })

  it.each([
    ['{"status":true,"data":null}', null],
    ['{"status":true,"data":[]}', []],
    [' { "status" : true , "data" : [ ] } ', []],
    ['{"status":true,"data":[{"id":1}', null],
    ['{"status":true,"data":[{"id":1},]}', null],
    ['{"status":true,"data":[{"id":1}{"id":2}]}', null],
    ['{"status":true,"x":{"data":[{"id":1}]},"data":null}', null],
    ['<html>"data":[{"id":1}]', null],
    ['', null],
  ])('of %s gives %o', (text, rows) => {
    expect(createRowReader(idOf).read(text).rows).toEqual(rows)
  })

  // Whatever the rows hold and however they change, the quick way reads what the slow way reads.
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('},{', '"data":[', ']', '}', '{'),
    fc.integer(),
    fc.constant(null),
    fc.record({ nested: fc.string() }),
  )
  const row = fc.record({ id: fc.integer({ min: 0, max: 20 }), value })
  const lists = fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: 6 })
  const whole: (raw: unknown) => Mapped<string> = (raw) => ({
    kind: 'row',
    value: JSON.stringify(raw),
  })
  const slowly = (text: string) => {
    const body = readBody(text)
    const data = body.kind === 'envelope' ? body.envelope.data : null
    return Array.isArray(data) ? data.map((one) => JSON.stringify(one)) : null
  }

  it('is read as a parser would read it', () => {
    fc.assert(
      fc.property(lists, fc.constantFrom(undefined, 1), (books, indent) => {
        const reader = createRowReader(whole)
        for (const rows of books) {
          const text = JSON.stringify({ status: true, data: rows, after: '[]' }, null, indent)
          expect(reader.read(text).rows).toEqual(slowly(text))
        }
      }),
    )
  })

  it('control: a reader that knows a row by its id alone is found out', () => {
    const run = fc.check(
      fc.property(lists, (books) => {
        const known = new Map<number, string>()
        return books.every((rows) => {
          const quick = rows.map((one) => {
            const text = known.get(one.id) ?? JSON.stringify(parseExactly(JSON.stringify(one)))
            known.set(one.id, text)
            return text
          })
          return JSON.stringify(quick) === JSON.stringify(slowly(answer(rows)))
        })
      }),
    )
    expect(run.failed).toBe(true)
  })
})
