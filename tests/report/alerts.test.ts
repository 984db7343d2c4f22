// What waits when a session ends goes out, also where a timer comes a moment too early.
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Secret } from '../../src/domain/secret.ts'
import { instant } from '../../src/domain/time.ts'
import type { Clock } from '../../src/ports.ts'
import { createAlerts } from '../../src/report/alerts.ts'

const URL = 'https://hooks.example/canary-of-the-hook'
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

/** Time passes by waiting, and every wait ends a millisecond early. */
function earlyClock(): Clock {
  let now = Date.parse('2026-12-01T10:00:00+05:30')
  return {
    now: () => instant(now),
    monotonicMs: () => now,
    sleep(ms) {
      now += Math.max(1, ms - 1)
      return Promise.resolve()
    },
  }
}

const alertsOver = (clock: Clock) =>
  createAlerts(
    { clock, mode: 'live', head: 'Lockstep LIVE', say: () => undefined },
    {
      routes: [
        { route: { kind: 'webhook', url: new Secret(URL), signedWith: null }, kinds: ['stopped'] },
      ],
      ping: null,
    },
  )

it('the last message is sent again as it was asked to, and not given up for a millisecond', async () => {
  const heard: string[] = []
  server.use(
    http.post(URL, async ({ request }) => {
      heard.push(await request.text())
      const isFirst = heard.length === 1
      return new HttpResponse(null, isFirst ? { status: 429, headers: { 'retry-after': '2' } } : {})
    }),
  )
  const alerts = alertsOver(earlyClock())
  alerts.raise({ kind: 'stopped', account: null, text: 'the last words' })
  await alerts.end()
  expect(heard.map((text) => text.includes('the last words'))).toEqual([true, true])
})
