// Which signal a yes or a no is meant for: only one that asks can be answered.

import type { AccountName } from '../domain/ids.ts'
import type { OpenQuestion, SteeringDesk } from '../ports.ts'
import { exitCodes, Refusal } from './program.ts'
import type { Site } from './reach.ts'
import { findSignal } from './why.ts'
import { quantityText } from './words.ts'

/** What a no to an exit means, beside its confirmation. */
export const keptText = (
  { effect }: Pick<OpenQuestion['signal'], 'effect'>,
  followers: readonly AccountName[],
): string =>
  effect === 'entry'
    ? ''
    : ` What it would have closed is kept: no exit closes it any more. To close it: ${followers.map((name) => `lockstep flatten ${name}`).join(', ')}.`

export function findQuestion(site: Site<SteeringDesk>, word: string): OpenQuestion {
  const { id, side, quantity, symbol } = findSignal(site, word)
  const question = site.ledger.undecided().find(({ signal }) => signal.id === id)
  if (question !== undefined) return question
  throw new Refusal(
    `#${id} ${side} ${quantityText(quantity)} ${symbol} asks nothing (any more): lockstep why ${id}`,
    exitCodes.failed,
  )
}
