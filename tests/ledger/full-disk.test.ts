// A full disk: entries are refused, exits and fills go on from the reserve, nothing that was told is
// lost. On a really small file system; where nobody may mount one, under a real limit of file sizes,
// which no reserve can help but which must lose nothing either.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const filler = join(import.meta.dirname, 'filler.ts')

// A mount of its own name space is gone with the process, whatever happens.
const SMALL_DISK = 'mount -t tmpfs -o size=5m tmpfs "$1" && exec "$2" "$3" "$1"'
const SMALL_FILES = 'ulimit -f 3072 && exec "$2" "$3" "$1"'

const NOTHING_LOST = { told: true, lost: [], faults: [], heldBefore: '0' }

test('a full disk stops entries, finishes fills from the reserve, and loses nothing', {
  timeout: 60_000,
}, async () => {
  const result =
    (await fillUnder(['unshare', '-m', 'sh', '-c', SMALL_DISK])) ??
    (await fillUnder(['unshare', '-r', '-m', 'sh', '-c', SMALL_DISK]))
  if (result === null) {
    console.warn(
      'no small file system could be mounted here: shown under a limit of file sizes only',
    )
    return expect(await fillUnder(['sh', '-c', SMALL_FILES])).toMatchObject(UNDER_A_FILE_LIMIT)
  }
  expect(result).toEqual({
    ...NOTHING_LOST,
    entries: 'diskFull',
    fills: 'done',
    fillsOnReserve: 'done',
    skips: 'done',
    entriesOnReserve: 'diskFull',
    pulseOnReserve: false,
    reserveTooEarly: false,
    reserveAgain: 'held',
    pulseAgain: true,
    entriesAgain: 'done',
    reserveOnFullStart: 'released',
    fillsOnFullStart: 'done',
    entriesOnFullStart: 'diskFull',
  })
})

const UNDER_A_FILE_LIMIT = { ...NOTHING_LOST, entries: 'diskFull' }

test('a limit of file sizes refuses with the same word and loses nothing', {
  timeout: 60_000,
}, async () => {
  expect(await fillUnder(['sh', '-c', SMALL_FILES])).toMatchObject(UNDER_A_FILE_LIMIT)
})

/** What the filler says, or null where the shell may not do that here. */
async function fillUnder(shell: readonly string[]): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-full-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [program = 'sh', ...words] = [...shell, 'sh', folder, process.execPath, filler]
  try {
    return JSON.parse((await run(program, words)).stdout)
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr)
    if (/unshare|mount|ENOENT/.test(`${said} ${(error as { code?: unknown }).code}`)) return null
    throw error
  }
}
