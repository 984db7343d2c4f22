// `npm run simulator` as a person or another program starts it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'

function run(...options: readonly string[]) {
  const child = spawn(process.execPath, ['scripts/simulator.ts', ...options])
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const line = (matches: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.find((each) => matches.test(each))
        if (found !== undefined) resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { child, ended, lines, line }
}

it('writes what a .env needs, does what it is told, says what happens, and ends when asked', async () => {
  const { child, ended, lines, line } = run('--followers', '2', '--latency', '0', '--walk', '0')
  const control = await line(/^# control: /)
  const names = lines.filter((each) => !each.startsWith('#')).map((each) => each.split('=')[0])
  expect(names).toEqual([
    'SMARTAPI_URL',
    'SMARTAPI_FEED_URL',
    'SMARTAPI_INSTRUMENTS_URL',
    ...['API_KEY', 'CLIENT_ID', 'PASSWORD', 'TOTP_SECRET'],
    ...['API_KEY', 'CLIENT_ID', 'PASSWORD', 'TOTP_SECRET'].map((name) => `FOLLOWER_1_${name}`),
    ...['API_KEY', 'CLIENT_ID', 'PASSWORD', 'TOTP_SECRET'].map((name) => `FOLLOWER_2_${name}`),
  ])

  const [, url = '', token = ''] = /control: (\S+), x-control-token: (\S+)/.exec(control) ?? []
  const argument = {
    ...{ clientCode: 'M100000', exchange: 'NSE', symbol: 'SBIN-EQ' },
    ...{ side: 'BUY', quantity: 3, product: 'INTRADAY' },
  }
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'x-control-token': token },
    body: JSON.stringify({ method: 'trade', argument }),
  })
  expect(answer.status).toBe(200)
  expect(await line(/complete/)).toMatch(/M100000 BUY 3 SBIN-EQ complete/)

  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

it('says which option is wrong, and ends', async () => {
  const { ended } = run('--port', 'any')
  expect(await ended).toEqual([2, null])
})
