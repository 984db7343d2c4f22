// The loss of the day counts what is still open at the price of now, which is shown beside each position.
import { afterEach, expect, test } from 'vitest'
import {
  type Copier,
  createCopier,
  followerCode,
  MASTER_CODE,
  trade,
  until,
  WHAT,
} from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const OTHER = { exchange: 'NFO', symbol: 'NIFTY26JAN2725000CE' } as const

test('a loss that is still open stops entries', async () => {
  copier = await createCopier({
    followers: 1,
    yaml: 'hours: ignore\nlimits: { maxDailyLoss: 500 }\n',
    simulator: { walk: { kind: 'still' } },
  })
  const made = copier
  await made.start()
  const { control } = made.simulator
  const copies = () => control.orders({ clientCode: followerCode(1) }).length
  const tradeOther = () =>
    control.trade({
      clientCode: MASTER_CODE,
      ...OTHER,
      side: 'BUY',
      quantity: 65,
      product: 'INTRADAY',
    })
  const settled = () => made.ledger().openAttempts(null).length === 0
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => copies() === 1 && settled())
  control.movePrice({ ...WHAT, price: (Number(control.lastPrice(WHAT)) - 10).toFixed(2) })
  // Its fill has the positions read, and beside them stands the price of now.
  tradeOther()
  await until(made, 'followed again', () => copies() === 2 && settled())
  const SBIN = `${WHAT.exchange}:${WHAT.symbol}` as never
  const low = Number(control.lastPrice(WHAT))
  await until(
    made,
    'the fall is seen',
    () => Number(made.ledger().pulse().prices.get(SBIN)?.last ?? 0n) / 1e8 === low,
  )
  tradeOther()
  await until(
    made,
    'decided',
    () => made.events.filter(({ kind }) => kind === 'decision').length === 3,
  )
  const last = made.events.findLast((event) => event.kind === 'decision')
  expect(last).toMatchObject({ decision: { kind: 'skip', reason: { kind: 'maxDailyLoss' } } })
  expect(copies()).toBe(2)
})
