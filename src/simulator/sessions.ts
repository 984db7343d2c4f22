// Logging in as the broker does it: PIN and one-time code, three tokens a session, everything over at
// midnight IST. Token texts carry a word that tests can search for where no secret may be.
import { createGuardrails, verifySync } from 'otplib'
import { atTimeOfDay, DAY, dayOf, type Instant } from '../domain/time.ts'
import type { Account } from './account.ts'
import { drawHex } from './chance.ts'

export interface SessionSettings {
  readonly seed: number
  /** Whether a code that was used is refused within its own window. Not documented; the careful answer is yes. */
  readonly codes: 'once' | 'again'
  /** Whether a login ends the sessions before it. Reports contradict each other. */
  readonly logins: 'coexist' | 'supersede'
  /** Whether a refreshed token ends the one before it. */
  readonly refresh: 'coexist' | 'supersede'
  /** Wrong PIN: the documented code, or the one seen live. */
  readonly wrongPinCode: 'AB1000' | 'AB1007'
}

export interface Tokens {
  readonly jwt: string
  readonly refresh: string
  readonly feed: string
}

interface Session {
  readonly account: Account
  readonly tokens: Tokens
  readonly endsAt: Instant
  state: 'alive' | 'ended' | 'expired'
}

export interface LoginRequest {
  readonly clientCode: string
  readonly pin: string
  readonly code: string
  readonly apiKey: string
}

export type LoginAnswer =
  | { readonly kind: 'welcome'; readonly account: Account; readonly tokens: Tokens }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Said by the gateway, in its own dialect. */
  | { readonly kind: 'wrongKey' }

/** The documented words for a token that opens nothing. */
export type LostCode = 'AG8001' | 'AG8002' | 'AG8003' | 'AG8004'

export type Admission =
  | { readonly kind: 'session'; readonly account: Account }
  | { readonly kind: 'lost'; readonly code: LostCode; readonly account: Account | null }

export type Sessions = ReturnType<typeof createSessions>

export function createSessions(accounts: ReadonlyMap<string, Account>, settings: SessionSettings) {
  const sessions: Session[] = []
  const usedWindows = new Map<string, number>()
  let count = 0

  function open(account: Account, at: Instant): Tokens {
    count++
    const { clientCode } = account.setting
    const endsAt = atTimeOfDay(dayOf(at), DAY)
    const tokens = tokensOf(settings.seed, clientCode, count, at, endsAt)
    sessions.push({ account, tokens, endsAt, state: 'alive' })
    return tokens
  }

  function endAll(account: Account, state: 'ended' | 'expired'): void {
    for (const session of sessions)
      if (session.account === account && session.state === 'alive') session.state = state
  }

  function login(request: LoginRequest, at: Instant): LoginAnswer {
    const account = accounts.get(request.clientCode)
    if (!account) return refused(settings.wrongPinCode, 'Invalid Userid or Password')
    const { setting } = account
    if (request.apiKey !== setting.apiKey) return { kind: 'wrongKey' }
    if (account.isBlocked) return refused('AB1006', 'Client is blocked for trading')
    if (request.pin !== setting.pin)
      return refused(settings.wrongPinCode, 'Invalid Userid or Password')
    const window = windowOf(setting.totpSecret, request.code, at)
    const used = usedWindows.get(setting.clientCode) ?? -1
    if (window === null || (settings.codes === 'once' && window <= used))
      return refused('AB1050', 'Invalid totp')
    usedWindows.set(setting.clientCode, window)
    if (settings.logins === 'supersede') endAll(account, 'ended')
    return { kind: 'welcome', account, tokens: open(account, at) }
  }

  function refresh(refreshToken: string, at: Instant): LoginAnswer {
    const session = sessions.find((each) => each.tokens.refresh === refreshToken)
    if (!session || session.state === 'ended') return refused('AB8050', 'Invalid Refresh Token')
    if (session.state === 'expired' || at >= session.endsAt)
      return refused('AB8051', 'Refresh Token Expired')
    if (settings.refresh === 'supersede') session.state = 'ended'
    return { kind: 'welcome', account: session.account, tokens: open(session.account, at) }
  }

  /** Whose call it is, by its `Authorization` header and API key. */
  function admit(authorization: string, apiKey: string | null, at: Instant): Admission {
    const jwt = authorization.replace(/^Bearer\s+/i, '').trim()
    if (jwt === '') return { kind: 'lost', code: 'AG8003', account: null }
    const session = sessions.find((each) => each.tokens.jwt === jwt)
    if (!session) return { kind: 'lost', code: 'AG8001', account: null }
    const { account } = session
    if (apiKey !== null && apiKey !== account.setting.apiKey)
      return { kind: 'lost', code: 'AG8004', account }
    if (session.state === 'ended') return { kind: 'lost', code: 'AG8001', account }
    if (session.state === 'expired' || at >= session.endsAt)
      return { kind: 'lost', code: 'AG8002', account }
    return { kind: 'session', account }
  }

  return {
    login,
    refresh,
    admit,
    /** Whose refresh token it is, whether or not it still opens anything. */
    ownerOf: (refreshToken: string): Account | null =>
      sessions.find((each) => each.tokens.refresh === refreshToken)?.account ?? null,
    logout: (account: Account) => endAll(account, 'ended'),
    expire: (account: Account) => endAll(account, 'expired'),
    /** A session without the login, for the demonstration and for tests of something else. */
    grant: (account: Account, at: Instant) => open(account, at),
  }
}

const refused = (code: string, message: string): LoginAnswer => ({ kind: 'refused', code, message })

/** The 30 s window whose code this is: the present one, or the one just over. */
function windowOf(secret: string, code: string, at: Instant): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const epoch = Math.floor(at / 1000)
  const result = verifySync({
    secret,
    token: code,
    epoch,
    epochTolerance: [30, 0],
    // Secrets that brokers hand out may be shorter than the library likes.
    guardrails: createGuardrails({ MIN_SECRET_BYTES: 10 }),
  })
  return result.valid ? Math.floor(epoch / 30) + result.delta : null
}

function tokensOf(
  seed: number,
  clientCode: string,
  count: number,
  at: Instant,
  endsAt: Instant,
): Tokens {
  const words = (kind: string) => `canary${kind}-${drawHex(40, seed, kind, clientCode, count)}`
  const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const header = encode({ alg: 'HS512' })
  const body = encode({
    username: clientCode,
    iat: Math.floor(at / 1000),
    exp: Math.floor(endsAt / 1000),
  })
  return {
    jwt: `${header}.${body}.${words('jwt')}`,
    refresh: `${header}.${body}.${words('refresh')}`,
    feed: words('feed'),
  }
}
