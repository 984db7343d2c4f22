import { expect, test } from 'vitest'
import { wordFor } from '../../src/decide/closing-role.ts'
import type { ClosingCauses, Role } from '../../src/domain/lane.ts'
import { units } from '../../src/domain/numbers.ts'
import type { SignalKey } from '../../src/domain/signal.ts'

const ENTRY = 'entry' as SignalKey
const EXIT = 'exit' as SignalKey
const left: ClosingCauses = {
  last: EXIT,
  exit: EXIT,
  isFlattened: false,
  late: units(0),
  overshoot: units(0),
  overshot: null,
}

test.each<[string, ClosingCauses, Role, SignalKey | null]>([
  ['the master left', left, 'exit', EXIT],
  ['an exit is owed while a newer entry has come', { ...left, last: ENTRY }, 'exit', EXIT],
  ['an entry filled after the master had left', { ...left, late: units(65) }, 'lateFill', EXIT],
  ['a part came late, the rest is the exit', { ...left, late: units(10) }, 'exit', EXIT],
  [
    'a first attempt turned up after its second',
    { ...left, last: ENTRY, exit: null, overshoot: units(65), overshot: ENTRY },
    'overshoot',
    ENTRY,
  ],
  [
    'the same after an earlier exit',
    { ...left, last: ENTRY, overshoot: units(65), overshot: ENTRY },
    'overshoot',
    ENTRY,
  ],
  ['the trader flattened it', { ...left, last: ENTRY, isFlattened: true }, 'flatten', ENTRY],
  [
    'what was adopted where nothing was copied',
    { ...left, last: null, exit: null },
    'flatten',
    null,
  ],
])('%s', (_, causes, role, signal) => {
  expect(wordFor(causes, units(65))).toEqual({ role, signal })
})
