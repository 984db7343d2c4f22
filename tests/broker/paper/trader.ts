// A child process that trades on a paper account as fast as it can and says, line by line, what it was
// answered. It is meant to be killed. Its time is its own: four seconds pass with every write.
import { writeSync } from 'node:fs'
import { parseMoney, parsePrice } from '../../../src/domain/numbers.ts'
import { after, instant } from '../../../src/domain/time.ts'
import { attemptOf, createHandClock, createHandMarket, NIFTY_CALL, openAt } from './kit.ts'

const [path = '', start = '', name = ''] = process.argv.slice(2)
const clock = createHandClock(instant(Number(start)))
const market = { ...createHandMarket(), net: parseMoney('1000000000') }
const account = openAt(path, clock, market, 'enforce')

/** At once, and not when the process has time for it. */
const say = (line: string) => writeSync(1, `${line}\n`)

for (let count = 0; count < 70; count++) {
  clock.set(after(clock.now(), 4_000))
  const tag = `${name}T${count}`
  const price = parsePrice(count % 3 === 0 ? '99' : '101')
  const attempt = attemptOf({ tag, pricing: { kind: 'limit', price } })
  const outcome = await account.writer.place({ attempt, instrument: NIFTY_CALL })
  say(`${outcome.kind} ${tag}`)
  await account.turn()
  if (count % 3 !== 0 || outcome.kind !== 'accepted') continue
  clock.set(after(clock.now(), 4_000))
  const pricing = attempt.intent.pricing
  const { kind } = await account.writer.cancel({
    orderId: outcome.orderId,
    variety: 'regular',
    pricing,
  })
  if (kind === 'accepted') say(`cancelled ${tag}`)
}
// Whoever is still alive here waits for its end, but not for ever.
say('done')
setTimeout(() => undefined, 20_000)
