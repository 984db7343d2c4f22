// The sync beside the work: it touches the file that it is to sync and no other, lets go of it at the end,
// and tells a failure rather than throwing where nobody expects it.
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createSync } from '../../src/ledger/sync.ts'

let path: string
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-sync-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  path = join(folder, 'some.db-wal')
})

/** Linux tells which files a process holds open; elsewhere there is nothing to look at. */
const isHeld = (): boolean => {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/fd').some((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === path
    } catch {
      return false // closed since it was listed
    }
  })
}

test('asked however often, it ends, changes nothing and lets go', () => {
  appendFileSync(path, 'committed')
  const sync = createSync(path)
  for (let times = 0; times < 5; times++) sync.soon()
  expect(isHeld()).toBe(process.platform === 'linux')
  sync.close()
  expect(isHeld()).toBe(false)
  expect(sync.failure()).toBeNull()
  expect(readFileSync(path, 'utf8')).toBe('committed')
})

test('without a file there is nothing to sync yet', () => {
  const sync = createSync(path)
  sync.soon()
  sync.close()
  expect(sync.failure()).toBeNull()
})

test('what cannot be opened is told as a failure', () => {
  const sync = createSync(tmpdir())
  sync.soon()
  expect(sync.failure()).toMatchObject({ code: 'EISDIR' })
  sync.close()
})
