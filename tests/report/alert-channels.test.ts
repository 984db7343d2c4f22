// Each way over the wire: what is asked for, how its answers are understood, and that its address, which is
// a secret, is told to nobody else.
import { createHmac } from 'node:crypto'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AlertRoute } from '../../src/domain/alert.ts'
import { accountName } from '../../src/domain/ids.ts'
import { Secret } from '../../src/domain/secret.ts'
import { instant } from '../../src/domain/time.ts'
import { type AlertPost, deliver, judge } from '../../src/report/alert-channels.ts'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const TELEGRAM: AlertRoute = {
  kind: 'telegram',
  token: new Secret('123456:canary-of-the-bot'),
  chat: '-10042',
}
const DISCORD_URL = 'https://discord.com/api/webhooks/7/canary-of-discord'
const DISCORD: AlertRoute = { kind: 'discord', url: new Secret(DISCORD_URL) }
const WEBHOOK_URL = 'https://hooks.example/canary-of-the-hook'
const SIGNING = 'canary-of-the-signature'
const WEBHOOK: AlertRoute = {
  kind: 'webhook',
  url: new Secret(WEBHOOK_URL),
  signedWith: new Secret(SIGNING),
}
const POST: AlertPost = {
  mode: 'live',
  head: 'Lockstep LIVE',
  alerts: [
    {
      kind: 'rejected',
      account: accountName('FOLLOWER_1'),
      text: 'FOLLOWER_1  #1 COPY 65  REJECTED no @everyone',
      at: instant(Date.parse('2026-12-01T10:00:00+05:30')),
    },
  ],
}
const never = new AbortController().signal
const send = (route: AlertRoute) => deliver(route, POST, never)

async function asked(url: string, route: AlertRoute) {
  let request: Request | null = null
  server.use(
    http.post(url, ({ request: got }) => {
      request = got.clone()
      return HttpResponse.json({ ok: true })
    }),
  )
  expect(await send(route)).toEqual({ kind: 'sent' })
  if (request === null) throw new Error('nothing was asked for')
  const { headers } = request as Request
  return { headers, text: await (request as Request).text() }
}

const TEXT = 'Lockstep LIVE\nFOLLOWER_1  #1 COPY 65  REJECTED no @everyone'
const BOT = 'https://api.telegram.org/bot123456:canary-of-the-bot/sendMessage'

describe('what is asked for', () => {
  it('of a Telegram bot', async () => {
    const { text } = await asked(BOT, TELEGRAM)
    expect(JSON.parse(text)).toEqual({
      chat_id: '-10042',
      text: TEXT,
      disable_web_page_preview: true,
    })
  })

  it('of Discord, where no text rings everybody', async () => {
    const { text } = await asked(DISCORD_URL, DISCORD)
    expect(JSON.parse(text)).toEqual({ content: TEXT, allowed_mentions: { parse: [] } })
  })

  it("of a webhook of one's own, which can tell that it is us", async () => {
    const { text, headers } = await asked(WEBHOOK_URL, WEBHOOK)
    expect(JSON.parse(text)).toEqual({
      source: 'lockstep',
      mode: 'live',
      text: TEXT,
      alerts: [
        {
          kind: 'rejected',
          account: 'FOLLOWER_1',
          text: 'FOLLOWER_1  #1 COPY 65  REJECTED no @everyone',
          at: '2026-12-01T10:00:00.000+05:30',
        },
      ],
    })
    const signature = createHmac('sha256', SIGNING).update(text).digest('hex')
    expect(headers.get('x-lockstep-signature')).toBe(`sha256=${signature}`)
  })
})

describe('an answer', () => {
  it.each([
    [200, null, '', { kind: 'sent' }],
    [204, null, '', { kind: 'sent' }],
    [429, '7', '', { kind: 'later', why: 'too many at once', afterMs: 7000 }],
    [
      429,
      null,
      '{"ok":false,"parameters":{"retry_after":35}}',
      { kind: 'later', why: 'too many at once', afterMs: 35_000 },
    ],
    [
      429,
      null,
      '{"message":"You are being rate limited.","retry_after":0.644}',
      { kind: 'later', why: 'too many at once', afterMs: 644 },
    ],
    [429, 'Wed, 21 Oct', '', { kind: 'later', why: 'too many at once', afterMs: null }],
    [429, '99999999', '', { kind: 'later', why: 'too many at once', afterMs: 3_600_000 }],
    [502, null, '<html>', { kind: 'later', why: 'answered 502', afterMs: null }],
    [408, null, '', { kind: 'later', why: 'answered 408', afterMs: null }],
    [401, null, '{"description":"Unauthorized"}', { kind: 'wrong', why: 'answered 401' }],
    [403, null, '', { kind: 'wrong', why: 'answered 403' }],
    [404, null, '', { kind: 'wrong', why: 'answered 404' }],
    [410, null, '', { kind: 'wrong', why: 'answered 410' }],
    [302, null, '', { kind: 'wrong', why: 'answered 302' }],
    // About this message and no other.
    [400, null, '{"description":"message is too long"}', { kind: 'refused', why: 'answered 400' }],
    [413, null, '', { kind: 'refused', why: 'answered 413' }],
  ])('%i %s %s', (status, retryAfter, body, delivery) => {
    expect(judge(status, retryAfter, body)).toEqual(delivery)
  })
})

it('tells nothing of the address when nobody answers', async () => {
  server.use(
    http.post(BOT, () => HttpResponse.error()),
    http.post(WEBHOOK_URL, () => HttpResponse.error()),
  )
  for (const route of [TELEGRAM, WEBHOOK]) {
    const delivery = await send(route)
    expect(delivery.kind).toBe('later')
    expect(JSON.stringify(delivery)).not.toMatch(/canary|telegram|hooks/)
  }
})
