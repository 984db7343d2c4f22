// What the trader says in another program counts from the engine's next moment on, and is looked for once in each.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDesk, openLedger } from '../../src/ledger/open.ts'
import { AT, DAY, follower, seededChance, still } from './scene.ts'

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-words-'))
  const path = join(folder, 'lockstep.db')
  const chance = seededChance(1)
  const ledger = openLedger({ path, mode: 'live', clock: still, chance, command: 'test' })
  const desk = openDesk({ path, mode: 'live' })
  onTestFinished(() => {
    desk.close()
    ledger.close()
    rmSync(folder, { recursive: true })
  })
  return { ledger, desk }
}

test('a word of another program is heard at the next question', () => {
  const { ledger, desk } = open()
  expect(ledger.steering().halted).toBe(false)
  desk.steer({ kind: 'halt' }, 'command', AT)
  expect(ledger.steering().halted).toBe(true)
  desk.steer({ kind: 'resume', follower: null }, 'command', AT)
  expect(ledger.steering().halted).toBe(false)
})

test('what is asked at one moment is answered as of that moment, and not a word later', () => {
  const { ledger, desk } = open()
  const answers = ledger.atOneMoment(() => {
    const before = ledger.steering().halted
    desk.steer({ kind: 'halt' }, 'command', AT)
    ledger.followerDay(follower(1), DAY)
    return [before, ledger.steering().halted]
  })
  expect(answers).toEqual([false, false])
  expect(ledger.steering().halted).toBe(true)
})

test('a word of its own is heard at once, also by who asks at one moment', () => {
  const { ledger } = open()
  const answers = ledger.atOneMoment(() => {
    const before = ledger.steering().halted
    ledger.steer({ kind: 'halt' }, 'command', AT)
    return [before, ledger.steering().halted]
  })
  expect(answers).toEqual([false, true])
})
