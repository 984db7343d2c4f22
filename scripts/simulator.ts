// `npm run simulator`: a simulated Angel One on this machine, to point the program or one's own client at.
// It writes the lines for a .env file, then a line for every request and order, until it is stopped.
import { parseArgs } from 'node:util'
import { NO_OVERRIDES } from '../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../src/domain/calendar-data.ts'
import { formatTime } from '../src/domain/time.ts'
import { defaultAccounts, environmentOf } from '../src/simulator/default-accounts.ts'
import { startSimulator } from '../src/simulator/server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    followers: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    /** Most ticks that a price moves in a second; 0: prices stand still. */
    walk: { type: 'string', default: '3' },
    latency: { type: 'string', default: '50' },
    /** Most units that one order gets in a second; 0: everything at once. */
    liquidity: { type: 'string', default: '0' },
    /** Opens, closes and squares off by the calendar. */
    hours: { type: 'boolean', default: false },
    instruments: { type: 'string', default: '0' },
  },
})

/** The options are few, so a wrong one is told plainly instead of being guessed. */
function wholeNumber(name: keyof typeof values): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number >= 0) return number
  console.error(`--${name} takes a whole number from 0, not "${values[name]}"`)
  process.exit(2)
}

const ticks = wholeNumber('walk')
const accounts = defaultAccounts(wholeNumber('followers'))
const simulator = await startSimulator({
  accounts,
  port: wholeNumber('port'),
  seed: wholeNumber('seed'),
  walk: ticks === 0 ? { kind: 'still' } : { kind: 'walk', ticks },
  latencyMs: wholeNumber('latency'),
  liquidity: wholeNumber('liquidity') || null,
  instrumentRows: wholeNumber('instruments') || null,
  hours: values.hours
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
