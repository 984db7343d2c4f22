// Whether an account is whose it is said to be: asked once a day, written down, and never guessed.
import { expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { type Instant, instant, MINUTE } from '../../src/domain/time.ts'
import { createVerification } from '../../src/engine/verify.ts'
import type { Profile, Reading } from '../../src/ports.ts'

const NAME = accountName('FOLLOWER_1')
const at = (text: string): Instant => instant(Date.parse(`${text}:00+05:30`))
const MORNING = at('2026-12-01T09:00')

function stand(before: Instant | null = null) {
  let now = MORNING
  let verifiedAt = before
  let asked = 0
  let answer: string | null = 'F100001'
  const reading = (): Reading<Profile> =>
    answer === null
      ? { kind: 'failed', why: 'network', evidence: 'ECONNRESET', at: now }
      : {
          kind: 'read',
          value: { clientCode: answer, name: 'Papa', exchanges: [], products: [] },
          unreadable: [],
          at: now,
        }
  const verification = createVerification(
    {
      clock: { now: () => now },
      ledger: {
        verifiedAt: () => verifiedAt,
        recordVerified: (_, when) => {
          verifiedAt = when
        },
      },
      reader: {
        profile() {
          asked += 1
          return Promise.resolve(reading())
        },
      },
    },
    { name: NAME, clientCode: 'f100001' },
  )
  return {
    verification,
    answers: (code: string | null) => {
      answer = code
    },
    goTo: (when: Instant) => {
      now = when
    },
    asked: () => asked,
    recorded: () => verifiedAt,
  }
}

test('the profile bears the code: verified, written down, and not asked again that day', async () => {
  const { verification, asked, recorded } = stand()
  expect(verification.doubt()?.why ?? null).toBe('not verified today: its profile was not read yet')
  await verification.turn()
  await verification.turn()
  expect([verification.doubt()?.why ?? null, asked(), recorded()]).toEqual([null, 1, MORNING])
})

test('a restart on the same day asks no more', async () => {
  const { verification, asked } = stand(instant(MORNING - MINUTE))
  await verification.turn()
  expect([verification.doubt()?.why ?? null, asked()]).toEqual([null, 0])
})

test('it lasts through the night, and is asked again in the morning', async () => {
  const { verification, goTo, asked } = stand()
  await verification.turn()
  goTo(at('2026-12-02T08:44'))
  await verification.turn()
  expect([verification.doubt()?.why ?? null, asked()]).toEqual([null, 1])
  goTo(at('2026-12-02T08:45'))
  expect(verification.doubt()?.why ?? null).not.toBeNull()
  await verification.turn()
  expect([verification.doubt()?.why ?? null, asked()]).toEqual([null, 2])
})

test("what can't be read is neither yes nor no, and is asked again", async () => {
  const { verification, answers } = stand()
  answers(null)
  await verification.turn()
  expect(verification.doubt()?.why ?? null).toBe(
    "not verified today: its profile can't be read (network)",
  )
  answers('F100001')
  await verification.turn()
  expect(verification.doubt()?.why ?? null).toBeNull()
})

test('another code is refused for good, and asked no more', async () => {
  const { verification, answers, asked, recorded } = stand()
  answers('F100002')
  await verification.turn()
  answers('F100001')
  await verification.turn()
  expect(verification.doubt()?.why ?? null).toBe('its keys are those of F…002, not of f…001')
  expect([asked(), recorded()]).toEqual([1, null])
})
