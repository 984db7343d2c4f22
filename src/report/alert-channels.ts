// The ways by which alerts leave: a Telegram bot, a Discord webhook, a webhook of one's own. Each knows how
// its message is asked for and how its answers are to be understood; none of them ever throws, and the
// address, which is a secret, is in nothing that they tell.
import { createHmac } from 'node:crypto'
import type { Alert, AlertChannel, AlertRoute } from '../domain/alert.ts'
import type { Mode } from '../domain/lane.ts'
import type { Secret } from '../domain/secret.ts'
import { formatInstant, SECOND } from '../domain/time.ts'
import { messageOf } from './alert-queue.ts'

export type Delivery =
  | { readonly kind: 'sent' }
  /** Not now: `afterMs` where it was said. */
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number | null }
  /** Not this message, whenever it is sent; the next may well be taken. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Nothing as the way is set up: its address or its token is wrong, or was taken away. */
  | { readonly kind: 'wrong'; readonly why: string }

export interface AlertPost {
  readonly mode: Mode
  /** `LIVE`, and whatever else tells this run from another. */
  readonly head: string
  readonly alerts: readonly Alert[]
}

/** The longest that each takes. */
const MOST_LETTERS: Readonly<Record<AlertChannel, number>> = {
  telegram: 4096,
  discord: 2000,
  webhook: 20_000,
}
const ANSWER_WITHIN_MS = 10 * SECOND
/** An hour is longer than any of them asks for; more is a slip of theirs. */
const LONGEST_RETRY_MS = 3600 * SECOND

export async function deliver(
  route: AlertRoute,
  post: AlertPost,
  signal: AbortSignal,
): Promise<Delivery> {
  const { url, headers, body } = requestOf(route, post)
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      // A redirect would carry the message elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    })
    const told = await answer.text()
    return judge(answer.status, answer.headers.get('retry-after'), told)
  } catch (error) {
    return { kind: 'later', why: `not answered (${causeOf(error)})`, afterMs: null }
  }
}

function requestOf(route: AlertRoute, { mode, head, alerts }: AlertPost) {
  const text = messageOf(head, alerts, MOST_LETTERS[route.kind])
  switch (route.kind) {
    case 'telegram': {
      const url = `https://api.telegram.org/bot${route.token.reveal()}/sendMessage`
      const body = JSON.stringify({ chat_id: route.chat, text, disable_web_page_preview: true })
      return { url, headers: {}, body }
    }
    case 'discord': {
      // Nothing that a broker or a label says may ring everybody.
      const body = JSON.stringify({ content: text, allowed_mentions: { parse: [] } })
      return { url: route.url.reveal(), headers: {}, body }
    }
    case 'webhook': {
      const told = alerts.map(({ kind, account, text: words, at }) => ({
        kind,
        account,
        text: words,
        at: formatInstant(at),
      }))
      const body = JSON.stringify({ source: 'lockstep', mode, text, alerts: told })
      return { url: route.url.reveal(), headers: signatureOf(route.signedWith, body), body }
    }
  }
}

function signatureOf(secret: Secret | null, body: string): Readonly<Record<string, string>> {
  if (secret === null) return {}
  const made = createHmac('sha256', secret.reveal()).update(body).digest('hex')
  return { 'x-lockstep-signature': `sha256=${made}` }
}

export function judge(status: number, retryAfter: string | null, body: string): Delivery {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === 429)
    return { kind: 'later', why: 'too many at once', afterMs: retryMs(retryAfter, body) }
  if (status >= 500 || status === 408)
    return { kind: 'later', why: `answered ${status}`, afterMs: retryMs(retryAfter, body) }
  const isWay = status < 400 || WRONG_WAY.has(status)
  return { kind: isWay ? 'wrong' : 'refused', why: `answered ${status}` }
}

/** Unauthorized, forbidden, not found, gone. */
const WRONG_WAY: ReadonlySet<number> = new Set([401, 403, 404, 410])

/** From the header, or where Telegram and Discord write it: seconds, of which Discord gives fractions. */
function retryMs(header: string | null, body: string): number | null {
  const told = [header, /"retry_after"\s*:\s*([\d.]+)/.exec(body)?.[1]].find((each) =>
    /^\d+(\.\d+)?$/.test(each?.trim() ?? ''),
  )
  const ms = Math.ceil(Number(told ?? Number.NaN) * SECOND)
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_RETRY_MS) : null
}

/** Its code alone: the message names the address. */
function causeOf(error: unknown): string {
  const { cause, name } = error as {
    readonly cause?: { readonly code?: unknown }
    readonly name?: unknown
  }
  return typeof cause?.code === 'string'
    ? cause.code
    : name === 'TimeoutError'
      ? 'timeout'
      : 'network'
}
