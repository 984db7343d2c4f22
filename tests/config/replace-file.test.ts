// Files that hold keys are replaced as a whole or not at all.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { replaceFile } from '../../src/config/replace-file.ts'

const MODULE = new URL('../../src/config/replace-file.ts', import.meta.url).href

function folderWith(text: string): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-replace-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'lockstep.vault')
  writeFileSync(path, text)
  return { folder, path }
}

test('the new text stands there whole, and nothing else is left', () => {
  const { folder, path } = folderWith('old')
  replaceFile(path, 'x'.repeat(100_000), 0o600)
  expect(readFileSync(path, 'utf8')).toBe('x'.repeat(100_000))
  expect(readdirSync(folder)).toEqual(['lockstep.vault'])
})

test('where there is room for a part of it only, the old text stays', () => {
  const { folder, path } = folderWith('old')
  const replace = `import(${JSON.stringify(MODULE)}).then(({ replaceFile }) =>
    replaceFile(${JSON.stringify(path)}, 'x'.repeat(100_000), 0o600))`
  // A file may grow to some hundred bytes there, as on a disk that is nearly full.
  const shell = 'ulimit -f 1; exec "$0" -e "$1"'
  const { status, stderr } = spawnSync('sh', ['-c', shell, process.execPath, replace])
  expect(readFileSync(path, 'utf8')).toBe('old')
  expect(status).toBe(1)
  expect(String(stderr)).toContain('EFBIG')
  expect(readdirSync(folder)).toEqual(['lockstep.vault'])
})
