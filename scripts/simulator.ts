// `npm run simulator`: a simulated Angel One on this machine, to point the program or one's own client at.
// It writes the lines for a .env file, then a line for every request and order, until it is stopped.
import { NO_OVERRIDES } from '../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../src/domain/calendar-data.ts'
import { formatTime } from '../src/domain/time.ts'
import { defaultAccounts, environmentOf } from '../src/simulator/default-accounts.ts'
import { startSimulator } from '../src/simulator/server.ts'
import { flag, readOptions, whole } from './options.ts'

const options = readOptions(
  'simulator',
  "A simulated Angel One on this machine, to point the program or one's own client at.",
  {
    port: whole('where it listens; 0: any that is free', 0),
    followers: whole('how many beside the master', 3),
    seed: whole('of its prices', 1),
    walk: whole('most ticks that a price moves in a second; 0: prices stand still', 3),
    latency: whole('milliseconds until it answers', 50),
    liquidity: whole('most units that one order gets in a second; 0: everything at once', 0),
    hours: flag('opens, closes and squares off by the calendar'),
    instruments: whole('rows of its list of instruments; 0: only those that it trades', 0),
  },
)

const accounts = defaultAccounts(options.followers)
const simulator = await startSimulator({
  accounts,
  port: options.port,
  seed: options.seed,
  walk: options.walk === 0 ? { kind: 'still' } : { kind: 'walk', ticks: options.walk },
  latencyMs: options.latency,
  liquidity: options.liquidity || null,
  instrumentRows: options.instruments || null,
  hours: options.hours
    ? { mode: 'enforce', calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES } }
    : { mode: 'ignore' },
})

console.log(
  '# A simulated Angel One. No real broker, no real money; these secrets open nothing else.',
)
for (const [name, value] of Object.entries(environmentOf(accounts, simulator.urls)))
  console.log(`${name}=${value}`)
console.log(`# control: ${simulator.urls.control}, x-control-token: ${simulator.controlToken}`)

simulator.onRequest(({ at, clientCode, route, request }) =>
  console.log(
    `# ${formatTime(at)} ${clientCode ?? '-'} ${route ?? `${request.method} ${request.url}`}`,
  ),
)
simulator.onOrder(({ at, clientCode, change, side, quantity, symbol, tag }) =>
  console.log(`# ${formatTime(at)} ${clientCode} ${side} ${quantity} ${symbol} ${change} ${tag}`),
)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)))
