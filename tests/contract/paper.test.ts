// The contract of every broker, kept by the paper broker.
import { describe } from 'vitest'
import { parsePrice } from '../../src/domain/numbers.ts'
import { attemptOf, createScene, NIFTY_CALL, nextTag } from '../broker/paper/kit.ts'
import { type Bench, describeBroker, describeOrderStream } from './broker.ts'

async function makeBench(): Promise<Bench> {
  const scene = createScene()
  const { market } = scene
  const paper = scene.open()
  return {
    ...paper,
    option: NIFTY_CALL,
    last: parsePrice('100'),
    record: (sketch) => attemptOf({ ...sketch, tag: sketch.tag ?? nextTag() }),
    market: {
      async setPrice(instrument, price) {
        market.last.set(instrument.id, price)
        await paper.turn()
      },
      async fillPart(order, quantity) {
        const before = market.last.get(order.instrument)
        if (!('price' in order.pricing) || before === undefined) throw new Error('nothing to fill')
        market.last.set(order.instrument, order.pricing.price)
        market.depth = quantity
        await paper.turn()
        market.last.set(order.instrument, before)
        market.depth = null
      },
    },
    settle: paper.turn,
    async close() {
      paper.close()
      scene.dispose()
    },
  }
}

describe('the paper broker', () => describeBroker(makeBench))
describe('the order stream of the paper broker', () => describeOrderStream(makeBench))
