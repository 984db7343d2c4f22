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

/**
 * Records the command and waits until it was acted on. `takesLong` is for what goes on after that, such as
 * orders that must fill: not being through with it is no failure then.
 */
export async function tellEngine(
  reach: Reach,
  site: Site<SteeringDesk>,
  command: Command,
  done: string,
  takesLong = false,
): Promise<Told> {
  const number = site.ledger.steer(command, 'command', reach.clock.now())
  const head = `${describeSite(site)}\n${done}\n`
  if (site.engine === null)
    return { text: `${head}Recorded; obeyed when the engine starts.\n`, exitCode: exitCodes.done }
  if (await isObeyed(reach, site.ledger, number)) {
    const answer = site.ledger.answerTo(number)
    if (answer?.kind === 'refused')
      return { text: `${head}REFUSED: ${answer.text}.\n`, exitCode: exitCodes.failed }
    const said = answer === null ? 'The engine has acted on it' : `The engine: ${answer.text}`
    return { text: `${head}${said}.\n`, exitCode: exitCodes.done }
  }
  if (takesLong) {
    const text = `${head}Recorded; the engine is at it: lockstep status shows how far.\n`
    return { text, exitCode: exitCodes.done }
  }
  return {
    text: `${head}RECORDED, BUT THE ENGINE HAS NOT ACTED ON IT within ${WAIT_MS / SECOND} s: look at lockstep status.\n`,
    exitCode: exitCodes.failed,
  }
}

async function isObeyed({ clock }: Reach, ledger: SteeringDesk, command: number): Promise<boolean> {
  const until = clock.monotonicMs() + WAIT_MS
  for (;;) {
    if (!ledger.openSteering().some(({ number }) => number === command)) return true
    if (clock.monotonicMs() >= until) return false
    await clock.sleep(LOOK_EVERY_MS)
  }
}
