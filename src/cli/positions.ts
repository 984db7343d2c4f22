// `lockstep positions`: every position that Lockstep knows of, per follower: what was copied of the
// master's, what should be held of it, what is held, and what the broker last showed. It only looks.
import { formatInstant } from '../domain/time.ts'
import type { Drift, LedgerView, OwedExit } from '../ports.ts'
import { type AddCommand, exitCodes } from './program.ts'
import {
  addReachOptions,
  describeSite,
  fullName,
  look,
  type Reach,
  type ReachOptions,
  type Site,
} from './reach.ts'
import { formatTable } from './table.ts'
import { laneText, owedName, quantityText } from './words.ts'

interface PositionsOptions extends ReachOptions {
  readonly json?: true
}

interface Row extends Drift {
  readonly owed: OwedExit | null
}

export function addPositions(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('positions'))
      .description('what each follower holds, should hold, and was shown to hold')
      .option('--json', 'the same for programs')
      .addHelpText('after', '\nExample: lockstep positions --json')
      .action(async (options: PositionsOptions) => {
        const text = await look(reach, options, (site) => {
          const rows = rowsOf(site.ledger)
          return options.json ? `${JSON.stringify(toJson(site, rows))}\n` : describe(site, rows)
        })
        terminal.write(text)
        end(exitCodes.done)
      })
  }
}

function rowsOf(ledger: LedgerView): readonly Row[] {
  const owed = new Map(ledger.owed().map((each) => [keyOf(each), each]))
  return ledger.compared().map((each) => ({ ...each, owed: owed.get(keyOf(each)) ?? null }))
}

const keyOf = ({ lane }: Pick<OwedExit, 'lane'>): string => JSON.stringify(lane)

function describe(site: Site<LedgerView>, rows: readonly Row[]): string {
  const head = `${describeSite(site)}\n`
  if (rows.length === 0) return `${head}nothing is copied and nothing is held\n`
  const table = formatTable(
    [
      { head: 'follower', align: 'left' },
      { head: 'position', align: 'left' },
      { head: 'copied', align: 'right' },
      { head: 'wanted', align: 'right' },
      { head: 'held', align: 'right' },
      { head: 'shown', align: 'right' },
      { head: 'owed', align: 'right' },
    ],
    rows.map(({ lane, copied, wanted, held, shown, owed }) => [
      fullName(site, lane.follower),
      lane.mode === site.mode ? laneText(lane) : `${laneText(lane)} (${lane.mode})`,
      quantityText(copied),
      quantityText(wanted),
      quantityText(held),
      shown === null ? '-' : quantityText(shown),
      owed === null ? '0' : `${quantityText(owed.owed)} ${owedName(owed.number)}`,
    ]),
  )
  return `${head}\n${table}`
}

const toJson = (site: Site<LedgerView>, rows: readonly Row[]) => ({
  mode: site.mode,
  at: formatInstant(site.now),
  positions: rows.map(({ lane, copied, wanted, held, shown, shownAt, owed }) => ({
    ...lane,
    copied: quantityText(copied),
    wanted: quantityText(wanted),
    held: quantityText(held),
    shown: shown === null ? null : quantityText(shown),
    shownAt: shownAt === null ? null : formatInstant(shownAt),
    owed: owed === null ? null : { id: owedName(owed.number), quantity: quantityText(owed.owed) },
  })),
})
