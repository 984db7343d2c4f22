// Simulated days by the program that runs thousands of them for a release (`npm run simulate`): here as many
// as a gate has time for. A seed that ever broke a promise stays in the list of found ones for good.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { brokenIn } from './judge.ts'
import { runDay } from './run-day.ts'

const run = promisify(execFile)
/** A minute or two on two free cores. */
const DAYS = 200

test('no promise is broken in any of the first days', { timeout: 900_000 }, async () => {
  const args = ['scripts/simulate.ts', '--seeds', String(DAYS)]
  const { stdout } = await run(process.execPath, args).catch((error: { stdout: string }) => error)
  expect(stdout).toContain('days that broke a promise: 0')
  expect(stdout).toContain(`days ${DAYS},`)
  expect(stdout).toContain('passed and not listed: none')
})

test('control: a day whose broker keeps an order twice is told as broken', {
  timeout: 120_000,
}, async () => {
  const day = await runDay(1)
  day.close()
  const [first] = day.truth.orders.filter(({ tag, state }) => tag !== '' && state === 'complete')
  if (first === undefined) throw new Error('something was copied')
  const twice = { clientCode: first.clientCode, tag: first.tag, orders: 2 }
  const truth = { ...day.truth, duplicates: [twice], orders: [...day.truth.orders, first] }
  expect(brokenIn(day)).toEqual([])
  expect(brokenIn({ ...day, truth }).join('\n')).toContain('promise 1')
})
