// A promise that nobody waits for is an order whose outcome nobody hears. The linter must refuse it; this
// shows that the project's own configuration does, on code that is wrong on purpose.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { locateProgram } from '../../scripts/programs.ts'

function lint(file: string, code: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-lint-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const configuration = JSON.parse(readFileSync('biome.json', 'utf8'))
  delete configuration.$schema
  delete configuration.vcs // the folder is in no repository
  writeFileSync(join(folder, 'biome.json'), JSON.stringify(configuration))
  mkdirSync(join(folder, dirname(file)), { recursive: true })
  writeFileSync(join(folder, file), code)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [locateProgram('@biomejs/biome', 'biome'), 'lint', '.'],
    { cwd: folder, encoding: 'utf8' },
  )
  return { status, output: stdout + stderr }
}

const place = 'async function place(): Promise<string> {\n  return await fetchOrder()\n}\n'
const fetchOrder =
  'async function fetchOrder(): Promise<string> {\n  return await Promise.resolve("1")\n}\n'

describe('the linter', () => {
  it.each(['src/engine/lane.ts', 'tests/engine/lane.test.ts', 'scripts/bench/lane.ts'])(
    'refuses a promise that nobody waits for in %s',
    (file) => {
      const code = `${fetchOrder}${place}export function send(): void {\n  place()\n}\n`
      const { status, output } = lint(file, code)
      expect(output).toContain('noFloatingPromises')
      expect(status).toBe(1)
    },
  )

  it('refuses a promise where a yes or no is asked', () => {
    const code = `${fetchOrder}${place}export function isPlaced(): string {\n  if (place()) return "yes"\n  return "no"\n}\n`
    const { status, output } = lint('src/engine/lane.ts', code)
    expect(output).toContain('noMisusedPromises')
    expect(status).toBe(1)
  })

  it('accepts the same when it is awaited', () => {
    const code = `${fetchOrder}${place}export async function send(): Promise<void> {\n  await place()\n}\n`
    expect(lint('src/engine/lane.ts', code)).toMatchObject({ status: 0 })
  })

  it.each([
    ['any', 'export const price = (row: any): unknown => row\n', 'noExplicitAny'],
    ['a default export', 'export default 1\n', 'noDefaultExport'],
    [
      'process.env outside the configuration',
      'export const key = process.env.API_KEY\n',
      'noProcessEnv',
    ],
    ['an unused import', "import { join } from 'node:path'\n", 'noUnusedImports'],
    [
      'a switch that forgets a case',
      "export function sign(side: 'BUY' | 'SELL'): number {\n  switch (side) {\n    case 'BUY':\n      return 1\n  }\n  return 0\n}\n",
      'useExhaustiveSwitchCases',
    ],
  ])('refuses %s', (_, code, rule) => {
    const { status, output } = lint('src/engine/lane.ts', code)
    expect(output).toContain(rule)
    expect(status).toBe(1)
  })
})
