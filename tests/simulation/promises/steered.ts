// What the trader's word stops, stops (promise 4): in a halt, by command or by the file, nothing leaves for a
// follower that was not flattened since; and while a follower is paused, no entry leaves for it. Judged is what left
// so long after the word that it can't have been on its way.
import type { AccountName } from '../../../src/domain/ids.ts'
import { clockTime, type Day, isWrite } from './day.ts'
import type { SteeringFact } from './facts.ts'

/** The word is read several times a second, and the machine's clock may be off by four. */
const OBEYED_WITHIN_MS = 6_000

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
          .filter(
            ({ from, until }) =>
              sentAt > from + OBEYED_WITHIN_MS && sentAt < until - OBEYED_WITHIN_MS,
          )
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
  const turn = (at: number, isStopped: boolean): void => {
    if (isStopped) from ??= at
    if (isStopped || from === null) return
    stops.push({ word, from, until: at })
    from = null
  }
  for (const { at, kind, follower } of wordsOf(day)) {
    if (kind === 'HALT' || kind === 'no HALT') {
      // Without it the trader's own halt may still stand: then nothing is judged.
      if (word === 'halted') turn(at, kind === 'HALT')
    } else if (follower === null || follower === name) {
      if (word === 'paused') turn(at, kind === 'pause' || kind === 'flatten')
      else if (kind === 'halt') turn(at, true)
      else if (kind !== 'pause') turn(at, false)
    }
  }
  turn(Number.POSITIVE_INFINITY, false)
  return stops
}

type Word = Pick<SteeringFact, 'at' | 'follower'> & { readonly kind: string }

const wordsOf = ({ facts, truth }: Day): readonly Word[] =>
  [
    ...facts.steering.filter(({ kind }) => ['pause', 'halt', 'resume', 'flatten'].includes(kind)),
    ...truth.haltFiles.map(({ at, isThere }) => ({
      at,
      follower: null,
      kind: isThere ? 'HALT' : 'no HALT',
    })),
  ].toSorted((a, b) => a.at - b.at)
