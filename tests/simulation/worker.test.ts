// A day that never ends, or whose process ends, is told as broken and holds nobody up.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { emptyTally } from './tally.ts'
import { createWorker } from './worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-worker-'))
const story = join(folder, 'story.txt')
afterAll(() => rmSync(folder, { recursive: true }))

/** Seed 1 never ends, without a moment in which the process could hear anything; seed 2 ends the process. */
const file = join(folder, 'days.mjs')
writeFileSync(
  file,
  `import { appendFileSync } from 'node:fs'
  process.on('message', ({ seed, story }) => {
    appendFileSync(story, 'it began')
    if (seed === 1) for (;;) {}
    if (seed === 2) process.exit(3)
    process.send({ ...${JSON.stringify(emptyTally())}, days: seed })
  })
  process.on('disconnect', () => process.exit(0))`,
)

test('a day that never ends is told as broken, with its story, and the next one is lived', async () => {
  const worker = createWorker(file, 3000)
  const stuck = await worker.live({ seed: 1, story })
  const why = 'never became quiet: not over after 3 s of real time'
  expect(stuck).toMatchObject({ days: 1, broken: [{ seed: 1, broken: [why] }] })
  expect(readFileSync(story, 'utf8')).toBe('it began')
  expect(await worker.live({ seed: 7, story })).toMatchObject({ days: 7, broken: [] })
  worker.close()
})

test('a day whose process ends is told as broken, and the next one is lived', async () => {
  const worker = createWorker(file, 60_000)
  const why = 'never became quiet: its process ended in the middle of it'
  expect(await worker.live({ seed: 2, story })).toMatchObject({ broken: [{ broken: [why] }] })
  expect(await worker.live({ seed: 8, story })).toMatchObject({ days: 8, broken: [] })
  worker.close()
})
