// Every mutant is caught in its scene by the checker of its promise, and the program as it is keeps every promise
// in all of them. Whether drawn days catch them too is what `npm run mutants` shows (docs/proof.md).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeBreach } from '../promises/all.ts'
import { hunt } from './hunt.ts'
import { MUTANTS } from './mutants.ts'
import { type Patch, patched, ROOT } from './patch.ts'

const SEED = 1
const PROMISES = 11

describe('mutants', () => {
  test.concurrent.each(MUTANTS)(
    'promise $promise: $name is caught, which $fault',
    { timeout: 600_000 },
    async ({ name, promise }) => {
      const days = [{ seed: SEED, scene: name }]
      const [lived] = await hunt({ mutant: name, days, until: null })
      const told = (lived?.broken ?? []).filter((breach) => breach.promise === promise)
      expect(told, `nothing of promise ${promise} in seed ${SEED}`).not.toEqual([])
      console.log(`${name}, seed ${SEED}: ${told[0] ? describeBreach(told[0]) : ''}`)
    },
  )

  test.concurrent('control: the program as it is keeps every promise in every scene', {
    timeout: 600_000,
  }, async () => {
    const days = MUTANTS.map(({ name }) => ({ seed: SEED, scene: name }))
    const lived = await hunt({ mutant: null, days, until: null })
    expect(lived.map(({ scene }) => scene)).toEqual(MUTANTS.map(({ name }) => name))
    expect(lived.flatMap(({ broken }) => broken.map(describeBreach))).toEqual([])
  })
})

test('every promise has a mutant', () => {
  const caught = new Set(MUTANTS.map(({ promise }) => promise))
  expect([...caught].sort((a, b) => a - b)).toEqual(
    Array.from({ length: PROMISES }, (_, index) => index + 1),
  )
})

describe('patches', () => {
  const sourceOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

  test.each(MUTANTS)('of $name fit the source as it is', ({ patches }) => {
    for (const patch of patches) expect(patched(sourceOf(patch.file), [patch])).toContain(patch.new)
  })

  test.each<[string, Patch, string]>([
    ['is not there', { file: 'a.ts', old: 'three', new: 'four' }, 'a.ts has this 0 times'],
    ['is there twice', { file: 'a.ts', old: 'one', new: 'four' }, 'a.ts has this 2 times'],
  ])('whose old text %s are refused', (_, patch, says) => {
    expect(() => patched('one two one', [patch])).toThrow(says)
  })
})

test('a mutant that nobody knows is refused', async () => {
  const days = [{ seed: SEED, scene: null }]
  await expect(hunt({ mutant: 'nobody', days, until: null })).rejects.toThrow(
    'no mutant is called nobody',
  )
})
