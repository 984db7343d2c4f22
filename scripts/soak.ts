// `npm run soak`: the real program in real time against the simulator, for an hour or a day, while everything
// goes wrong that can. Prints what happened, what the program says of it, and how the program was from minute
// to minute; exit 1 when a promise was broken or something grew that should not. All of it stays in a folder.
import { soak } from '../tests/soak/soak.ts'
import { above0, readOptions, whole } from './options.ts'

const { minutes, seed } = readOptions(
  'soak',
  'The real program in real time against the simulator, while everything goes wrong that can.',
  {
    minutes: above0('how long the master trades; under 5 everything comes quicker', 60),
    seed: whole('another one, another day', 1, 1),
  },
)
const { broken, counts, growth, report, folder } = await soak({
  seed,
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
