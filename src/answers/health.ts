// How an account does, as the engine last told it, for the page.

import type { healthOf } from '../cli/health.ts'
import { MASTER } from '../domain/ids.ts'
import { formatDecimal } from '../domain/numbers.ts'
import type { AccountPulse } from '../domain/pulse.ts'
import { formatInstant, type Instant } from '../domain/time.ts'
import { cleanText } from '../report/free-text.ts'
import type { AccountHealth } from '../web/shapes/overview.ts'

type Health = ReturnType<typeof healthOf>

/** `isRunning`: without an engine all that was told is old. */
export function healthText(
  health: Health,
  name: string,
  label: string | null,
  isRunning: boolean,
): AccountHealth {
  const told = health.accounts.find(({ account }) => account === name)
  const ailments = told === undefined ? [] : (health.ailments.get(told.account) ?? [])
  return {
    name,
    label,
    toldAt: timeOf(told === undefined ? null : newestOf(told)),
    isStale: !isRunning || ailments.some(({ kind }) => kind === 'unread'),
    session: told?.session?.kind ?? null,
    sessionWhy: whyOf(told),
    stream: streamOf(told),
    lastReadingAt: timeOf(lastReading(told, name)),
    funds: told?.seenFunds
      ? {
          net: formatDecimal(told.seenFunds.net, 2),
          used: formatDecimal(told.seenFunds.used, 2),
        }
      : null,
  }
}

function whyOf(told: AccountPulse | undefined): string | null {
  const session = told?.session
  if (session?.kind === 'stopped') return cleanText(`${session.why}: ${session.remedy}`)
  return session?.kind === 'closed' || session?.kind === 'unverified'
    ? cleanText(session.why)
    : null
}

function streamOf(told: AccountPulse | undefined): AccountHealth['stream'] {
  const kind = told?.stream?.kind
  return kind === undefined || kind === 'none' ? null : kind === 'up' ? 'connected' : 'disconnected'
}

/** The master's book is read all the time; of a follower whatever was read last. */
function lastReading(told: AccountPulse | undefined, name: string): Instant | null {
  if (told === undefined) return null
  const { orders, positions } = told
  if (name === MASTER) return orders?.goodAt ?? null
  return latest([orders?.goodAt, positions?.goodAt])
}

const newestOf = ({ session, stream, orders, positions, funds }: AccountPulse): Instant | null =>
  latest([
    session?.kind === 'open' ? session.since : null,
    stream !== null && stream.kind !== 'none' ? stream.since : null,
    ...[orders, positions, funds].flatMap((reading) => [reading?.goodAt, reading?.failing?.at]),
  ])

function latest(times: readonly (Instant | null | undefined)[]): Instant | null {
  const known = times.filter((time) => time !== null && time !== undefined)
  return known.length === 0 ? null : (Math.max(...known) as Instant)
}

const timeOf = (at: Instant | null): string | null => (at === null ? null : formatInstant(at))
