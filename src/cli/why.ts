// `lockstep why`: the whole story of one signal, step by step with its times: what the master did, what
// each follower decided and by which numbers, every order that came of it, every answer, every fill.
import { assertNever } from '../domain/assert.ts'
import type { AttemptEvent } from '../domain/attempt.ts'
import type { Decision } from '../domain/decision.ts'
import { type SignalId, signalId } from '../domain/ids.ts'
import { formatDecimal } from '../domain/numbers.ts'
import type { OrderReport } from '../domain/order.ts'
import type { Outcome } from '../domain/outcome.ts'
import { formatFactor, formatRatio, type Ratio } from '../domain/ratio.ts'
import { describeReason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { formatInstant, type Instant, instant } from '../domain/time.ts'
import type { LedgerView, Why } from '../ports.ts'
import { leftAtYes } from '../report/copy.ts'
import { cleanText } from '../report/free-text.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import {
  addReachOptions,
  findFollowerOrAll,
  fullName,
  look,
  modeText,
  type Reach,
  type ReachOptions,
  type Site,
} from './reach.ts'
import { clockText, priceText, pricingText, quantityText } from './words.ts'

interface WhyOptions extends ReachOptions {
  readonly json?: true
}

export function addWhy(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('why'))
      .description('the whole story of one signal: why each follower got what it got')
      .argument('<signal>', 'its number, as in SIGNAL #12')
      .argument('[follower]', 'only this one')
      .option('--json', 'the same for programs')
      .addHelpText('after', '\nExample: lockstep why 12 FOLLOWER_2')
      .action(async (word: string, name: string | undefined, options: WhyOptions) => {
        const text = await look(reach, options, (site) => {
          const signal = findSignal(site, word)
          const stories = site.ledger.why(signal.id, findFollowerOrAll(site, name))
          return options.json
            ? `${JSON.stringify({ mode: site.mode, signal, stories }, exactly)}\n`
            : [...describeSignal(signal, site), ...stories.flatMap((why) => describe(why, site))]
                .map((line) => `${line}\n`)
                .join('')
        })
        terminal.write(text)
        end(exitCodes.done)
      })
  }
}

/** `12` or `#12`; refuses what is no signal of this ledger. */
export function findSignal(site: Site<LedgerView>, word: string): RecordedSignal {
  const number = Number(/^#?(\d{1,9})$/.exec(word)?.[1] ?? 0)
  const signal = number === 0 ? null : site.ledger.signal(signalId(number) as SignalId)
  if (signal !== null) return signal
  const what = number === 0 ? `"${word}" is no number of a signal` : `there is no signal #${number}`
  throw new Refusal(`${what} in the ${site.mode} ledger; the log and the record name them as #12`)
}

function describeSignal(signal: RecordedSignal, site: Site<LedgerView>): readonly string[] {
  const { id, side, quantity, symbol, product, effect, price, orderId, day } = signal
  const at = price === null ? '' : ` @${priceText(price)}`
  return [
    `${modeText(site.mode)}  SIGNAL #${id} ${side} ${quantityText(quantity)} ${symbol} ${product}${at}  ${effect}, ${day}`,
    `${clockText(signal.filledAt)}  filled at the master, order ${orderId}, ${pricingText(signal.pricing)}`,
    `${clockText(signal.seenAt)}  seen in the ${SOURCES[signal.source]}; the master's position ${quantityText(signal.masterBefore)} -> ${quantityText(signal.masterAfter)}`,
  ]
}

const SOURCES: Readonly<Record<OrderReport['source'], string>> = {
  book: 'order book',
  stream: 'order stream',
  details: "order's details",
}

/** One step of a story; null: it has no moment of its own. */
export interface Step {
  readonly at: Instant | null
  readonly text: string
}

/** What one follower did about one signal and what came of it, oldest first within each order. */
export function storyOf(why: Why): readonly Step[] {
  const decided: Step =
    why.decision === null || why.decidedAt === null
      ? { at: null, text: 'ASKED: not decided yet' }
      : { at: why.decidedAt, text: describeDecision(why.decision, why.signal) }
  const orders = why.intents.flatMap(({ intent, denied, attempts }): Step[] => {
    const slice = intent.slices > 1 ? `, slice ${intent.slice} of ${intent.slices}` : ''
    const what = `${intent.role}, ${intent.side} ${quantityText(intent.quantity)} ${pricingText(intent.pricing)}${slice}`
    return [
      { at: null, text: `order ${intent.id}: ${what}` },
      ...(denied === null ? [] : [{ at: null, text: `DENIED ${describeReason(denied)}` }]),
      ...(denied === null && attempts.length === 0 ? [{ at: null, text: 'never sent' }] : []),
      ...attempts.flatMap(({ attempt, number, history }): Step[] => [
        {
          at: attempt.at,
          text: `sent${number > 1 ? `, attempt ${number}` : ''}: ${quantityText(attempt.quantity)}, tag ${attempt.tag.slice(0, 7)}…${attempt.tag.slice(-4)}`,
        },
        ...history.map(({ at, event }) => ({ at, text: describeEvent(event) })),
      ]),
    ]
  })
  const closedNothing = why.decision?.kind === 'exit' && orders.length === 0
  const rest = { at: null, text: 'no closing order: what is still owed is in lockstep status' }
  return [decided, ...orders, ...(closedNothing ? [rest] : [])]
}

const describe = (why: Why, site: Site<LedgerView>): readonly string[] => [
  '',
  fullName(site, why.follower),
  ...storyOf(why).map(
    ({ at, text }) => `  ${at === null ? ''.padEnd(12) : clockText(at)}  ${text}`,
  ),
]

function describeDecision(decision: Decision, signal: RecordedSignal): string {
  switch (decision.kind) {
    case 'entry': {
      const left = leftAtYes(signal, decision)
      const late =
        left === null
          ? ''
          : `, of the ${quantityText(left)} that the master still had when your yes came`
      return `COPY ${quantityText(decision.quantity)}${late}`
    }
    case 'exit': {
      const { copiedBefore, copiedAfter, entitlement } = decision
      return `EXIT the master's copied ${quantityText(copiedBefore)} -> ${quantityText(copiedAfter)}, entitled to ${formatRatio(entitlement)} from here on`
    }
    case 'skip':
      return `SKIP ${describeReason(decision.reason)}`
    default:
      return assertNever(decision)
  }
}

function describeEvent(event: AttemptEvent): string {
  switch (event.kind) {
    case 'answered':
      return describeOutcome(event.outcome)
    case 'reported':
      return describeReport(event.report)
    case 'absenceProven':
      return `proven absent: ${cleanText(event.evidence)}`
    case 'dayEnded':
      return `ended with its day: ${cleanText(event.evidence)}`
    default:
      return assertNever(event)
  }
}

function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return `accepted as order ${outcome.orderId}`
    case 'rejected':
      return `REJECTED (${outcome.cause}): ${cleanText(outcome.text || outcome.evidence)}`
    case 'unknown':
      return `UNKNOWN: ${cleanText(outcome.evidence)}`
    case 'notSent':
      return `not sent (${outcome.cause}): ${cleanText(outcome.evidence)}`
    default:
      return assertNever(outcome)
  }
}

function describeReport({ status, filled, quantity, averagePrice, source, text }: OrderReport) {
  const price = averagePrice === null ? '' : ` @${priceText(averagePrice)}`
  const words = text === '' ? '' : `: ${cleanText(text)}`
  return `${status}, filled ${quantityText(filled)} of ${quantityText(quantity)}${price} (${source})${words}`
}

/** Amounts as exact text, instants as IST; ids and counts stay numbers. */
function exactly(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return formatDecimal(value)
  if (typeof value === 'number' && /(^at|At|Time)$/.test(key)) return formatInstant(instant(value))
  if (isRatio(value)) return key === 'factor' ? formatFactor(value) : formatRatio(value)
  return value
}

const isRatio = (value: unknown): value is Ratio =>
  typeof value === 'object' && value !== null && 'over' in value && 'under' in value
