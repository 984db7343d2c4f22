// Asks the person at the terminal about each signal that waits for a yes: yes, no, or one follower's name.
// The answer is written down like that of any other command, and the running engine obeys it; nothing is
// decided here. Whoever answers first is heard: `lockstep approve` beside it, the page, or the clock.
import type { AccountName, SignalId } from '../domain/ids.ts'
import type { Pulse } from '../domain/pulse.ts'
import type { Command } from '../domain/steering.ts'
import { SECOND } from '../domain/time.ts'
import type { Clock, OpenQuestion, SteeringDesk } from '../ports.ts'
import type { Report } from '../report/report.ts'
import type { Person } from './ask.ts'
import { askedPriceText, askedText, priceSince } from './words.ts'

export interface SignalAskingParts {
  readonly clock: Clock
  readonly ledger: Pick<SteeringDesk, 'undecided' | 'steer' | 'pulse'>
  readonly person: Person
  readonly report: Pick<Report, 'say' | 'hold'>
}

const LOOK_EVERY_MS = 250
/** An entry runs out by itself by then; an exit goes on waiting, and the terminal is needed for others. */
const ASK_FOR_MS = 30 * SECOND
/** Nobody has answered an exit: it is asked again, for what is held stays open until then. */
const ASK_AGAIN_AFTER_MS = 60 * SECOND

/** Until the signal aborts. One question at a time: while it stands, other lines wait. */
export async function askSignals(parts: SignalAskingParts, signal: AbortSignal): Promise<void> {
  const { clock, ledger } = parts
  const askedUntil = new Map<SignalId, number>()
  const isDue = ({ signal: { id } }: OpenQuestion): boolean => {
    const last = askedUntil.get(id)
    return last === undefined || clock.monotonicMs() - last >= ASK_AGAIN_AFTER_MS
  }
  while (!signal.aborted) {
    const open = ledger.undecided()
    const question = open.find(({ signal }) => !askedUntil.has(signal.id)) ?? open.find(isDue)
    if (question === undefined) {
      await clock.sleep(LOOK_EVERY_MS, signal)
      continue
    }
    await ask(parts, question, signal)
    askedUntil.set(question.signal.id, clock.monotonicMs())
  }
}

async function ask(
  parts: SignalAskingParts,
  question: OpenQuestion,
  signal: AbortSignal,
): Promise<void> {
  const { clock, ledger, report } = parts
  const { id } = question.signal
  const release = report.hold()
  const until = clock.monotonicMs() + ASK_FOR_MS
  const asNow = () => ledger.undecided().find((each) => each.signal.id === id)
  try {
    let asked: OpenQuestion | undefined = question
    while (asked !== undefined && !signal.aborted && clock.monotonicMs() < until) {
      const { prices } = ledger.pulse()
      const shown = changing(asked, prices)
      const stands = () => {
        const now = asNow()
        const isAsShown = now !== undefined && changing(now, ledger.pulse().prices) === shown
        return isAsShown && clock.monotonicMs() < until
      }
      const command = await listenWhile(parts, stands, { question: asked, prices }, signal)
      asked = asNow()
      if (command === null) continue
      if (asked === undefined) report.say(`#${id} was answered elsewhere, or ran out`, 'warning')
      else ledger.steer(command, 'terminal', clock.now())
      return
    }
  } finally {
    release()
  }
}

/** null: nobody answered while it stood as it was shown. What has changed meanwhile is asked anew. */
async function listenWhile(
  { clock, person }: SignalAskingParts,
  stands: () => boolean,
  shown: Shown,
  signal: AbortSignal,
): Promise<Command | null> {
  const over = new AbortController()
  const watching = watch(clock, stands, over)
  try {
    return await listen(person, shown, AbortSignal.any([signal, over.signal]))
  } finally {
    over.abort()
    await watching
  }
}

/** Ends the asking once it is not what it was any more. */
async function watch(clock: Clock, stands: () => boolean, over: AbortController): Promise<void> {
  while (!over.signal.aborted && stands()) await clock.sleep(LOOK_EVERY_MS, over.signal)
  over.abort()
}

/** null: nobody answered. What can't be understood is asked again: it is neither a yes nor a no. */
async function listen(person: Person, shown: Shown, signal: AbortSignal): Promise<Command | null> {
  const { question } = shown
  let text = questionText(shown)
  for (;;) {
    const answer = await person.askUntil(text, signal)
    if (answer === null) return null
    const command = readAnswer(answer, question)
    if (command !== null) return command
    text = `please: ${allowed(question)}? `
  }
}

interface Shown {
  readonly question: OpenQuestion
  readonly prices: Pulse['prices']
}

function questionText({ question, prices }: Shown): string {
  const { id, side, symbol, product } = question.signal
  const at = askedPriceText(question.signal, prices)
  return `COPY #${id} ${side} ${askedText(question)} ${symbol} ${product}${at}?  ${allowed(question)}: `
}

/** What is worth asking anew for: another quantity, or the first price. The price goes on moving all the time. */
function changing(question: OpenQuestion, prices: Pulse['prices']): string {
  const { instrument, seenAt } = question.signal
  const hasPrice = priceSince(prices.get(instrument), seenAt) !== null
  return `${askedText(question)} ${hasPrice ? 'priced' : ''}`
}

const allowed = ({ followers }: OpenQuestion): string =>
  followers.length === 1 ? 'y or n' : `y, n, or one of ${followers.join(', ')}`

export function readAnswer(
  answer: string,
  {
    signal,
    followers,
  }: { readonly signal: { readonly id: SignalId } } & Pick<OpenQuestion, 'followers'>,
): Command | null {
  const word = answer.trim().toLowerCase()
  const approve = (names: readonly AccountName[] | null): Command => ({
    kind: 'approve',
    signal: signal.id,
    followers: names,
  })
  if (word === 'y' || word === 'yes') return approve(null)
  if (word === 'n' || word === 'no') return { kind: 'reject', signal: signal.id }
  const named = followers.find((name) => name.toLowerCase() === word)
  return named === undefined ? null : approve([named])
}
