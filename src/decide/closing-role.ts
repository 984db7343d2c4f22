// Why a closing order is placed, in a word that is true whenever it is placed: also when an exit is tried again,
// when a newer entry has come since, and when the trader has flattened the lane. A word changes nothing that
// is traded; it is what `why` tells.
import type { ClosingCauses, Role } from '../domain/lane.ts'
import type { Quantity } from '../domain/numbers.ts'
import type { SignalKey } from '../domain/signal.ts'

export interface ClosingWord {
  readonly role: Exclude<Role, 'entry'>
  readonly signal: SignalKey | null
}

export function wordFor(causes: ClosingCauses, quantity: Quantity): ClosingWord {
  const { last, exit, late, overshoot, overshot } = causes
  if (causes.isFlattened || last === null) return { role: 'flatten', signal: last }
  if (overshot !== null && quantity <= overshoot) return { role: 'overshoot', signal: overshot }
  if (exit === null) return { role: 'overshoot', signal: last }
  // What is more than came late is, in part at least, the exit itself.
  return { role: quantity <= late ? 'lateFill' : 'exit', signal: exit }
}
