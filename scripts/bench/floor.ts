// The floor: what the machine itself costs. A bare client that hears of the master's fill on a websocket
// and posts one order for each follower at once, over connections that stay open. It checks nothing,
// remembers nothing and records nothing; nobody should trade with it. Told a file, it first writes all that it
// is about to send into it and waits for the disk: so much of what a record costs is the disk's alone.
import { fdatasyncSync, openSync, writeSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'
import { followerCode } from '../../src/simulator/default-accounts.ts'

const [rest = '', feed = '', followers = '1', file] = process.argv.slice(2)
const record = file === undefined ? null : openSync(file, 'a')
const { hostname, port } = new URL(rest)
const agent = new Agent({ keepAlive: true })
const clients = Array.from({ length: Number(followers) }, (_, index) => followerCode(index + 1))

interface Frame {
  readonly orderData: Readonly<Record<string, unknown>>
}

const bodyOf = (order: Frame['orderData']): string =>
  JSON.stringify({
    variety: 'NORMAL',
    tradingsymbol: order.tradingsymbol,
    symboltoken: order.symboltoken,
    transactiontype: order.transactiontype,
    exchange: order.exchange,
    producttype: order.producttype,
    duration: 'DAY',
    ordertype: 'LIMIT',
    price: String(order.averageprice),
    triggerprice: '0',
    quantity: order.quantity,
    squareoff: '0',
    stoploss: '0',
    ordertag: 'floor',
  })

function post(client: string, body: string): void {
  const sent = request(
    {
      hostname,
      port,
      agent,
      method: 'POST',
      path: '/rest/secure/angelbroking/order/v1/placeOrder',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'User-Agent': 'floor',
        'X-UserType': 'USER',
        'X-SourceID': 'WEB',
        'X-PrivateKey': 'key',
        'X-ClientLocalIP': '127.0.0.1',
        'X-ClientPublicIP': '127.0.0.1',
        'X-MACAddress': '00:00:00:00:00:00',
        Authorization: `Bearer token-${client}`,
        'Content-Length': Buffer.byteLength(body),
      },
    },
    (answer) => answer.resume(),
  )
  sent.on('error', (error) => {
    throw error
  })
  sent.end(body)
}

const socket = new WebSocket(feed, {
  headers: { Authorization: `Bearer token-${record === null ? 'floor' : 'synced'}` },
  perMessageDeflate: false,
})
socket.on('message', (data) => {
  const { orderData } = JSON.parse(String(data)) as Frame
  const orders = clients.map((client) => ({ client, body: bodyOf(orderData) }))
  if (record !== null) {
    writeSync(record, orders.map(({ body }) => body).join('\n'))
    fdatasyncSync(record)
  }
  for (const { client, body } of orders) post(client, body)
})
socket.on('open', () => process.send?.('ready'))
process.on('disconnect', () => process.exit(0))
