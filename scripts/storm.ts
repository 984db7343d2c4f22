// `npm run storm`: one session of bad weather after the other against the simulator, each from its own seed,
// until the time is over. One that breaks a promise leaves its seed, its story and its ledger.
import { parseArgs } from 'node:util'
import { eventsOf, storm } from '../tests/engine/storm.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '5' },
    /** Seconds of trading in each session. */
    trading: { type: 'string', default: '40' },
    /** The engine is left alone. */
    steady: { type: 'boolean', default: false },
    /** Every request arrives, so that nothing has to be proven absent. */
    arriving: { type: 'boolean', default: false },
  },
})

const ends = performance.now() + Number(values.minutes) * 60_000
for (let seed = Number(values.seed); performance.now() < ends; seed++) {
  const began = performance.now()
  const { broken, story, folder, close } = await storm({
    seed,
    tradingMs: Number(values.trading) * 1000,
    settlingMs: 150_000,
    hasLostRequests: !values.arriving,
    hasKills: !values.steady,
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  const lines = story.split('\n').length
  console.log(
    `seed ${seed}: ${broken.length === 0 ? 'kept' : 'BROKEN'}, ${seconds} s, ${lines} lines`,
  )
  close()
  if (broken.length === 0) continue
  console.log(broken.join('\n'))
  console.log(`its story and its ledger: ${folder}, ${eventsOf(folder).split('\n').length} events`)
  process.exitCode = 1
}
