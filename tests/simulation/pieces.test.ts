// Pieces of a long run: each seed counts once, and what isn't a piece is refused in words.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  describePiece,
  emptyPiece,
  joinPieces,
  keepPiece,
  type Piece,
  rangesOf,
  readPiece,
} from './pieces.ts'
import { emptyTally } from './tally.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-pieces-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

const pieceOf = (commit: string, lived: number[]): Piece => ({
  ...emptyPiece(commit),
  seconds: 10,
  lived,
  tally: {
    ...emptyTally(),
    days: lived.length,
    signals: 7,
    flatAfterMs: { seed: lived[0] ?? 0, ms: lived.length },
    faults: { delay: 2 },
    steps: { 'ledger.record:before': { passed: 5, died: 1 } },
  },
})

test('pieces are added up, whatever commit each is of', () => {
  const all = joinPieces([pieceOf('aaa', [1, 2, 3]), pieceOf('bbb', [4, 5])])
  expect(all).toMatchObject({
    days: 5,
    signals: 14,
    flatAfterMs: { seed: 1, ms: 3 },
    faults: { delay: 4 },
    steps: { 'ledger.record:before': { passed: 10, died: 2 } },
  })
})

test('a seed that was lived twice counts once: such pieces are refused', () => {
  expect(() => joinPieces([pieceOf('aaa', [1, 2]), pieceOf('bbb', [2, 3])])).toThrow(
    'seed 2 is in two of the files',
  )
})

test('a piece comes back as it was kept, and says what it is', () => {
  const piece = pieceOf('aaa', [3, 1, 2, 9])
  keepPiece(at('a.json'), piece)
  expect(readPiece(at('a.json'))).toEqual(piece)
  expect(describePiece(piece)).toBe('seeds 1 to 3, 9 on aaa in 10 s')
  expect(rangesOf([])).toBe('')
})

test.each([
  ['not JSON', '{', "can't be read"],
  ['something else', '{"days":3}', 'is not what --out writes'],
])('what is %s is no piece', (_, text, says) => {
  writeFileSync(at('b.json'), text)
  expect(() => readPiece(at('b.json'))).toThrow(says)
})

const program = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/simulate.ts', ...args], { encoding: 'utf8' })

test('a run goes on where it stopped, lives no day twice, and is joined with another', {
  timeout: 300_000,
}, () => {
  const [a, b] = [at('one.json'), at('two.json')]
  const days = (...args: string[]) => program('--workers', '1', ...args)
  days('--seeds', '1', '--out', a)
  const again = days('--seeds', '2', '--out', a)
  expect(again.stdout).toContain('1 of them lived before')
  expect(readPiece(a).lived).toEqual([1, 2])
  days('--from', '3', '--seeds', '1', '--out', b)
  const joined = program('--join', a, b)
  expect(joined.stdout).toContain('days 3,')
  expect(joined.stdout).toContain(`seeds 1 to 2 on ${readPiece(a).commit}`)
  expect(joined.status).toBe(0)
  expect(program('--join', a, a).stderr).toBe('seed 1 is in two of the files\n')
})

test('a piece of another commit is not gone on with', () => {
  keepPiece(at('old.json'), pieceOf('aaa', [1]))
  const refused = program('--seeds', '2', '--out', at('old.json'))
  expect(refused.status).toBe(2)
  expect(refused.stderr).toMatch(/old\.json is of commit aaa, this is .*--join/)
})
