// `npm run mutants`: lets each mutant of the program live drawn days from seed 1 on, until the checker of its
// promise catches it, and prints the table of docs/proof.md; `-- --write` puts it there. One that no drawn day
// catches is looked for in its own scene. Ends with 1 when one is caught nowhere.
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { hunt } from '../tests/simulation/mutants/hunt.ts'
import { MUTANTS, type Mutant } from '../tests/simulation/mutants/mutants.ts'
import { ROOT } from '../tests/simulation/mutants/patch.ts'
import { flag, oneOf, readOptions, whole } from './options.ts'

const options = readOptions(
  'mutants',
  'Mutants of the program live simulated days until the checker of the promise they break catches them.',
  {
    seeds: whole('at most so many days for each', 8, 1),
    only: oneOf(
      'that mutant alone',
      MUTANTS.map(({ name }) => name),
    ),
    write: flag('puts the table into docs/proof.md'),
  },
)

const LONGEST = 140
const PAGE = join(ROOT, 'docs/proof.md')
const FROM = '<!-- mutants: written by npm run mutants -->'
const TO = '<!-- /mutants -->'

interface Caught {
  readonly where: string
  readonly says: string
}

async function look(mutant: Mutant): Promise<Caught | null> {
  const { name, promise } = mutant
  const drawn = Array.from({ length: options.seeds }, (_, index) => ({
    seed: index + 1,
    scene: null,
  }))
  for (const days of [drawn, [{ seed: 1, scene: name }]]) {
    const last = (await hunt({ mutant: name, days, until: promise })).at(-1)
    const breach = last?.broken.find((each) => each.promise === promise)
    if (breach && last) {
      const where = last.scene === null ? `day ${last.seed}` : 'its scene'
      return { where, says: breach.says }
    }
  }
  return null
}

const chosen = MUTANTS.filter(({ name }) => (options.only ?? name) === name)
const rows: string[] = []
const waiting = [...chosen.entries()]

/** As many at a time as there are cores: each lives in a process of its own. */
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [index, mutant] = next
    const caught = await look(mutant)
    if (caught === null) process.exitCode = 1
    const { name, promise, fault } = mutant
    const row = `| ${promise} | \`${name}\` | ${fault} | ${caught?.where ?? '**nowhere**'} | ${textOf(caught)} |`
    console.log(row)
    rows[index] = row
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work))
if (options.write) writePage(rows)

function textOf(caught: Caught | null): string {
  const text = (caught?.says ?? '').replaceAll('|', '\\|').replaceAll(/[\n*_<>]/g, ' ')
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}

function writePage(rows: readonly string[]): void {
  const page = readFileSync(PAGE, 'utf8')
  const from = page.indexOf(FROM)
  const to = page.indexOf(TO)
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for the table`)
  const head = ['| promise | mutant | what it does wrong | caught in | what the checker says |']
  const table = [...head, '| --- | --- | --- | --- | --- |', ...rows].join('\n')
  writeFileSync(PAGE, `${page.slice(0, from)}${FROM}\n\n${table}\n\n${page.slice(to)}`)
}
