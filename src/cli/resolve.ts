// `lockstep resolve`: what became of an order of which nobody heard, by the broker's own app. Lockstep settles
// such orders by what the broker shows; where that proves nothing, the trader's word does. What the broker
// shows comes before the word.
import { MalformedId, type OrderId, orderId } from '../domain/ids.ts'
import type { OpenAttempt, SteeringDesk } from '../ports.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import {
  addReachOptions,
  fullName,
  type Reach,
  type ReachOptions,
  type Site,
  steerAt,
} from './reach.ts'
import { tellEngine } from './steer.ts'
import { laneText, quantityText, unknownName } from './words.ts'

interface ResolveOptions extends ReachOptions {
  readonly absent?: true
  readonly order?: string
}

export function addResolve(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('resolve'))
      .description('say what became of an order that is UNKNOWN')
      .argument('<id>', 'its id as in UNKNOWN U7')
      .option('--absent', "you looked in the broker's app: it isn't there")
      .option('--order <id>', "it is this one, by the broker's order id")
      .addHelpText(
        'after',
        '\nExample: lockstep resolve U7 --absent\n         lockstep resolve U7 --order 261201000000007',
      )
      .action((word: string, options: ResolveOptions) =>
        steerAt(reach, options, async (site) => {
          const order = wordOf(options)
          const { command, done } = resolving(site, word, order)
          const told = await tellEngine(reach, site, command, done, 'reading')
          terminal.write(told.text)
          end(told.exitCode)
        }),
      )
  }
}

/** The word about one of them; `order` null: it isn't there. */
export function resolving(site: Site<SteeringDesk>, word: string, order: OrderId | null) {
  const { attempt } = findUnknown(site, word)
  const { lane, side } = attempt.intent
  const name = `${unknownName(attempt.id)} ${side} ${quantityText(attempt.quantity)} ${laneText(lane)} of ${fullName(site, lane.follower)}`
  return {
    command: { kind: 'resolve', tag: attempt.tag, order } as const,
    done: `${name}: ${order === null ? 'not there' : `order ${order}`}, by your word.`,
  }
}

function wordOf({ absent, order }: ResolveOptions): OrderId | null {
  if ((absent === true) === (order !== undefined))
    throw new Refusal("resolve takes --absent (it isn't there) or --order ID (it is this one)")
  if (order === undefined) return null
  return readOrderId(order)
}

export function readOrderId(word: string): OrderId {
  try {
    return orderId(word)
  } catch (error) {
    if (!(error instanceof MalformedId)) throw error
  }
  throw new Refusal(`--order "${word}" is no order id of a broker`)
}

function findUnknown({ ledger }: Site<SteeringDesk>, word: string): OpenAttempt {
  const unknown = ledger.openAttempts(null).filter(({ state }) => state.kind === 'unknown')
  const known = unknown.map(
    ({ attempt: { id, intent } }) =>
      `${unknownName(id)} (${intent.lane.follower} ${laneText(intent.lane)})`,
  )
  const told = known.length === 0 ? 'nothing is unknown' : `unknown: ${known.join(', ')}`
  const number = Number(/^U?([1-9]\d{0,8})$/i.exec(word)?.[1] ?? 0)
  if (number === 0) throw new Refusal(`"${word}" is no id of an unknown order; ${told}`)
  const found = unknown.find(({ attempt }) => attempt.id === number)
  if (found) return found
  throw new Refusal(`${unknownName(number)} is not unknown; ${told}`, exitCodes.failed)
}
