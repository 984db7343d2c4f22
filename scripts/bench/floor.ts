// The floor: what the machine itself costs. A bare client that hears of the master's fill on a websocket
// and posts one order for each follower at once, over connections that stay open. It checks nothing,
// remembers nothing and records nothing; nobody should trade with it.
import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'
import { followerCode } from '../../src/simulator/default-accounts.ts'

const [rest = '', feed = '', followers = '1'] = process.argv.slice(2)
const { hostname, port } = new URL(rest)
const agent = new Agent({ keepAlive: true })
const clients = Array.from({ length: Number(followers) }, (_, index) => followerCode(index + 1))

interface Frame {
  readonly orderData: Readonly<Record<string, unknown>>
}

function post(client: string, order: Frame['orderData']): void {
  const body = JSON.stringify({
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
  headers: { Authorization: 'Bearer token-floor' },
  perMessageDeflate: false,
})
socket.on('message', (data) => {
  const { orderData } = JSON.parse(String(data)) as Frame
  for (const client of clients) post(client, orderData)
})
socket.on('open', () => process.send?.('ready'))
process.on('disconnect', () => process.exit(0))
