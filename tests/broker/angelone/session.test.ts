import fc from 'fast-check'
import { generateSync } from 'otplib'
import { describe, expect, it } from 'vitest'
import type { Answer, Client, Sending } from '../../../src/broker/angelone/client.ts'
import { createPacer } from '../../../src/broker/angelone/limits.ts'
import { createSession, planLogin, windowOf } from '../../../src/broker/angelone/session.ts'
import type { SessionState } from '../../../src/domain/pulse.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { formatInstant, type Instant, instant, MINUTE, SECOND } from '../../../src/domain/time.ts'
import type { LoginAttempt, LoginResult } from '../../../src/ports.ts'
import {
  CANARIES,
  canariesIn,
  createLoginMemory,
  createManualClock,
  FOLLOWER,
  TOKENS,
} from './kit.ts'

const at = (time: string) => instant(Date.parse(`2026-11-20T${time}+05:30`))
const START = at('10:00:05')

type Said = { status: number; body: unknown } | { lost: 'neverConnected' | 'written' }
const TAKEN: Said = { status: 200, body: { status: true, errorcode: '', data: TOKENS } }
const no = (errorcode: string, message: string): Said => ({
  status: 200,
  body: { status: false, errorcode, message, data: null },
})
const BAD_CODE = no('AB1050', 'Invalid totp')
const BAD_PIN = no('AB1007', 'Invalid password')
const BLOCKED = no('AB1006', 'Client is blocked for trading')
const NO_SESSION: Said = { status: 401, body: 'Unauthorized' }
const LOST: Said = { lost: 'written' }
const DOWN: Said = { lost: 'neverConnected' }

/** A broker that answers logins one after another; the last answer stays. */
function setUp(
  answers: readonly Said[],
  start: Instant = START,
  memory = createLoginMemory(),
  totpSecret: string = CANARIES.totpSecret,
  logins: 'one' | 'asAllowed' = 'asAllowed',
  pin: string = CANARIES.pin,
) {
  const clock = createManualClock(start)
  const sent: { at: string; code: string }[] = []
  let lastAct: Instant | null = null
  const client: Client = {
    skewMs: () => null,
    close: () => undefined,
    send: (_route, sending: Sending) => {
      const said = answers[Math.min(sent.length, answers.length - 1)] ?? TAKEN
      sent.push({ at: formatInstant(clock.now()).slice(11, 19), code: String(sending.body?.totp) })
      const request = 'POST /login'
      const answer: Answer =
        'lost' in said
          ? {
              kind: 'unanswered',
              request,
              phase: said.lost,
              code: 'ECONNRESET',
              isReused: false,
              sentAt: clock.now(),
            }
          : {
              kind: 'answered',
              request,
              status: said.status,
              text: JSON.stringify(said.body),
              sentAt: clock.now(),
            }
      return Promise.resolve(answer)
    },
  }
  const session = createSession(
    { client, clock, pacer: createPacer(clock), memory, lastAct: () => lastAct },
    {
      account: FOLLOWER,
      clientCode: 'C123',
      pin: new Secret(pin),
      totpSecret: new Secret(totpSecret),
      apiKey: new Secret(CANARIES.apiKey),
      logins,
    },
  )
  return {
    clock,
    memory,
    session,
    sent,
    times: () => sent.map((one) => one.at),
    act: () => {
      lastAct = clock.now()
    },
  }
}

describe('a session', () => {
  it('logs in at once with the code of now, and gives its token without the word', async () => {
    const { session, sent } = setUp([TAKEN])
    const admission = await session.enter(7_000)
    expect(admission.kind === 'open' && admission.token.reveal()).toBe(CANARIES.jwt)
    expect(sent).toEqual([
      {
        at: '10:00:05',
        code: generateSync({ secret: CANARIES.totpSecret, epoch: START / SECOND }),
      },
    ])
    const bearer = { ...TOKENS, jwtToken: `Bearer ${CANARIES.jwt}` }
    const older = setUp([{ status: 200, body: { success: true, errorCode: '', data: bearer } }])
    const admitted = await older.session.enter(7_000)
    expect(admitted.kind === 'open' && admitted.token.reveal()).toBe(CANARIES.jwt)
  })

  it('takes a secret whose last letter holds more than its bytes need', async () => {
    const codes = async (secret: string) => {
      const { session, sent } = setUp([TAKEN], START, createLoginMemory(), secret)
      await session.enter(7_000)
      return sent.map(({ code }) => code)
    }
    const [code] = await codes('BENCHBENCHBENCHBENCHBENCHA')
    expect(code).toMatch(/^\d{6}$/)
    for (const last of 'BCD')
      expect(await codes(`BENCHBENCHBENCHBENCHBENCH${last}`)).toEqual([code])
    expect(await codes('BENCHBENCHBENCHBENCHBENCHE')).not.toEqual([code])
  })

  it.each<[string, Said, SessionState, string]>([
    [
      'a code',
      BAD_CODE,
      {
        kind: 'stopped',
        why: 'the code was refused (200 envelope AB1050)',
        remedy:
          'check FOLLOWER_1_TOTP_SECRET and the clock of this machine, then run: lockstep accounts verify FOLLOWER_1',
      },
      'codeRefused',
    ],
    [
      'a PIN',
      BAD_PIN,
      {
        kind: 'stopped',
        why: 'the PIN was refused (200 envelope AB1007)',
        remedy: 'correct FOLLOWER_1_PASSWORD, then run: lockstep accounts verify FOLLOWER_1',
      },
      'pinRefused',
    ],
    ['no answer', LOST, { kind: 'closed', why: 'the login was not answered (written)' }, 'network'],
    [
      'no way',
      DOWN,
      { kind: 'closed', why: 'the login was not answered (neverConnected)' },
      'network',
    ],
  ])('of one login sends nothing after %s', async (_, said, state, result) => {
    const memory = createLoginMemory()
    const { session, clock, times } = setUp([said], START, memory, CANARIES.totpSecret, 'one')
    expect(await session.enter(7_000)).toMatchObject({ kind: 'closed' })
    expect(session.state()).toEqual(state)
    const again = Promise.all([session.enter(7_000), session.turn()])
    await clock.advance(5 * MINUTE)
    await again
    expect(session.state()).toEqual(state)
    expect(times()).toEqual(['10:00:05'])
    expect(memory.logins(FOLLOWER, instant(0)).map((one) => one.result)).toEqual([result])
  })

  it('many who find it lost cause one login', async () => {
    const { session, clock, times } = setUp([TAKEN])
    const admission = await session.enter(7_000)
    if (admission.kind === 'closed') throw new Error(admission.why)
    await clock.advance(MINUTE)
    for (let times = 0; times < 20; times++) session.lost(admission.token)
    const again = Promise.all(Array.from({ length: 20 }, () => session.enter(7_000)))
    await clock.advance(SECOND)
    const tokens = (await again).map((one) => one.kind === 'open' && one.token)
    expect(new Set(tokens).size).toBe(1)
    expect(session.isReplaced(admission.token)).toBe(true)
    // One who hears of it late, of the old token, ends nothing.
    session.lost(admission.token)
    await clock.advance(MINUTE)
    expect(times()).toEqual(['10:00:05', '10:01:05'])
  })

  it('ends at midnight and is renewed at 08:45', async () => {
    const { session, clock, times } = setUp([TAKEN])
    const stop = new AbortController()
    const running = session.run(stop.signal)
    await clock.advance(13 * 60 * MINUTE)
    expect(session.state().kind).toBe('open')
    await clock.advance(2 * 60 * MINUTE)
    expect(session.state()).toMatchObject({ kind: 'closed', why: 'sessions end at midnight' })
    await clock.advance(8 * 60 * MINUTE)
    expect(session.state().kind).toBe('open')
    stop.abort()
    await running
    expect(times()).toEqual(['10:00:05', '08:45:05'])
  })

  it('opened in the night is renewed at 08:45', async () => {
    const { session, clock, times } = setUp([TAKEN], at('00:10:05'))
    const stop = new AbortController()
    const running = session.run(stop.signal)
    await clock.advance(12 * 60 * MINUTE)
    stop.abort()
    await running
    expect(times()).toEqual(['00:10:05', '08:45:05'])
  })

  it('ends when its token says so', async () => {
    const payload = Buffer.from(JSON.stringify({ exp: (START + 10 * MINUTE) / SECOND }))
    const jwtToken = `h.${payload.toString('base64url')}.s`
    const { session, clock } = setUp([
      { status: 200, body: { status: true, data: { ...TOKENS, jwtToken } } },
    ])
    await session.enter(7_000)
    expect(session.state().kind).toBe('open')
    await clock.advance(11 * MINUTE)
    expect(session.state().kind).toBe('closed')
  })
})

describe('a refused login', () => {
  it('of a code waits for the next window, and stops after the second', async () => {
    const { session, clock, sent, times } = setUp([BAD_CODE])
    const entering = session.enter(7_000)
    await clock.advance(7_000)
    expect(await entering).toMatchObject({ kind: 'closed' })
    await clock.advance(60 * MINUTE)
    expect(times()).toEqual(['10:00:05', '10:00:30'])
    expect(new Set(sent.map((one) => one.code)).size).toBe(2)
    expect(session.state()).toEqual({
      kind: 'stopped',
      why: 'two codes were refused',
      remedy:
        'check FOLLOWER_1_TOTP_SECRET and the clock of this machine, then run: lockstep accounts verify FOLLOWER_1',
    })
  })

  it('of a code is forgiven by the next that is taken', async () => {
    const { session, clock } = setUp([BAD_CODE, TAKEN])
    void session.enter(7_000)
    await clock.advance(MINUTE)
    expect(session.state().kind).toBe('open')
  })

  it.each([
    ['PIN', BAD_PIN, 'the PIN was refused'],
    ['account', BLOCKED, 'the login was refused'],
  ])('of a %s is tried once', async (_what, answer, why) => {
    const { session, clock, times } = setUp([answer])
    void session.enter(7_000)
    await clock.advance(60 * MINUTE)
    expect(await session.enter(7_000)).toEqual({ kind: 'closed', why })
    expect(times()).toEqual(['10:00:05'])
    expect(session.state()).toMatchObject({ kind: 'stopped', why })
  })

  /** After a restart at 10:05:05, which answers well whatever is sent. */
  async function restarted(
    refusal: Said,
    { pin = CANARIES.pin, acts = false }: { readonly pin?: string; readonly acts?: boolean },
  ) {
    const before = setUp([refusal])
    void before.session.enter(7_000)
    await before.clock.advance(MINUTE)
    const again = setUp([TAKEN], at('10:05:05'), before.memory, undefined, undefined, pin)
    if (acts) again.act()
    await again.clock.advance(SECOND)
    return { admission: await again.session.enter(7_000), times: again.times() }
  }

  it.each<[string, Said, Parameters<typeof restarted>[1], boolean]>([
    ['a PIN over a restart', BAD_PIN, {}, false],
    ['a PIN, though the user asks again: it is the same one', BAD_PIN, { acts: true }, false],
    ['a PIN, until it is another one', BAD_PIN, { pin: '4711' }, true],
    ['codes over a restart', BAD_CODE, {}, false],
    [
      'codes, until the user asks again: the clock may be right now',
      BAD_CODE,
      { acts: true },
      true,
    ],
    ['codes, until something is another', BAD_CODE, { pin: '4711' }, true],
  ])('is remembered: %s', async (_, refusal, what, isTried) => {
    const { admission, times } = await restarted(refusal, what)
    expect(admission.kind).toBe(isTried ? 'open' : 'closed')
    expect(times).toEqual(isTried ? ['10:05:06'] : [])
  })

  it('is remembered by a mark that tells nothing of the secrets', async () => {
    const { session, clock, memory } = setUp([BAD_PIN])
    void session.enter(7_000)
    await clock.advance(MINUTE)
    expect(memory.attempts.map(({ secrets }) => secrets?.length)).toEqual([16])
    expect(canariesIn(memory.attempts)).toEqual([])
  })

  it('of a secret that is none says so, and sends nothing', async () => {
    const clock = createManualClock(START)
    const memory = createLoginMemory()
    const unusable = createSession(
      {
        client: {
          send: () => Promise.reject(new Error('nothing may be sent')),
          skewMs: () => null,
          close: () => undefined,
        },
        clock,
        pacer: createPacer(clock),
        memory,
        lastAct: () => null,
      },
      {
        account: FOLLOWER,
        clientCode: 'C123',
        pin: new Secret(CANARIES.pin),
        totpSecret: new Secret('SHORT'),
        apiKey: new Secret(CANARIES.apiKey),
        logins: 'asAllowed',
      },
    )
    expect(await unusable.enter(7_000)).toMatchObject({ kind: 'closed' })
    expect(unusable.state()).toMatchObject({ kind: 'stopped', why: 'the login was refused' })
  })
})

describe('a network that fails', () => {
  it('is tried again with the same code only where none left', async () => {
    const { session, clock, sent, times } = setUp([DOWN, DOWN, TAKEN])
    void session.enter(7_000)
    await clock.advance(30_000)
    expect(times()).toEqual(['10:00:05', '10:00:06', '10:00:08'])
    expect(new Set(sent.map((one) => one.code)).size).toBe(1)
    expect(session.state().kind).toBe('open')
  })

  it('is tried again in the next window where a code may have arrived, for as long as it takes', async () => {
    const { session, clock, times } = setUp([LOST, LOST, LOST, TAKEN])
    void session.enter(7_000)
    await clock.advance(2 * MINUTE)
    expect(times()).toEqual(['10:00:05', '10:00:30', '10:01:00', '10:01:30'])
    expect(session.state().kind).toBe('open')
  })

  it('is tried again ever more seldom where the broker speaks of a session, and comes back by itself', async () => {
    const { session, clock, times, sent } = setUp([...Array(7).fill(NO_SESSION), TAKEN])
    void session.enter(7_000)
    await clock.advance(2 * MINUTE)
    expect(times()).toEqual(['10:00:05', '10:00:30', '10:01:30'])
    expect(session.state()).toEqual({
      kind: 'closed',
      why: 'the broker does not log in just now, and says nothing of the PIN or the code; it is tried again, ever more seldom (401 otherJson)',
    })
    await clock.advance(30 * MINUTE)
    expect(times().slice(3)).toEqual(['10:03:30', '10:07:30', '10:12:30', '10:17:30', '10:22:30'])
    expect(new Set(sent.map((one) => one.code)).size).toBe(sent.length)
    expect(session.state().kind).toBe('open')
  })

  it('is tried again ever more seldom by who starts again, too', async () => {
    const before = setUp([NO_SESSION])
    void before.session.enter(7_000)
    await before.clock.advance(4 * MINUTE)
    expect(before.times()).toHaveLength(4)
    const again = setUp([TAKEN], at('10:04:05'), before.memory)
    void again.session.enter(7_000)
    await again.clock.advance(5 * MINUTE)
    expect(again.times()).toEqual(['10:07:30'])
  })

  it('is no reason to wait for ever: whoever asked is told', async () => {
    const { session, clock } = setUp([LOST])
    const entering = session.enter(7_000)
    await clock.advance(7_000)
    expect(await entering).toEqual({
      kind: 'closed',
      why: 'the login was not answered; the next code is tried (written)',
    })
  })

  it('is not waited for once the session is closed', async () => {
    const { session, clock, times } = setUp([LOST])
    void session.enter(7_000)
    await clock.advance(SECOND)
    session.close()
    await clock.advance(60 * MINUTE)
    expect(times()).toEqual(['10:00:05'])
  })
})

it('says nothing secret, whatever happens', async () => {
  for (const answer of [TAKEN, BAD_CODE, BAD_PIN, BLOCKED, LOST, DOWN]) {
    const { session, clock, memory } = setUp([answer])
    void session.enter(7_000)
    await clock.advance(5 * MINUTE)
    expect(canariesIn({ session, state: session.state(), memory })).toEqual([])
    expect(canariesIn(await session.enter(0))).toEqual([])
  }
})

describe('what the attempts allow', () => {
  const window = windowOf(START)
  const attempt = (result: LoginResult | null, back: number): LoginAttempt => ({
    account: FOLLOWER,
    at: instant(START - back * 30 * SECOND),
    window: window - back,
    secrets: 'mark',
    result,
  })
  const next = instant((window + 1) * 30 * SECOND)

  it.each<[string, readonly LoginAttempt[], unknown]>([
    ['none', [], { kind: 'go', window }],
    ['a code accepted in this window', [attempt('accepted', 0)], { kind: 'go', window }],
    [
      'a code accepted, then refused in this window',
      [attempt('accepted', 0), attempt('codeRefused', 0)],
      { kind: 'wait', until: next },
    ],
    ['one that died before the answer', [attempt(null, 0)], { kind: 'wait', until: next }],
    ['one that died long ago', [attempt(null, 3)], { kind: 'go', window }],
    ['one refused code', [attempt('codeRefused', 2)], { kind: 'go', window }],
    [
      'two refused codes',
      [attempt('codeRefused', 3), attempt('codeRefused', 2)],
      { kind: 'stopped', result: 'codeRefused' },
    ],
    [
      'two refused codes with a success between',
      [attempt('codeRefused', 4), attempt('accepted', 3), attempt('codeRefused', 2)],
      { kind: 'go', window },
    ],
    ['a refused PIN', [attempt('pinRefused', 900)], { kind: 'stopped', result: 'pinRefused' }],
    ['network', [attempt('network', 1), attempt('network', 2)], { kind: 'go', window }],
    ['words about a session, a window ago', [attempt('unserved', 1)], { kind: 'go', window }],
    [
      'the same twice',
      [attempt('unserved', 2), attempt('unserved', 1)],
      { kind: 'wait', until: next },
    ],
    [
      'the same ten times: five minutes',
      Array.from({ length: 10 }, (_, at) => attempt('unserved', 11 - at)),
      { kind: 'wait', until: instant((window + 8) * 30 * SECOND) },
    ],
    [
      'the same ten times, and a success',
      [...Array(10).fill(attempt('unserved', 3)), attempt('accepted', 2), attempt('unserved', 1)],
      { kind: 'go', window },
    ],
    [
      'a refused code between: it counts as ever',
      [attempt('codeRefused', 5), attempt('unserved', 4), attempt('codeRefused', 2)],
      { kind: 'stopped', result: 'codeRefused' },
    ],
  ])('%s', (_what, attempts, plan) => {
    expect(planLogin(attempts, () => true, START, true)).toEqual(plan)
  })

  it('only a restart shows an accepted code again', () => {
    const again = planLogin([attempt('accepted', 0)], () => true, START, false)
    expect(again).toEqual({ kind: 'wait', until: next })
  })

  it('a code is not sent in the last moments of its window', () => {
    expect(planLogin([], () => true, instant(next - 1_000), true)).toEqual({
      kind: 'wait',
      until: next,
    })
  })

  // Whatever the broker answers and whenever the process dies: no code twice, no third after two refusals.
  const lives = fc.array(
    fc.record({
      waitMs: fc.integer({ min: 0, max: 90_000 }),
      result: fc.constantFrom<LoginResult | null>(
        'codeRefused',
        'network',
        'unserved',
        null,
        'pinRefused',
      ),
    }),
    { maxLength: 20 },
  )
  const live = (
    plan: typeof planLogin,
    life: readonly { waitMs: number; result: LoginResult | null }[],
  ) => {
    const attempts: LoginAttempt[] = []
    let now: Instant = START
    for (const { waitMs, result } of life) {
      now = instant(now + waitMs)
      const planned = plan(attempts, () => true, now, attempts.length === 0)
      if (planned.kind === 'go')
        attempts.push({
          account: FOLLOWER,
          at: now,
          window: planned.window,
          secrets: 'mark',
          result,
        })
    }
    const codes = attempts.map((one) => one.window)
    const isRefused = (one: LoginAttempt) => one.result === 'codeRefused'
    const pin = attempts.findIndex((one) => one.result === 'pinRefused')
    return (
      new Set(codes).size === codes.length &&
      attempts.filter(isRefused).length <= 2 &&
      (pin < 0 || pin === attempts.length - 1)
    )
  }

  it('no code goes twice, no third after two refusals, nothing after a refused PIN', () => {
    fc.assert(fc.property(lives, (life) => live(planLogin, life)))
  })

  it('control: a login that forgets is found out', () => {
    const forgetful: typeof planLogin = (_attempts, counts, now) =>
      planLogin([], counts, now, false)
    expect(fc.check(fc.property(lives, (life) => live(forgetful, life))).failed).toBe(true)
  })
})
