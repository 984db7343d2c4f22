// `lockstep dismiss`: an owed exit is left to the trader, who has closed it or means to. Lockstep no longer
// holds it from then on and will never sell it.
import type { OwedExit, SteeringDesk } from '../ports.ts'
import { findLane } from './lanes.ts'
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
import { laneText, owedName, quantityText } from './words.ts'

export function addDismiss(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('dismiss'))
      .description('leave an owed exit to you: Lockstep no longer holds it')
      .argument('<id-or-follower>', 'its id as in OWED E7, or FOLLOWER SYMBOL PRODUCT')
      .argument('[symbol]')
      .argument('[product]')
      .addHelpText(
        'after',
        '\nExample: lockstep dismiss E7\n         lockstep dismiss FOLLOWER_2 SBIN-EQ INTRADAY',
      )
      .action(
        (
          word: string,
          symbol: string | undefined,
          product: string | undefined,
          options: ReachOptions,
        ) =>
          steerAt(reach, options, async (site) => {
            const { lane, owed } = findOwed(site, word, symbol, product)
            const done = `Dismissed ${quantityText(owed)} ${laneText(lane)} of ${fullName(site, lane.follower)}: it is yours to close.`
            const told = await tellEngine(reach, site, { kind: 'dismiss', lane }, done)
            terminal.write(told.text)
            end(told.exitCode)
          }),
      )
  }
}

/** By its id, or by its follower, symbol and product. */
export function findOwed(
  site: Site<SteeringDesk>,
  word: string,
  symbol?: string,
  product?: string,
): OwedExit {
  const owed = site.ledger.owed()
  const known = owed.map(
    ({ number, lane }) => `${owedName(number)} (${lane.follower} ${laneText(lane)})`,
  )
  const told = known.length === 0 ? 'nothing is owed' : `owed: ${known.join(', ')}`
  if (symbol === undefined) {
    const number = /^E?([1-9]\d{0,8})$/i.exec(word)?.[1]
    if (number === undefined) throw new Refusal(`"${word}" is no id of an owed exit; ${told}`)
    const found = owed.find((each) => each.number === Number(number))
    if (found) return found
    throw new Refusal(`${owedName(Number(number))} is not owed; ${told}`, exitCodes.failed)
  }
  if (product === undefined) throw new Refusal('dismiss takes an id, or FOLLOWER SYMBOL PRODUCT')
  const lane = findLane(site, word, symbol, product)
  const found = owed.find(
    (each) =>
      each.lane.follower === lane.follower &&
      each.lane.instrument === lane.instrument &&
      each.lane.product === lane.product,
  )
  if (found) return found
  throw new Refusal(`${lane.follower} owes nothing in ${laneText(lane)}; ${told}`, exitCodes.failed)
}
