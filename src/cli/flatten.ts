// `lockstep flatten`: cancels Lockstep's own open orders and closes all that it holds, of one follower or
// of everybody, also while halted. The follower stays paused. What the follower bought itself is left alone.
import type { AccountName } from '../domain/ids.ts'
import { dayOf } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { confirmTyped } from './ask.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import {
  addReachOptions,
  findFollowerOrAll,
  fullName,
  modeText,
  type Reach,
  type ReachOptions,
  type Site,
  steerAt,
} from './reach.ts'
import { tellEngine } from './steer.ts'
import { laneText, quantityText } from './words.ts'

interface FlattenOptions extends ReachOptions {
  readonly yes?: true
}

export function addFlatten(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('flatten'))
      .description('cancel own open orders, close all that is held, leave paused; works in halt')
      .argument('[follower]', 'only this one; everybody when left out')
      .option('--yes', 'without asking')
      .addHelpText('after', '\nExample: lockstep flatten FOLLOWER_2')
      .action((word: string | undefined, options: FlattenOptions) =>
        steerAt(reach, options, async (site) => {
          const follower = findFollowerOrAll(site, word)
          const who = follower === null ? 'everybody' : fullName(site, follower)
          terminal.write(describe(site, follower))
          const isSure = await confirmTyped(
            reach.person,
            options.yes === true,
            `Flatten ${who} in the ${modeText(site.mode)} ledger?`,
            follower ?? 'everybody',
          )
          if (!isSure) throw new Refusal('nothing was changed', exitCodes.failed)
          const done = `Flattening ${who}; paused afterwards (lockstep resume).`
          const told = await tellEngine(reach, site, { kind: 'flatten', follower }, done, 'goesOn')
          terminal.write(told.text)
          end(told.exitCode)
        }),
      )
  }
}

/** What flattening would cancel and close, a line each. */
export function flattenLines(
  { ledger, now }: Site<LedgerView>,
  follower: AccountName | null,
): readonly string[] {
  const isMeant = (name: AccountName) => follower === null || name === follower
  const held = ledger
    .lanes()
    .filter((lane) => isMeant(lane.follower) && lane.held !== 0n)
    .map((lane) => `close   ${lane.follower}  ${quantityText(lane.held)} ${laneText(lane)}`)
  const open = ledger.openAttempts(follower).map(({ attempt: { intent, quantity } }) => {
    const { lane, side } = intent
    return `cancel  ${lane.follower}  ${side} ${quantityText(quantity)} ${laneText(lane)}`
  })
  const kept = ledger
    .kept(dayOf(now))
    .filter(({ lane }) => isMeant(lane.follower))
    .map(
      ({ lane, quantity, signal }) =>
        `close   ${lane.follower}  ${quantityText(quantity)} ${laneText(lane)}, kept by your no to #${signal}`,
    )
  return [...open, ...held, ...kept]
}

function describe(site: Site<LedgerView>, follower: AccountName | null): string {
  const lines = flattenLines(site, follower)
  return lines.length === 0
    ? '  nothing is held and no order is open\n'
    : lines.map((line) => `  ${line}\n`).join('')
}
