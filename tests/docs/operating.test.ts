// docs/operating.md is what a trader reads when something is wrong: every word that the program may show has
// its line there and nothing else does, and the restore is done here as it is written.
import { execFileSync } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { units } from '../../src/domain/numbers.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { AT, laneOf, seededChance, still } from '../ledger/scene.ts'

const page = readFileSync('docs/operating.md', 'utf8')

/** From that heading to the next of its rank or above. */
function sectionOf(heading: string): string {
  const rank = heading.match(/^#+/)?.[0].length ?? 0
  const begin = page.indexOf(`\n${heading}\n`)
  expect(begin, heading).toBeGreaterThan(0)
  const rest = page.slice(begin + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${rank}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The words in the first column, which stand in backquotes. */
const listedIn = (heading: string): readonly string[] =>
  [...sectionOf(heading).matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1] ?? '')

/** The members of a union, read off its source, so that a new one is missed here. */
function membersOf(path: string, type: string, pattern: RegExp): readonly string[] {
  const source = readFileSync(path, 'utf8')
  const begin = source.indexOf(`export type ${type} =`)
  const end = source.indexOf('\nexport ', begin + 1)
  const text = source.slice(begin, end < 0 ? undefined : end)
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))]
}

const KIND = /kind: '(\w+)'/g
const WORD = /'(\w+)'/g

describe('docs/operating.md', () => {
  it.each([
    ['### Why something was not copied', membersOf('src/domain/reason.ts', 'Reason', KIND)],
    [
      '### What the broker made of an order',
      [
        ...membersOf('src/domain/outcome.ts', 'RejectionCause', WORD),
        ...membersOf('src/domain/outcome.ts', 'NotSentCause', WORD),
      ],
    ],
    [
      '### Why an exit is owed',
      [
        ...membersOf('src/domain/owed.ts', 'OwedBecause', WORD),
        ...membersOf('src/domain/owed.ts', 'ExitAwaits', WORD),
      ],
    ],
    [
      "### When the ledger can't be used",
      membersOf('src/ledger/unusable.ts', 'UnusableKind', WORD),
    ],
  ])('%s: each word has its line, and nothing else does', (heading, words) => {
    expect(words.length).toBeGreaterThan(5)
    expect([...listedIn(heading)].sort()).toEqual([...words].sort())
  })

  it('quotes alarms that the program can tell', () => {
    const engine = ['engine', 'report']
      .flatMap((room) => readdirSync(`src/${room}`).map((file) => `src/${room}/${file}`))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
    const quoted = [...sectionOf('### Alarms').matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/`([^`]+)`/g)].map((each) => each[1] ?? ''),
    )
    expect(quoted.length).toBeGreaterThan(7)
    // What stands in for a number or a name in the middle is left out of the comparison.
    const plain = engine.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\s+/g, ' ')
    for (const words of quoted)
      expect(
        words.split(', ').every((part) => plain.includes(part)),
        words,
      ).toBe(true)
  })

  it('names options that there are', () => {
    const commands = readdirSync('src/cli')
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join('src/cli', file), 'utf8'))
      .join('\n')
    const said = [...page.matchAll(/`((?:lockstep |--)[^`]+)`/g)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option),
    )
    expect(new Set(said).size).toBeGreaterThan(4)
    for (const option of said) expect(commands).toMatch(new RegExp(`'${option}[ ']`))
  })

  it('leads somewhere with every link', () => {
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, target = ''] of page.matchAll(/\]\(#([^)]+)\)/g))
      expect(anchors).toContain(target)
  })

  it('restores the newest backup as it is written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-restore-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'data', 'lockstep.db')
    const open = () =>
      openLedger({
        path,
        mode: 'live',
        clock: still,
        chance: seededChance(1),
        command: 'test',
        reserveBytes: 65_536,
      })
    const adopt = (ledger: ReturnType<typeof open>) =>
      ledger.adjust({ lane: laneOf(1), kind: 'adopted', change: units(65), evidence: 'a test' }, AT)
    const before = open()
    adopt(before)
    const { engine } = before
    before.backup(join(folder, 'data/backup/lockstep-20261120_153500.db'))
    adopt(before)
    before.close()
    truncateSync(path, Math.floor(statSync(path).size / 2))
    expect(() => open()).toThrow('malformed')
    // What a killed engine leaves beside the file, and what must not be read into the restored one.
    writeFileSync(`${path}-wal`, 'of the broken one')

    const written = sectionOf('## Backup and restore').match(/```sh\n([\s\S]*?)```/)?.[1] ?? ''
    expect(written).toContain('cp ')
    execFileSync('sh', ['-euc', written], { cwd: folder })

    const restored = open()
    expect(restored.engine).toBe(engine)
    expect(restored.lanes().map(({ held }) => held)).toEqual([units(65)])
    expect(restored.verify()).toEqual([])
    restored.close()
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(readdirSync(join(folder, 'data/broken'))).toEqual(
      expect.arrayContaining(['lockstep.db', 'lockstep.db-wal']),
    )
  })
})
