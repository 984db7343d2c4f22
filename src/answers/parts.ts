// What the answers to the page are made of, handed in by `main`: the same reach that the commands have, the
// same parts of the account commands, and whether any of it is real.
import type { AccountsParts } from '../cli/accounts-parts.ts'
import type { Reach } from '../cli/reach.ts'
import type { Mode } from '../domain/lane.ts'

export interface AnswerParts {
  readonly reach: Reach
  readonly accounts: AccountsParts
  /** What --config named. */
  readonly configFile: string | null
  /** Nothing is real: the broker is simulated. */
  readonly isDemo: boolean
  readonly ledgerPath: (dataDir: string, mode: Mode) => string
}
