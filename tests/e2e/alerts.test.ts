// A trader who doesn't sit at the terminal: the real program posts to a webhook on this machine. What
// arrived is read there, and copying never waits for it.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createStage, followerCode, type Stage } from './stage.ts'

interface Told {
  readonly text: string
  readonly alerts: readonly { readonly kind: string; readonly account: string | null }[]
}

/** Answers as it is told to; an answer that never comes is `null`. */
async function listen(answer: (nth: number) => { status: number; retryAfter?: string } | null) {
  const heard: Told[] = []
  let pings = 0
  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece
    return body
  }
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.method === 'GET') {
      pings += 1
      response.end()
      return
    }
    heard.push(JSON.parse(body))
    const given = answer(heard.length)
    if (given === null) return
    if (given.retryAfter !== undefined) response.setHeader('retry-after', given.retryAfter)
    response.writeHead(given.status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/canary-in-the-path`,
    heard,
    pings: () => pings,
    kinds: () => heard.flatMap(({ alerts }) => alerts.map(({ kind }) => kind)),
  }
}

const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
const flat = (stage: Stage) => stage.positions().every((each) => each === '0')

test('start, copies, a rejection, the end of the session and its summary reach a webhook', async () => {
  const hook = await listen(() => ({ status: 200 }))
  const stage = await createStage({
    env: { LOCKSTEP_WEBHOOK_URL: hook.url, LOCKSTEP_PING_URL: hook.url },
    yaml: 'alerts: { webhook: all }',
  })
  const program = await stage.startCopying(...LIVE)
  stage.simulator.control.rejectNext({
    clientCode: followerCode(2),
    texts: ['RMS: margin exceeds'],
  })
  stage.trade('BUY', 100)
  await stage.until('the rejection is told', () => hook.kinds().includes('rejected'))
  stage.trade('SELL', 100)
  await stage.until('all are flat', () => flat(stage))
  await stage.until('the copies are told', () => {
    const copied = hook.kinds().filter((kind) => kind === 'copied')
    return copied.length === 2
  })
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  const text = hook.heard.map((each) => each.text).join('\n')
  expect(text).toMatch(/Lockstep LIVE\nSTARTED, 2 followers\. Nothing is held, nothing is open\./)
  expect(text).toMatch(/FOLLOWER_2 {2}#1 COPY 100 .*REJECTED RMS: margin exceeds/)
  expect(text).toMatch(/SIGNAL #1 BUY 100 SBIN-EQ INTRADAY @820\.50: 1\/2 filled/)
  expect(text).toMatch(/Stopped\.\nNothing is held, nothing is open\./)
  expect(text).toMatch(/2 signals, 2 copied, .*\nFOLLOWER_1 placed 2, failed 0/)
  expect(hook.pings()).toBeGreaterThan(0)
  expect(program.out()).not.toContain('canary')
})

test('a storm is a few messages that count, and a way that asks for time is given it', async () => {
  const hook = await listen((nth) =>
    nth === 1 ? { status: 429, retryAfter: '2' } : { status: 200 },
  )
  const stage = await createStage({
    env: { LOCKSTEP_WEBHOOK_URL: hook.url },
    yaml: 'limits: { pauseAfterRejections: off }\nalerts: { webhook: [rejected] }',
  })
  const program = await stage.startCopying(...LIVE)
  const many = 30
  for (const number of [1, 2]) {
    const clientCode = followerCode(number)
    const texts = Array.from({ length: many }, (_, nth) => `no ${nth}`)
    stage.simulator.control.rejectNext({ clientCode, texts })
  }
  for (let nth = 0; nth < many; nth++) stage.trade('BUY', 1)
  const lines = () => hook.heard.slice(1).map(({ text }) => text)
  const rejected = () => hook.heard.slice(1).flatMap(({ alerts }) => alerts).length
  await stage.until('all are told', () => rejected() === 2 * many, 60_000)
  await program.stop()
  // Each was told once, in messages that came apart, the first of them again as it was asked to.
  expect(hook.heard[1]?.alerts).toEqual(expect.arrayContaining([...(hook.heard[0]?.alerts ?? [])]))
  expect(hook.heard.length).toBeLessThan(many)
  expect(lines().join('\n')).toMatch(/\d+ × rejected of FOLLOWER_1, the last: /)
  expect(program.out()).toContain('alerts by webhook wait: too many at once')
})

test('a webhook that never answers delays no copy and no end', async () => {
  const hook = await listen(() => null)
  const stage = await createStage({ env: { LOCKSTEP_WEBHOOK_URL: hook.url } })
  const program = await stage.startCopying(...LIVE)
  await stage.until('it hangs', () => hook.heard.length > 0)
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  expect(await program.stop()).toEqual({ code: 0, signal: null })
})

test('lockstep alerts test says what came of each way, and never its address', async () => {
  const hook = await listen((nth) => ({ status: nth === 1 ? 200 : 404 }))
  const stage = await createStage({ env: { LOCKSTEP_WEBHOOK_URL: hook.url } })
  const good = await stage.tell('alerts', 'test')
  expect([good.code, good.out]).toEqual([
    0,
    expect.stringMatching(
      /^webhook {3}sent: it should be there now\n {10}tells asking, rejected, /,
    ),
  ])
  const bad = await stage.tell('alerts', 'test')
  expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('NOT SENT: answered 404')])
  expect(good.out + bad.out).not.toContain('canary')
  const none = stage.besideWith({ LOCKSTEP_WEBHOOK_URL: '' }, 'alerts', 'test')
  expect(await none.ended).toMatchObject({ code: 2 })
  expect(none.out()).toContain('LOCKSTEP_TELEGRAM_TOKEN')
  const wrong = stage.besideWith({ LOCKSTEP_WEBHOOK_URL: 'http://example.org/x' }, 'alerts', 'test')
  expect(await wrong.ended).toMatchObject({ code: 2 })
  expect(wrong.out()).toContain('LOCKSTEP_WEBHOOK_URL is ***; allowed: an https address')
})
