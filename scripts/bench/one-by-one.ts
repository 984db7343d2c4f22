// The way most copiers work: the master's book every three seconds, and the followers one after another,
// each when the one before has been answered. Its connections stay open, which is kinder than most; it
// too checks and records nothing.
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { followerCode, MASTER_CODE } from '../../src/simulator/default-accounts.ts'

const POLL_MS = 3_000
const [rest = '', followers = '1'] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true })
const clients = Array.from({ length: Number(followers) }, (_, index) => followerCode(index + 1))

interface Row {
  readonly orderid: string
  readonly orderstatus: string
  readonly [name: string]: unknown
}

function ask(method: string, path: string, client: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer token-${client}`, 'Content-Length': body.length }
    const sent = request(`${rest}${path}`, { method, agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      answer.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function copy(row: Row): Promise<void> {
  const { tradingsymbol, symboltoken, transactiontype, exchange, producttype, quantity } = row
  const order = { tradingsymbol, symboltoken, transactiontype, exchange, producttype, quantity }
  const body = JSON.stringify({ variety: 'NORMAL', ordertype: 'MARKET', duration: 'DAY', ...order })
  for (const client of clients)
    await ask('POST', '/rest/secure/angelbroking/order/v1/placeOrder', client, body)
}

const known = new Set<string>()
process.on('disconnect', () => process.exit(0))
for (let readings = 0; ; readings++) {
  const book = '/rest/secure/angelbroking/order/v1/getOrderBook'
  const { data } = JSON.parse(await ask('GET', book, MASTER_CODE, '')) as { data: readonly Row[] }
  for (const row of data) {
    if (known.has(row.orderid) || row.orderstatus !== 'complete') continue
    known.add(row.orderid)
    await copy(row)
  }
  if (readings === 0) process.send?.('ready')
  await pause(POLL_MS)
}
