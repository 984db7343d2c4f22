import { expect, test } from 'vitest'
import { createGate, type Steps } from './gate.ts'

const gateOf = () => {
  const steps: Steps = new Map()
  const deaths: string[] = []
  return { gate: createGate(steps, (step) => deaths.push(step)), steps, deaths }
}

test('dies at the named step, at that many passings, and once', () => {
  const { gate, steps, deaths } = gateOf()
  gate.doom({ step: 'ledger.record:after', passings: 2 })
  gate.pass('ledger.record:after')
  gate.pass('ledger.record:before')
  expect(() => gate.pass('ledger.record:after')).toThrow('dead since ledger.record:after')
  expect(() => gate.pass('ledger.record:before')).toThrow('dead since ledger.record:after')
  gate.kill()
  expect(deaths).toEqual(['ledger.record:after'])
  expect(steps.get('ledger.record:after')).toEqual({ passed: 2, died: 1 })
})

test('what has ended dies of nothing any more: the next life’s files are not its own', () => {
  const { gate, steps, deaths } = gateOf()
  gate.doom({ step: null, passings: 1 })
  gate.end()
  expect(gate.isDead()).toBe(true)
  expect(() => gate.pass('wire.orderBook:answered')).toThrow('dead since its end')
  gate.kill()
  expect(deaths).toEqual([])
  expect(steps.size).toBe(0)
})
