// One number is a whole day: the same number gives the same facts, byte for byte.
import { expect, test } from 'vitest'
import { runDay } from './run-day.ts'

const factsOf = async (seed: number, storage: 'memory' | 'disk' = 'memory'): Promise<string> => {
  const day = await runDay(seed, { storage })
  day.close()
  return JSON.stringify({ facts: day.truth.facts, story: day.story })
}

test('two runs of one seed leave the same ledger, on whatever it is kept', {
  timeout: 120_000,
}, async () => {
  const first = await factsOf(4)
  expect(await factsOf(4)).toBe(first)
  expect(await factsOf(4, 'disk')).toBe(first)
})

test('control: another seed leaves another', { timeout: 120_000 }, async () => {
  expect(await factsOf(5)).not.toBe(await factsOf(4))
})
