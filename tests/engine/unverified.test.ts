// Each morning an account is asked for its name. That takes a moment, and is told only where it lasts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import type { SessionState } from '../../src/domain/pulse.ts'
import { after, instant, SECOND } from '../../src/domain/time.ts'
import { createPulse } from '../../src/engine/pulse.ts'
import { openLedger } from '../../src/ledger/open.ts'
import { seededChance } from '../ledger/scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-unverified-'))
const account = accountName('FOLLOWER_1')
const why = 'not verified today: its profile was not read yet'
const unverified = { kind: 'unverified', why, remedy: 'it is asked again' } as const
let now = instant(Date.parse('2026-12-01T08:45:00+05:30'))
let session: SessionState = unverified
const clock = { now: () => now, monotonicMs: () => now, sleep: async () => undefined }
const chance = seededChance(1)
const path = join(folder, 'lockstep.db')
const ledger = openLedger({ path, mode: 'live', clock, chance, command: 'test', reserveBytes: 0 })
afterAll(() => {
  ledger.close()
  rmSync(folder, { recursive: true })
})

test('not verified is told once it lasts, each time anew, and how it mends itself', () => {
  const alarms: string[] = []
  const reader = { funds: () => Promise.reject(new Error('nobody asked')) }
  const pulse = createPulse(
    {
      clock,
      ledger,
      tell: (event) => {
        if (event.kind === 'alarm') alarms.push(event.text)
      },
    },
    [{ account, reader, stream: null, session: () => session }],
  )
  const goOn = (seconds: number): void => {
    now = after(now, seconds * SECOND)
    pulse.turn()
  }
  goOn(0)
  goOn(29)
  session = { kind: 'closed', why: 'sessions end at midnight' }
  goOn(1)
  session = unverified
  goOn(0)
  goOn(29)
  expect(alarms).toEqual([])
  goOn(1)
  goOn(60)
  const told = `${why}, and nothing is sent for it until it is: it is asked again`
  expect(alarms).toEqual([told])
  expect(ledger.pulse().accounts[0]?.session).toEqual(unverified)
})
