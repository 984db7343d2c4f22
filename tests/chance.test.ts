// Chance that is drawn for many is as good as chance that is drawn for each: nothing of it is given out twice.
import { expect, test } from 'vitest'
import { createChance } from '../src/chance.ts'
import { TAG_CHANCE } from '../src/domain/tag.ts'

test('gives as much as is asked for, over the end of what was drawn', () => {
  const { bytes } = createChance()
  const lengths = Array.from({ length: 2_000 }, (_, turn) => turn % 13)
  for (const length of lengths) expect(bytes(length)).toHaveLength(length)
  expect(bytes(5_000)).toHaveLength(5_000)
})

test('gives nothing twice', () => {
  const { bytes } = createChance()
  const drawn = Array.from({ length: 5_000 }, () => bytes(TAG_CHANCE).join())
  expect(new Set(drawn).size).toBe(drawn.length)
  expect(Math.max(...drawn.flatMap((each) => each.split(',').map(Number)))).toBe(255)
})
