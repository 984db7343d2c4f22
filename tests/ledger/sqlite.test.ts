// The ledger's contract on the real thing: a file on disk.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Mode } from '../../src/domain/lane.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Ledger } from '../../src/ports.ts'
import { exerciseLedger } from './contract.ts'
import { seededChance, still } from './scene.ts'

let folder: string
let files = 0
let open: Ledger[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-ledger-'))
})
afterEach(() => {
  for (const ledger of open) ledger.close()
  open = []
})
afterAll(() => rmSync(folder, { recursive: true }))

exerciseLedger('sqlite', () => {
  const path = join(folder, `${++files}.db`)
  const openAs = (mode: Mode): Ledger => {
    const ledger = openLedger({
      path,
      mode,
      clock: still,
      chance: seededChance(1),
      command: 'test',
      reserveBytes: 4096,
    })
    open.push(ledger)
    return ledger
  }
  return {
    open: openAs,
    reopen(ledger) {
      ledger.close()
      return openAs(ledger.mode)
    },
  }
})
