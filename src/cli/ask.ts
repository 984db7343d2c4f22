// Asking the person at the terminal. Where nobody sits (a pipe, a service) nothing is asked: the command
// says what it would have needed, and does nothing. What is secret is never shown while it is typed.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { exitCodes, Refusal } from './program.ts'

export interface Person {
  /** Whether somebody can read the question and type the answer. */
  readonly isThere: boolean
  ask(question: string): Promise<string>
  /** Without showing what is typed. */
  askSecret(question: string): Promise<string>
  /** All that is piped in. */
  readInput(): Promise<string>
}

interface TerminalInput extends Readable {
  readonly isTTY?: boolean
}
interface TerminalOutput extends Writable {
  readonly isTTY?: boolean
}

export function createPerson(input: TerminalInput, output: TerminalOutput): Person {
  const ask = (question: string, isSecret: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      // Before the question is shown: from here on the terminal itself echoes nothing.
      const line = createInterface({
        input,
        output: isSecret ? NOWHERE : output,
        terminal: input.isTTY === true,
        historySize: 0,
        prompt: question,
      })
      if (isSecret) output.write(question)
      else line.prompt()
      let answer: string | null = null
      line.once('line', (text) => {
        answer = text.trim()
        line.close()
      })
      line.once('SIGINT', () => line.close())
      line.once('close', () => {
        if (isSecret || answer === null) output.write('\n')
        if (answer !== null) resolve(answer)
        else reject(new Refusal('stopped; nothing was changed', exitCodes.failed))
      })
    })

  return {
    isThere: input.isTTY === true && output.isTTY === true,
    ask: (question) => ask(question, false),
    askSecret: (question) => ask(question, true),
    async readInput() {
      let text = ''
      for await (const piece of input.setEncoding('utf8')) text += piece
      return text
    },
  }
}

const NOWHERE = new Writable({ write: (_chunk, _encoding, done) => done() })

/** A yes, given now or before by `--yes`. Refuses where nobody can be asked. */
export async function confirm(
  person: Person,
  isGiven: boolean,
  question: string,
): Promise<boolean> {
  if (isGiven) return true
  requirePerson(person)
  return /^(y|yes)$/i.test(await person.ask(`${question} [y/N] `))
}

/** For what can't be taken back: the word itself has to be typed. */
export async function confirmTyped(
  person: Person,
  isGiven: boolean,
  question: string,
  word: string,
): Promise<boolean> {
  if (isGiven) return true
  requirePerson(person)
  return (await person.ask(`${question} Type ${word} to go on: `)) === word
}

function requirePerson(person: Person): void {
  if (!person.isThere)
    throw new Refusal('nobody can be asked here (no terminal); --yes answers beforehand')
}
