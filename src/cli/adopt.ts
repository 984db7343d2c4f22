// `lockstep adopt`: the trader's word that this much of a follower's position is Lockstep's, as after a
// lost ledger or an order that was placed by hand in its stead. It is closed with the master's from then on.
import { add, InexactNumber, parseQuantity, type Quantity } from '../domain/numbers.ts'
import { findLane } from './lanes.ts'
import { type AddCommand, Refusal } from './program.ts'
import { addReachOptions, fullName, type Reach, type ReachOptions, steerAt } from './reach.ts'
import { tellEngine } from './steer.ts'
import { laneText, quantityText } from './words.ts'

export function addAdopt(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('adopt'))
      .description("say that a part of a follower's position is Lockstep's")
      .argument('<follower>')
      .argument('<symbol>', 'such as SBIN-EQ, with its exchange (NSE:SBIN-EQ) where it is new')
      .argument('<product>', 'DELIVERY, CARRYFORWARD, MARGIN or INTRADAY')
      .argument('<quantity>', 'in units, not lots; below nothing for a short position')
      .addHelpText('after', '\nExample: lockstep adopt FOLLOWER_2 NSE:SBIN-EQ INTRADAY 100')
      .action(
        (name: string, symbol: string, product: string, amount: string, options: ReachOptions) =>
          steerAt(reach, options, async (site) => {
            const lane = findLane(site, name, symbol, product)
            const quantity = readQuantity(amount)
            const { held } = site.ledger.lanePosition(lane)
            if ((held > 0n && quantity < 0n) || (held < 0n && quantity > 0n))
              throw new Refusal(
                `${fullName(site, lane.follower)} holds ${quantityText(held)} ${laneText(lane)}: the opposite can't be adopted`,
              )
            const done = `Adopted ${quantityText(quantity)} ${laneText(lane)} for ${fullName(site, lane.follower)}: held ${quantityText(held)} -> ${quantityText(add(held, quantity))}.`
            const told = await tellEngine(reach, site, { kind: 'adopt', lane, quantity }, done)
            terminal.write(told.text)
            end(told.exitCode)
          }),
      )
  }
}

function readQuantity(text: string): Quantity {
  try {
    const quantity = parseQuantity(text)
    if (quantity !== 0n) return quantity
  } catch (error) {
    if (!(error instanceof InexactNumber)) throw error
  }
  throw new Refusal(`"${text}" is no quantity: a number of units, not 0`)
}
