// One account's session with Angel One. Broker accounts are locked by wrong logins, so every attempt is
// written down before it is sent and remembered over restarts: a code is used once, a second one only
// after its window, a third never; a PIN that was refused is not tried again. What is left to do then is
// the user's, and only this account waits for it.
//
//   closed ── login ──┬─ accepted ──► open ── lost | midnight ──► closed
//                     ├─ network ───► next window, as long as it takes
//                     ├─ unserved ──► a later window each time, as long as it takes
//                     ├─ code ──────► next window, once ──► stopped
//                     └─ PIN, other ► stopped ── the user acts ──► closed
import { createHash } from 'node:crypto'
import { createGuardrails, generateSync } from 'otplib'
import type { AccountName } from '../../domain/ids.ts'
import { MASTER } from '../../domain/ids.ts'
import type { SessionState } from '../../domain/pulse.ts'
import { Secret } from '../../domain/secret.ts'
import {
  after,
  atTimeOfDay,
  DAY,
  dayOf,
  HOUR,
  type Instant,
  instant,
  MINUTE,
  nextDay,
  SECOND,
} from '../../domain/time.ts'
import type { Clock, Ledger, LoginAttempt, LoginResult } from '../../ports.ts'
import { classifyLogin, type Evidence, evidenceOf } from './classify.ts'
import type { Client } from './client.ts'
import type { Pacer } from './limits.ts'
import { readBody, readTokens } from './wire.ts'

export type LoginMemory = Pick<Ledger, 'recordLogin' | 'recordLoginResult' | 'logins'>

export type Admission =
  | { readonly kind: 'open'; readonly token: Secret }
  | { readonly kind: 'closed'; readonly why: string }

export interface Session {
  /** The session, after waiting that long for a login that is under way. */
  enter(waitMs: number): Promise<Admission>
  /** Its token when it is open, without a wait of any kind. */
  token(): Secret | null
  /** The broker said that this token is no session. Of many who say so, the first logs in. */
  lost(token: Secret): void
  /** Whether a newer session has taken the place of this token's. */
  isReplaced(token: Secret): boolean
  state(): SessionState
  /** Logs in if it is time to. */
  turn(): Promise<void>
  run(signal: AbortSignal): Promise<void>
  /** Ends every wait. */
  close(): void
}

interface Deps {
  readonly client: Client
  readonly clock: Clock
  readonly pacer: Pacer
  readonly memory: LoginMemory
  /** When the user last asked for another try; a PIN that was refused stays so until it is another one. */
  readonly lastAct: () => Instant | null
}

interface Config {
  readonly account: AccountName
  readonly clientCode: string
  readonly pin: Secret
  readonly totpSecret: Secret
  readonly apiKey: Secret
  /** `one`: for who only checks. A single code is sent, and nothing after it. */
  readonly logins: 'one' | 'asAllowed'
}

interface Open {
  readonly token: Secret
  readonly since: Instant
  readonly until: Instant
}

const WINDOW_MS = 30 * SECOND
/** A code sent in the last moments of its window may arrive in the next. */
const LATEST_IN_WINDOW_MS = 1.5 * SECOND
/** Before the pre-open session, after the broker's nightly work. */
const MORNING_MS = 8 * HOUR + 45 * MINUTE
const LONGEST_UNSERVED_WINDOWS = (5 * MINUTE) / WINDOW_MS
const REMEMBERED_MS = 30 * DAY
const TURN_MS = 15 * SECOND

export function createSession(deps: Deps, config: Config): Session {
  const { client, clock, pacer, memory } = deps
  const closing = new AbortController()
  let open: Open | null = null
  let state: SessionState = { kind: 'closed', why: 'not logged in yet' }
  let underWay: Promise<void> | null = null
  let hasBegun = false
  let hasOpened = false
  let hasTried = false

  const current = (): Open | null => (open && clock.now() < open.until ? open : null)

  function begin(): Promise<void> {
    underWay ??= logIn().finally(() => {
      underWay = null
    })
    return underWay
  }

  async function logIn(): Promise<void> {
    while (!closing.signal.aborted) {
      if (config.logins === 'one' && hasTried) return
      // Who has one code to send doesn't send one that may be spent.
      const isRestart = !hasOpened && config.logins === 'asAllowed'
      const plan = planLogin(attempts(), stillCounts(), clock.now(), isRestart)
      if (plan.kind === 'stopped') {
        if (!current()) state = { kind: 'stopped', ...stopOf(plan.result, config.account) }
        return
      }
      if (plan.kind === 'wait') {
        await clock.sleep(plan.until - clock.now(), closing.signal)
        continue
      }
      hasTried = true
      const opened = await attempt(plan.window)
      if (!opened) continue
      open = opened
      hasOpened = true
      state = { kind: 'open', since: opened.since, until: opened.until }
      return
    }
  }

  const attempts = () =>
    memory.logins(config.account, instant(Math.max(0, clock.now() - REMEMBERED_MS)))

  /** What was refused counts for the secrets it was refused with, or until the user asks for another try. */
  function stillCounts(): (attempt: LoginAttempt) => boolean {
    const actedAt = deps.lastAct()
    let current: string | null = null
    return ({ at, result, secrets }) => {
      const isOlder = actedAt !== null && at <= actedAt
      if (secrets === null) return !isOlder
      current ??= markOf(config, usedOf(config))
      return secrets === current && (result === 'pinRefused' || !isOlder)
    }
  }

  async function attempt(window: number): Promise<Open | null> {
    // Taken out once for each use: where they are kept encrypted, each taking out is written down.
    const used = usedOf(config)
    const code = makeCode(used.totpSecret, window)
    const mark = markOf(config, used)
    const login = memory.recordLogin(config.account, window, mark, clock.now())
    if (!code) {
      memory.recordLoginResult(login, 'refused', clock.now())
      return null
    }
    const { result, text, evidence } = await present(used.pin, code, window)
    const opened = result === 'accepted' ? openFrom(text, clock.now()) : null
    // Accepted without a token is no session: as good as an answer that never came.
    const came = result === 'accepted' && !opened ? 'network' : result
    memory.recordLoginResult(login, came, clock.now())
    if (!opened) state = failure(came, evidence)
    return opened
  }

  function failure(result: LoginResult, evidence: string): SessionState {
    if (config.logins === 'asAllowed' || result === 'accepted')
      return { kind: 'closed', why: `${FAILURES[result]} (${evidence})` }
    if (result === 'network')
      return { kind: 'closed', why: `the login was not answered (${evidence})` }
    if (result === 'unserved') return { kind: 'closed', why: `${UNSERVED} (${evidence})` }
    const stop = stopOf(result, config.account)
    const why = result === 'codeRefused' ? 'the code was refused' : stop.why
    return { kind: 'stopped', why: `${why} (${evidence})`, remedy: stop.remedy }
  }

  /** Sends one code. Only a connection that never opened is tried again, since no code left by it. */
  async function present(pin: Secret, code: Secret, window: number) {
    for (let pauseMs = SECOND; ; pauseMs *= 2) {
      const answer = await pacer.ask('login', () =>
        client.send('login', {
          token: null,
          body: {
            clientcode: config.clientCode,
            password: pin.reveal(),
            totp: code.reveal(),
          },
        }),
      )
      const evidence = evidenceOf(answer)
      const result: LoginResult = classifyLogin(evidence)
      const text = answer.kind === 'answered' ? answer.text : ''
      const isUnused = answer.kind === 'unanswered' && answer.phase === 'neverConnected'
      const inTime = windowOf(after(clock.now(), pauseMs + LATEST_IN_WINDOW_MS)) === window
      if (!isUnused || !inTime || closing.signal.aborted || config.logins === 'one')
        return { result, text, evidence: briefly(evidence) }
      state = { kind: 'closed', why: `cannot reach the broker (${answer.code})` }
      await clock.sleep(pauseMs, closing.signal)
    }
  }

  function isDue(): boolean {
    if (!hasBegun) return true
    const now = clock.now()
    const morning = atTimeOfDay(dayOf(now), MORNING_MS)
    return now >= morning && (open === null || open.since < morning || now >= open.until)
  }

  const session: Session = {
    async enter(waitMs) {
      hasBegun = true
      const usable = current()
      if (usable) return { kind: 'open', token: usable.token }
      const waited = new AbortController()
      const until = AbortSignal.any([waited.signal, closing.signal])
      try {
        await Promise.race([begin(), clock.sleep(waitMs, until)])
      } finally {
        waited.abort()
      }
      const opened = current()
      if (opened) return { kind: 'open', token: opened.token }
      return { kind: 'closed', why: state.kind === 'open' ? 'logging in' : state.why }
    },
    token: () => current()?.token ?? null,
    lost(token) {
      if (open?.token !== token) return
      open = null
      state = { kind: 'closed', why: 'the broker ended the session' }
      // What it fails with meets everybody who enters next.
      begin().catch(() => undefined)
    },
    isReplaced: (token) => open !== null && open.token !== token,
    state: () => (state.kind === 'open' && !current() ? ENDED : state),
    async turn() {
      const due = isDue()
      hasBegun = true
      if (due) await begin()
    },
    async run(signal) {
      signal.addEventListener('abort', session.close, { once: true })
      while (!signal.aborted) {
        await session.turn()
        await clock.sleep(TURN_MS, signal)
      }
    },
    close: () => closing.abort(),
  }
  return session
}

const UNSERVED = 'the broker does not log in just now, and says nothing of the PIN or the code'
const FAILURES: Readonly<Record<LoginResult, string>> = {
  accepted: 'logging in',
  network: 'the login was not answered; the next code is tried',
  codeRefused: 'a code was refused; the next one is tried once',
  pinRefused: 'the PIN was refused',
  refused: 'the login was refused',
  unserved: `${UNSERVED}; it is tried again, ever more seldom`,
}
const ENDED: SessionState = { kind: 'closed', why: 'sessions end at midnight' }

// --- when to try -------------------------------------------------------------------------------

export type LoginPlan =
  | { readonly kind: 'go'; readonly window: number }
  | { readonly kind: 'wait'; readonly until: Instant }
  | { readonly kind: 'stopped'; readonly result: 'codeRefused' | 'pinRefused' | 'refused' }

export const windowOf = (at: Instant): number => Math.floor(at / WINDOW_MS)

/** What the attempts so far allow. `attempts` are oldest first. */
export function planLogin(
  attempts: readonly LoginAttempt[],
  /** Of those after the last accepted one; the others are forgotten anyway. */
  counts: (attempt: LoginAttempt) => boolean,
  now: Instant,
  /** Nothing was opened by this process yet. */
  isRestart: boolean,
): LoginPlan {
  const accepted = attempts.findLastIndex((attempt) => attempt.result === 'accepted')
  const counted = attempts
    .slice(accepted + 1)
    .filter((attempt) => isRefusal(attempt.result) && counts(attempt))
  const refused = (result: LoginResult) =>
    counted.filter((attempt) => attempt.result === result).length
  if (refused('pinRefused') > 0) return { kind: 'stopped', result: 'pinRefused' }
  if (refused('refused') > 0) return { kind: 'stopped', result: 'refused' }
  if (refused('codeRefused') > 1) return { kind: 'stopped', result: 'codeRefused' }
  const window = windowOf(now)
  const next = instant((window + 1) * WINDOW_MS)
  // A restart logs in at once: a code that was accepted is shown again, for nobody says that it is good
  // for once only. One that was refused, or of which a process died before the answer, never is.
  const unserved = attempts
    .slice(accepted + 1)
    .filter((attempt) => attempt.result === 'unserved' && counts(attempt))
  const last = unserved.at(-1)
  const from = last === undefined ? 0 : last.window + windowsBetween(unserved.length)
  if (window < from) return { kind: 'wait', until: instant(from * WINDOW_MS) }
  const isSpent = attempts.some(
    ({ window: used, result }) => used === window && !(isRestart && result === 'accepted'),
  )
  if (isSpent || next - now < LATEST_IN_WINDOW_MS) return { kind: 'wait', until: next }
  return { kind: 'go', window }
}

/** A gateway that is out of order is asked 1, 2, 4, 8 codes later, and every five minutes from then on. */
const windowsBetween = (unserved: number): number =>
  Math.min(LONGEST_UNSERVED_WINDOWS, 2 ** (unserved - 1))

const isRefusal = (result: LoginResult | null): boolean =>
  result === 'pinRefused' || result === 'refused' || result === 'codeRefused'

function stopOf(result: 'codeRefused' | 'pinRefused' | 'refused', account: AccountName) {
  const prefix = account === MASTER ? '' : `${account}_`
  const then = `then run: lockstep accounts verify ${account}`
  switch (result) {
    case 'pinRefused':
      return { why: 'the PIN was refused', remedy: `correct ${prefix}PASSWORD, ${then}` }
    case 'codeRefused':
      return {
        why: 'two codes were refused',
        remedy: `check ${prefix}TOTP_SECRET and the clock of this machine, ${then}`,
      }
    case 'refused':
      return {
        why: 'the login was refused',
        remedy: `check ${prefix}API_KEY, ${prefix}CLIENT_ID and ${prefix}TOTP_SECRET, ${then}`,
      }
  }
}

/** Without the broker's words: of a login they could repeat what was sent. */
const briefly = ({ connection, status, body, code }: Evidence): string =>
  connection === 'answered' ? [status, body, code].filter(Boolean).join(' ') : connection

type Used = Pick<Config, 'pin' | 'totpSecret'>

const usedOf = ({ pin, totpSecret }: Config): Used => ({
  pin: new Secret(pin.reveal()),
  totpSecret: new Secret(totpSecret.reveal()),
})

/**
 * Tells one set of secrets from another. Nobody gets a PIN out of it by trying all: the key and the secret of
 * the codes, which no one can guess, are in it too.
 */
function markOf({ clientCode, apiKey }: Config, { pin, totpSecret }: Used): string {
  const secrets = [clientCode, pin.reveal(), totpSecret.reveal(), apiKey.reveal()]
  return createHash('sha256').update(JSON.stringify(secrets)).digest('base64url').slice(0, 16)
}

// --- codes and tokens --------------------------------------------------------------------------

// The broker chooses the secret; ten bytes are what some authenticators are given.
const GUARDRAILS = createGuardrails({ MIN_SECRET_BYTES: 10 })

/** null when the secret is no secret: too short or not base32. What is wrong with it is not repeated. */
function makeCode(secret: Secret, window: number): Secret | null {
  try {
    const epoch = (window * WINDOW_MS) / SECOND
    const seed = withoutLooseBits(secret.reveal())
    return new Secret(generateSync({ secret: seed, epoch, guardrails: GUARDRAILS }))
  } catch {
    return null
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * Letters carry five bits and bytes eight: the last letter may hold bits that belong to no byte. Every
 * authenticator ignores them, and a broker that draws 26 random letters sets them; otplib refuses them.
 */
function withoutLooseBits(secret: string): string {
  const loose = (secret.length * 5) % 8
  const last = BASE32.indexOf(secret.at(-1) ?? '')
  if (loose >= 5 || last < 0) return secret
  return secret.slice(0, -1) + BASE32.charAt((last >> loose) << loose)
}

function openFrom(text: string, now: Instant): Open | null {
  const body = readBody(text)
  const tokens = readTokens(body.kind === 'envelope' ? body.envelope.data : null)
  if (tokens.kind === 'misshapen') return null
  // Older answers carry the word; the header adds it.
  const jwt = tokens.value.jwtToken.replace(/^Bearer\s+/i, '')
  const midnight = atTimeOfDay(nextDay(dayOf(now)), 0)
  const until = Math.min(midnight, expiryOf(jwt) ?? midnight)
  return { token: new Secret(jwt), since: now, until: instant(until) }
}

/** `exp` of a JWT, where it is one and says so. */
function expiryOf(jwt: string): number | null {
  try {
    const payload = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    return Number.isSafeInteger(payload?.exp) ? payload.exp * SECOND : null
  } catch {
    return null // not a JWT: it lasts until midnight, or until the broker says otherwise
  }
}
