// A signal as it stands when its question is answered. Meanwhile the master has gone on: of an entry there is
// perhaps less to copy, or nothing; and what an exit leaves is what the master holds by now, not what it held then.
// The rest is decided as if the signal had come like this. Never is more copied than the master still has.
import type { AskedNow } from '../domain/question.ts'
import type { Reason } from '../domain/reason.ts'
import type { Signal } from '../domain/signal.ts'

/** null: nothing is left that a yes could be about. */
export function asItStands(signal: Signal, now: AskedNow): Signal | null {
  if (now.left === 0n) return null
  return { ...signal, quantity: now.left, masterAfter: now.masterAfter }
}

export const nothingLeftOf = ({
  effect,
  quantity,
}: Pick<Signal, 'effect' | 'quantity'>): Reason => ({
  kind: effect === 'entry' ? 'leftBeforeYes' : 'leftUncopied',
  quantity,
})
