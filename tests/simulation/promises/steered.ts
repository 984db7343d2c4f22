// What the trader's word stops, stops (promise 4): in a halt, by command or by the file, nothing leaves for a
// follower that was not flattened since; and while a follower is paused, no entry leaves for it. Judged is what left
// so long after the word that it can't have been on its way.
import type { AccountName } from '../../../src/domain/ids.ts'
import { clockTime, type Day, isWrite } from './day.ts'

/** The word is read several times a second, and what was on its way by then arrives. */
const OBEYED_WITHIN_MS = 2_000

interface Stop {
  readonly word: 'halted' | 'paused'
  readonly from: number
  readonly until: number
}

export function brokenSteered(day: Day): readonly string[] {
  const { truth, trails } = day
  const entries = new Set(
    trails.filter(({ intent }) => intent.role === 'entry').map(({ attempt }) => attempt.tag),
  )
  return truth.followers.flatMap(({ name, clientCode }) => {
    const stops = [...stopsOf(day, name, 'halted'), ...stopsOf(day, name, 'paused')]
    return truth.requests
      .filter((request) => request.clientCode === clientCode && isWrite(request))
      .flatMap(({ sentAt, names, route }) =>
        stops
          .filter(({ word }) => word === 'halted' || entries.has(names))
          .filter(({ from, until }) => sentAt > from + OBEYED_WITHIN_MS && sentAt < until)
          .map(
            ({ word, from }) =>
              `${name}, ${word} at ${clockTime(from)}: ${route} ${names} left at ${clockTime(sentAt)}`,
          ),
      )
  })
}

/** Each span in which that word stood for this follower. */
function stopsOf(day: Day, name: AccountName, word: Stop['word']): readonly Stop[] {
  const stops: Stop[] = []
  let from: number | null = null
  const turn = ({ since, before }: Pick<Word, 'since' | 'before'>, isStopped: boolean): void => {
    if (isStopped) from ??= since
    if (isStopped || from === null) return
    stops.push({ word, from, until: before })
    from = null
  }
  for (const at of wordsOf(day)) {
    const { kind, follower } = at
    if (kind === 'HALT' || kind === 'no HALT') {
      // Without it the trader's own halt may still stand: then nothing is judged.
      if (word === 'halted') turn(at, kind === 'HALT')
    } else if (follower === null || follower === name) {
      if (word === 'paused') turn(at, kind === 'pause' || kind === 'flatten')
      else if (kind === 'halt') turn(at, true)
      else if (kind !== 'pause') turn(at, false)
    }
  }
  turn({ since: 0, before: Number.POSITIVE_INFINITY }, false)
  return stops
}

interface Word {
  readonly kind: string
  readonly follower: AccountName | null
  /** By the broker's clock it was given between these: the machine's may be off. */
  readonly before: number
  readonly since: number
}

function wordsOf({ facts, truth }: Day): readonly Word[] {
  const requests = truth.requests.toSorted((a, b) => a.sentAt - b.sentAt)
  const given = facts.steering
    .filter(({ kind }) => ['pause', 'halt', 'resume', 'flatten'].includes(kind))
    .map(({ kind, follower, journal }) => ({
      kind,
      follower,
      before: requests.findLast((request) => request.journal < journal)?.sentAt ?? 0,
      since: requests.find((request) => request.journal >= journal)?.sentAt ?? Infinity,
    }))
  const files = truth.haltFiles.map(({ at, isThere }) => ({
    kind: isThere ? 'HALT' : 'no HALT',
    follower: null,
    before: at,
    since: at,
  }))
  return [...given, ...files].toSorted((a, b) => a.since - b.since || a.before - b.before)
}
