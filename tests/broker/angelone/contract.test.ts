// The real client over the wire against the simulated broker.
import { randomBytes } from 'node:crypto'
import { describe } from 'vitest'
import { streamOf } from '../../../src/broker/angelone/index.ts'
import { statusOf } from '../../../src/broker/angelone/map.ts'
import { engineId } from '../../../src/domain/ids.ts'
import { formatDecimal, parsePrice, parseQuantity } from '../../../src/domain/numbers.ts'
import { makeTag } from '../../../src/domain/tag.ts'
import type { FeedEvent, OrderStream } from '../../../src/ports.ts'
import { type Bench, describeBroker, describeOrderStream } from '../../contract/broker.ts'
import { attemptOf } from './kit.ts'
import { listed, login, startBroker } from './simulated.ts'

async function makeBench(): Promise<Bench> {
  const simulator = await startBroker()
  const { control } = simulator
  const { reader, writer, clientCode, connection, close } = login(simulator)
  const option = listed(simulator, /^NIFTY.*CE$/)
  const what = { exchange: option.exchange, symbol: option.symbol }
  const stream = streamOf(connection, {
    chance: { bytes: (count) => [...randomBytes(count)] },
    url: simulator.urls.feed,
  })
  const heard = overheard(stream)

  /** The stream has told the last of every order: the truth is asked, not a clock. */
  const isTold = (): boolean =>
    !heard.isRunning() ||
    (heard.events.some(({ kind }) => kind === 'connected') &&
      control.orders({ clientCode }).every((order) => {
        const last = heard.events.findLast(
          (event) => event.kind === 'order' && event.report.orderId === order.orderId,
        )
        return (
          last?.kind === 'order' &&
          last.report.filled === parseQuantity(order.filled) &&
          last.report.status === statusOf(order.state)
        )
      }))

  return {
    reader,
    writer,
    stream: heard.stream,
    option,
    last: parsePrice(control.lastPrice(what)),
    record: ({ instrument, side, quantity, pricing, product, tag }) => {
      const attempt = attemptOf(instrument, { side, pricing })
      const lane = { ...attempt.intent.lane, product }
      return {
        ...attempt,
        tag: tag ?? makeTag(engineId('ABCDE'), [...randomBytes(11)]),
        quantity,
        intent: { ...attempt.intent, lane, quantity },
      }
    },
    market: {
      async setPrice(instrument, price) {
        const { exchange, symbol } = instrument
        await control.movePrice({ exchange, symbol, price: formatDecimal(price) })
      },
      async fillPart(order, quantity) {
        await control.fill({
          clientCode,
          orderId: order.orderId,
          quantity: formatDecimal(quantity),
        })
      },
    },
    async settle() {
      while (!isTold()) await new Promise((later) => setImmediate(later))
    },
    async close() {
      close()
      await simulator.stop()
    },
  }
}

function overheard(stream: OrderStream) {
  const events: FeedEvent[] = []
  let running = false
  return {
    events,
    isRunning: () => running,
    stream: {
      async run(onEvent, signal) {
        running = true
        await stream.run((event) => {
          events.push(event)
          onEvent(event)
        }, signal)
        running = false
      },
    } satisfies OrderStream,
  }
}

describe('Angel One over the wire, as every broker', () => describeBroker(makeBench))
describe('the order stream of Angel One, as every stream', () => describeOrderStream(makeBench))
