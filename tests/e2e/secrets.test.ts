// Promise 7, of the whole program: whatever goes wrong at the broker, no password, code, key or token is in
// anything that it prints, and in no file that it writes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, MASTER_CODE, type Stage } from './stage.ts'

test('no secret is printed or written to any file, whatever the broker does', async () => {
  const stage = await createStage()
  const { simulator, until, positions } = stage
  const { control } = simulator
  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  const ONE = { clientCode: followerCode(1) }
  const TWO = { clientCode: followerCode(2) }
  control.addFault({ fault: fault.reset('after'), ...ONE, route: 'place', nth: 1 })
  control.addFault({ fault: fault.blockPage(403), ...TWO, route: 'book', times: 1 })
  control.addFault({ fault: fault.textualFailure('AB1007', 'no'), ...TWO, route: 'place', nth: 1 })
  control.addFault({ fault: fault.cutJson(), clientCode: MASTER_CODE, route: 'book', times: 1 })
  control.addFault({ fault: fault.rateLimitText(), ...ONE, route: 'positions', times: 1 })
  stage.trade('BUY', 100)
  await until('the first followed', () => positions()[0] === '100')
  control.dropStreams(ONE)
  stage.trade('SELL', 100)
  await until('both are flat', () => positions().join() === '0,0')
  expect(await program.stop()).toEqual({ code: 0, signal: null })

  const secrets = secretsOf(stage)
  // The key and the seed of three accounts, their tokens, and the code and the PIN of each login.
  expect(secrets.length).toBeGreaterThanOrEqual(15)
  const written = filesIn(stage.folder)
  const names = written.map(({ name }) => name)
  const backup = /^lockstep-\d{4}-\d\d-\d\d\.db$/
  for (const made of [/^lockstep\.db$/, backup, /session-.*\.jsonl$/, /copy_trading_.*\.json$/])
    expect(names).toContainEqual(expect.stringMatching(made))
  for (const { name, text } of [{ name: 'the output', text: program.out() }, ...written])
    expect([name, secrets.filter((secret) => isIn(text, secret))]).toEqual([name, []])
})

test.each([
  ['{"pin":4711}', '4711', true],
  ['PIN 4711, again', '4711', true],
  ['order 2612014711', '4711', false],
  ['Bearer abc.def', 'abc.def', true],
])('control: %j tells %s: %j', (text, secret, expected) => {
  expect(isIn(text, secret)).toBe(expected)
})

function filesIn(folder: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({
      name: entry.name,
      text: readFileSync(join(entry.parentPath, entry.name), 'latin1'),
    }))
}

function secretsOf({ simulator }: Stage): readonly string[] {
  const configured = simulator.settings.accounts.flatMap(({ apiKey, totpSecret }) => [
    apiKey,
    totpSecret,
  ])
  const carried = simulator.control.requests().flatMap(({ request }) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const body = request.body.includes('"totp"') ? JSON.parse(request.body) : {}
    return [token, String(body.password ?? ''), String(body.totp ?? '')]
  })
  return [...new Set([...configured, ...carried])].filter((secret) => secret !== '')
}

/** A PIN has four digits and a code six: part of a longer number, or a fraction, is neither. */
const isIn = (text: string, secret: string): boolean =>
  /^\d+$/.test(secret)
    ? new RegExp(`(?<![\\w.])${secret}(?![\\w.])`).test(text)
    : text.includes(secret)
