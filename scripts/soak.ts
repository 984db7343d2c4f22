// `npm run soak`: the real program in real time against the simulator, for an hour or a day, while everything
// goes wrong that can. Prints what happened, what the program says of it, and how the program was from minute
// to minute; exit 1 when a promise was broken or something grew that should not. All of it stays in a folder.
import { parseArgs } from 'node:util'
import { soak } from '../tests/soak/soak.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
})

/** The options are few, so a wrong one is told plainly instead of being guessed. */
function positiveNumber(name: keyof typeof values): number {
  const number = Number(values[name])
  if (Number.isFinite(number) && number > 0) return number
  console.error(`--${name} takes a number above 0, not "${values[name]}"`)
  process.exit(2)
}

const minutes = positiveNumber('minutes')
const { broken, counts, growth, report, folder } = await soak({
  seed: positiveNumber('seed'),
  tradingMs: minutes * 60_000,
  settlingMs: 240_000,
  pace: minutes < 5 ? 'hurried' : 'person',
  say: (text) => console.log(text),
})
console.log(report)
console.log(growth.table.join('\n'))
console.log('')
for (const [what, times] of Object.entries(counts))
  console.log(`${String(times).padStart(7)}  ${what}`)
console.log(
  `\n${broken.length === 0 ? 'Every promise was kept.' : `BROKEN:\n${broken.join('\n')}`}`,
)
console.log(`The story, the samples, the ledger and the logs: ${folder}`)
if (broken.length > 0) process.exitCode = 1
