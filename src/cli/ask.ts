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
  /** The same until the signal aborts; null then, and where nothing can be typed any more. */
  askUntil(question: string, signal: AbortSignal): Promise<string | null>
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
    askUntil: (question, signal) => askUntil(input, output, question, signal),
    askSecret: (question) => ask(question, true),
    async readInput() {
      let text = ''
      for await (const piece of input.setEncoding('utf8')) text += piece
      return text
    },
  }
}

/** What was typed before the question stood there arrives within this, and answers nothing. */
const TYPED_AHEAD_MS = 100

/**
 * The terminal itself echoes and edits the line, so that Ctrl-C goes on meaning what it means while the
 * program runs.
 */
function askUntil(
  input: TerminalInput,
  output: TerminalOutput,
  question: string,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const line = createInterface({ input, terminal: false })
    let isAsked = false
    let answer: string | null = null
    const asking = setTimeout(() => {
      isAsked = true
      output.write(question)
    }, TYPED_AHEAD_MS)
    const stop = () => line.close()
    line.on('line', (text) => {
      if (!isAsked) return
      answer = text.trim()
      line.close()
    })
    line.once('close', () => {
      clearTimeout(asking)
      signal.removeEventListener('abort', stop)
      if (isAsked && answer === null) output.write('\n')
      resolve(answer)
    })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
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
