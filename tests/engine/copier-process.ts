// The engine of a test as a process of its own, so that it can be killed. It takes one line of JSON, writes
// what it tells to a file, and ends when it is told to.
import { appendFileSync } from 'node:fs'
import { parseMoney } from '../../src/domain/numbers.ts'
import { defaultAccounts } from '../../src/simulator/default-accounts.ts'
import type { RunningSimulator } from '../../src/simulator/server.ts'
import { movedClock, startEngine } from './copier.ts'

export interface ProcessSettings {
  readonly folder: string
  readonly followers: number
  readonly urls: RunningSimulator['urls']
  readonly clockMs: number
  readonly events: string
}

const wanted = JSON.parse(process.argv[2] ?? '{}') as ProcessSettings
const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
const clock = movedClock(wanted.clockMs)
const engine = await startEngine({
  folder: wanted.folder,
  accounts: defaultAccounts(wanted.followers).map((each) => ({
    ...each,
    cash: parseMoney('100000000'),
  })),
  urls: wanted.urls,
  clock,
  tell: (event) =>
    appendFileSync(wanted.events, `${JSON.stringify({ at: clock.now(), ...event }, plain)}\n`),
})
process.once('SIGTERM', () => void engine.stop())
await engine.ended
