// That a dry run cannot write is not a matter of care: the one who could is never made.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { assemble } from '../../src/assemble.ts'
import * as angelone from '../../src/broker/angelone/index.ts'
import { loadConfig } from '../../src/config/config.ts'
import { MASTER } from '../../src/domain/ids.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import { startSimulator } from '../../src/simulator/server.ts'

const PAPER_FOLLOWER = 'hours: ignore\nfollowers:\n  FOLLOWER_2: { mode: paper }\n'

/** The followers for whom a writer was made, once the engine runs. */
async function writersMadeFor(mode: Mode): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-dry-'))
  const accounts = defaultAccounts(2)
  const simulator = await startSimulator({ accounts })
  onTestFinished(async () => {
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })
  writeFileSync(join(folder, 'lockstep.yaml'), PAPER_FOLLOWER)
  const env = environmentOf(accounts, simulator.urls)
  const loaded = loadConfig({ env, cwd: folder, configFile: null })
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults))
  const made: string[] = []
  const broker = {
    ...angelone,
    writerOf(connection: angelone.Connection) {
      made.push(connection.account.name)
      return angelone.writerOf(connection)
    },
  }
  const choice = { mode, command: 'test', takeOver: false }
  const copier = assemble({ clock: null, broker }, loaded.config, choice)
  await Promise.all(copier.members.map((member) => member.logIn(60_000)))
  await copier.prepareDay()
  const stop = new AbortController()
  const running = copier.run(stop.signal, () => undefined)
  while (!copier.ledger.hasBaseline(MASTER)) await pause(20)
  stop.abort()
  await running
  copier.close()
  return made
}

test('in a dry run no writer is made for anybody', async () => {
  expect(await writersMadeFor('paper')).toEqual([])
})

test('control: in a live run one is made, and none for the follower on paper', async () => {
  expect(await writersMadeFor('live')).toEqual(['FOLLOWER_1'])
})
