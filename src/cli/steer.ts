// What all steering has in common: the trader's word is written down as a fact, and the engine, where one
// runs, obeys within a second. A command waits to see that, and says plainly when it did not.
import type { Command } from '../domain/steering.ts'
import { SECOND } from '../domain/time.ts'
import type { SteeringDesk } from '../ports.ts'
import { type ExitCode, exitCodes } from './program.ts'
import { describeSite, type Reach, type Site } from './reach.ts'

/**
 * What an answer may take. `soon`: it is obeyed at once. `reading`: it needs a page of a follower's book, which
 * is read every three seconds while something is in doubt. `goesOn`: obeyed at once, and not through by that.
 */
export type Pace = 'soon' | 'reading' | 'goesOn'
const WAIT_MS: Readonly<Record<Pace, number>> = {
  soon: 2 * SECOND,
  reading: 10 * SECOND,
  goesOn: 2 * SECOND,
}
const LOOK_EVERY_MS = 50

interface Told {
  readonly text: string
  readonly exitCode: ExitCode
}

/** What became of a word: `waits`: no engine runs. `working`: the engine is at something that takes long. */
export interface Obeyed {
  readonly kind: 'acted' | 'refused' | 'working' | 'waits' | 'notActed'
  /** For people, with what the engine itself said. */
  readonly text: string
}

/** Records the command and waits until it was acted on. Not being through is a failure of what is soon only. */
export async function giveWord(
  reach: Pick<Reach, 'clock'>,
  { ledger, engine }: Pick<Site<SteeringDesk>, 'ledger' | 'engine'>,
  command: Command,
  { by, pace }: { readonly by: 'command' | 'page'; readonly pace: Pace },
): Promise<Obeyed> {
  const number = ledger.steer(command, by, reach.clock.now())
  if (engine === null) return { kind: 'waits', text: 'Recorded; obeyed when the engine starts.' }
  if (await isObeyed(reach, ledger, number, WAIT_MS[pace])) {
    const answer = ledger.answerTo(number)
    if (answer?.kind === 'refused') return { kind: 'refused', text: `REFUSED: ${answer.text}.` }
    const said = answer === null ? 'The engine has acted on it' : `The engine: ${answer.text}`
    return { kind: 'acted', text: `${said}.` }
  }
  if (pace !== 'soon') {
    const text = 'Recorded; the engine is at it: lockstep status shows how far.'
    return { kind: 'working', text }
  }
  const text = `RECORDED, BUT THE ENGINE HAS NOT ACTED ON IT within ${WAIT_MS.soon / SECOND} s: look at lockstep status.`
  return { kind: 'notActed', text }
}

export async function tellEngine(
  reach: Reach,
  site: Site<SteeringDesk>,
  command: Command,
  done: string,
  pace: Pace = 'soon',
): Promise<Told> {
  const { kind, text } = await giveWord(reach, site, command, { by: 'command', pace })
  const hasFailed = kind === 'notActed' || kind === 'refused'
  return {
    text: `${describeSite(site)}\n${done}\n${text}\n`,
    exitCode: hasFailed ? exitCodes.failed : exitCodes.done,
  }
}

async function isObeyed(
  { clock }: Pick<Reach, 'clock'>,
  ledger: SteeringDesk,
  command: number,
  waitMs: number,
): Promise<boolean> {
  const until = clock.monotonicMs() + waitMs
  for (;;) {
    if (!ledger.openSteering().some(({ number }) => number === command)) return true
    if (clock.monotonicMs() >= until) return false
    await clock.sleep(LOOK_EVERY_MS)
  }
}
