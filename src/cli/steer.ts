// What all steering has in common: the trader's word is written down as a fact, and the engine, where one
// runs, obeys within a second. A command waits to see that, and says plainly when it did not.
import type { Command } from '../domain/steering.ts'
import { SECOND } from '../domain/time.ts'
import type { SteeringDesk } from '../ports.ts'
import { type ExitCode, exitCodes } from './program.ts'
import { describeSite, type Reach, type Site } from './reach.ts'

const WAIT_MS = 2 * SECOND
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

/**
 * Records the command and waits until it was acted on. `takesLong` is for what goes on after that, such as
 * orders that must fill: not being through with it is no failure then.
 */
export async function giveWord(
  reach: Pick<Reach, 'clock'>,
  { ledger, engine }: Pick<Site<SteeringDesk>, 'ledger' | 'engine'>,
  command: Command,
  { by, takesLong }: { readonly by: 'command' | 'page'; readonly takesLong: boolean },
): Promise<Obeyed> {
  const number = ledger.steer(command, by, reach.clock.now())
  if (engine === null) return { kind: 'waits', text: 'Recorded; obeyed when the engine starts.' }
  if (await isObeyed(reach, ledger, number)) {
    const answer = ledger.answerTo(number)
    if (answer?.kind === 'refused') return { kind: 'refused', text: `REFUSED: ${answer.text}.` }
    const said = answer === null ? 'The engine has acted on it' : `The engine: ${answer.text}`
    return { kind: 'acted', text: `${said}.` }
  }
  if (takesLong) {
    const text = 'Recorded; the engine is at it: lockstep status shows how far.'
    return { kind: 'working', text }
  }
  const text = `RECORDED, BUT THE ENGINE HAS NOT ACTED ON IT within ${WAIT_MS / SECOND} s: look at lockstep status.`
  return { kind: 'notActed', text }
}

export async function tellEngine(
  reach: Reach,
  site: Site<SteeringDesk>,
  command: Command,
  done: string,
  takesLong = false,
): Promise<Told> {
  const { kind, text } = await giveWord(reach, site, command, { by: 'command', takesLong })
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
): Promise<boolean> {
  const until = clock.monotonicMs() + WAIT_MS
  for (;;) {
    if (!ledger.openSteering().some(({ number }) => number === command)) return true
    if (clock.monotonicMs() >= until) return false
    await clock.sleep(LOOK_EVERY_MS)
  }
}
