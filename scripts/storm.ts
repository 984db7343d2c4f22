// `npm run storm`: one session of bad weather after the other against the simulator, each from its own seed,
// until the time is over. One that breaks a promise leaves its seed, its story and its ledger.
import { eventsOf, storm } from '../tests/engine/storm.ts'
import { above0, flag, readOptions, whole } from './options.ts'

const options = readOptions(
  'storm',
  'One session of bad weather after the other against the simulator, each from its own seed.',
  {
    seed: whole('the first one', 1, 1),
    minutes: above0('no new session is begun after so many', 5),
    trading: above0('seconds of trading in each session', 40),
    steady: flag('the engine is never killed'),
    arriving: flag('every request arrives, so that nothing has to be proven absent'),
  },
)

const ends = performance.now() + options.minutes * 60_000
for (let seed = options.seed; performance.now() < ends; seed++) {
  const began = performance.now()
  const { broken, story, folder, close } = await storm({
    seed,
    tradingMs: options.trading * 1000,
    settlingMs: 150_000,
    hasLostRequests: !options.arriving,
    hasKills: !options.steady,
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
