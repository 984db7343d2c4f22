// The trader's words, as the page gives them: the same facts that the commands write, found and refused by
// the same rules. The engine is never touched; where no ledger can be written, a halt leaves its file.
import { SettingsRefused } from '../cli/accounts-edit.ts'
import { findOwed } from '../cli/dismiss.ts'
import { flattenLines } from '../cli/flatten.ts'
import { HALTED, haltByFile } from '../cli/halt.ts'
import { Refusal } from '../cli/program.ts'
import { findQuestion, keptText } from '../cli/questions.ts'
import {
  findFollower,
  fullName,
  LedgerOutOfReach,
  type ReachOptions,
  type Site,
  steerAt,
} from '../cli/reach.ts'
import { readOrderId, resolving } from '../cli/resolve.ts'
import { liftHaltFile, pausedStill, refuseWhileHalted, resumeLines } from '../cli/resume.ts'
import { giveWord, type Pace } from '../cli/steer.ts'
import { laneText, quantityText } from '../cli/words.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Command } from '../domain/steering.ts'
import type { LedgerView, SteeringDesk } from '../ports.ts'
import type { Answers } from '../web/app.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { Mode } from '../web/shapes/said.ts'
import type { Preview, Told } from '../web/shapes/steering.ts'
import type { AnswerParts } from './parts.ts'
import type { LookSite, Views } from './views.ts'

type SteeringWrites = Pick<
  Answers['writes'],
  | '/api/steer/pause'
  | '/api/steer/resume'
  | '/api/steer/halt'
  | '/api/steer/flatten'
  | '/api/steer/approve'
  | '/api/steer/reject'
  | '/api/steer/dismiss'
  | '/api/steer/resolve'
>

const EVERYBODY = 'everybody'

export function steeringWrites({ reach, configFile }: AnswerParts): SteeringWrites {
  const optionsOf = (mode: Mode): ReachOptions => ({
    ...(mode === 'live' ? { live: true } : { paper: true }),
    ...(configFile === null ? {} : { config: configFile }),
  })
  const steer = <T>(mode: Mode, work: (site: Site<SteeringDesk>) => Promise<T>): Promise<T> =>
    steerAt(reach, optionsOf(mode), work).catch(refuse)

  async function give(
    site: Site<SteeringDesk>,
    command: Command,
    done: string,
    pace: Pace = 'soon',
  ): Promise<Told> {
    const { kind, text } = await giveWord(reach, site, command, { by: 'page', pace })
    if (kind === 'refused') throw new RequestRefused('refused', text)
    return { kind, text: `${done} ${text}` }
  }

  return {
    '/api/steer/pause': ({ mode, follower }) =>
      steer(mode, (site) => {
        const whom = whomOf(site, follower)
        const done = `${nameOf(site, whom)} paused: no entries, exits go on.`
        return give(site, { kind: 'pause', follower: whom }, done)
      }),
    '/api/steer/resume': ({ mode, follower }) =>
      steer(mode, (site) => {
        const whom = whomOf(site, follower)
        refuseWhileHalted(site, whom)
        liftHaltFile(site.dataDir)
        const done = `Resumed: ${nameOf(site, whom)}.${pausedStill(site, whom)}`
        return give(site, { kind: 'resume', follower: whom }, done)
      }),
    '/api/steer/halt': async ({ mode }) => {
      try {
        return await steerAt(reach, optionsOf(mode), (site) => give(site, { kind: 'halt' }, HALTED))
      } catch (error) {
        if (!(error instanceof LedgerOutOfReach)) return refuse(error)
        return { kind: 'acted', text: `${error.message}. ${haltByFile(error.dataDir)}` }
      }
    },
    '/api/steer/flatten': ({ mode, follower, typed }) =>
      steer(mode, (site) => {
        const whom = whomOf(site, follower)
        if (typed !== (whom ?? EVERYBODY))
          throw new RequestRefused('refused', `not done: type ${whom ?? EVERYBODY} to go on`)
        const done = `Flattening ${nameOf(site, whom)}; paused afterwards.`
        return give(site, { kind: 'flatten', follower: whom }, done, 'goesOn')
      }),
    '/api/steer/approve': ({ mode, signal, followers }) =>
      steer(mode, (site) => {
        const question = findQuestion(site, String(signal))
        const named = followers?.map((name) => findFollower(site, name)) ?? null
        const whom = (named ?? question.followers).join(', ')
        const command = { kind: 'approve', signal: question.signal.id, followers: named } as const
        return give(site, command, `Approved #${signal} for ${whom}.`)
      }),
    '/api/steer/reject': ({ mode, signal }) =>
      steer(mode, (site) => {
        const question = findQuestion(site, String(signal))
        const kept = keptText(question.signal, question.followers)
        const done = `Rejected #${signal} for ${question.followers.join(', ')}.${kept}`
        return give(site, { kind: 'reject', signal: question.signal.id }, done)
      }),
    '/api/steer/dismiss': ({ mode, id }) =>
      steer(mode, (site) => {
        const { lane, owed } = findOwed(site, id)
        const done = `Dismissed ${quantityText(owed)} ${laneText(lane)} of ${fullName(site, lane.follower)}: it is yours to close.`
        return give(site, { kind: 'dismiss', lane }, done)
      }),
    '/api/steer/resolve': ({ mode, id, order }) =>
      steer(mode, async (site) => {
        const { command, done } = resolving(site, id, order === null ? null : readOrderId(order))
        return await give(site, command, done, 'reading')
      }),
  }
}

export function resumePreview(
  views: Views,
  mode: Mode | undefined,
  follower: string | undefined,
): Preview {
  return preview(views, mode, follower, (site, whom) => {
    refuseWhileHalted(site, whom)
    return resumeLines(site, whom)
  })
}

export const flattenPreview = (
  views: Views,
  mode: Mode | undefined,
  follower: string | undefined,
): Preview => preview(views, mode, follower, flattenLines)

function preview(
  views: Views,
  mode: Mode | undefined,
  follower: string | undefined,
  linesOf: (site: LookSite, whom: AccountName | null) => readonly string[],
): Preview {
  const site = views.at(mode)
  try {
    return { site: views.textOf(site), lines: linesOf(site, whomOf(site, follower ?? null)) }
  } catch (error) {
    return refuse(error)
  }
}

const whomOf = (site: Site<LedgerView>, follower: string | null): AccountName | null =>
  follower === null ? null : findFollower(site, follower)

const nameOf = (site: Site<LedgerView>, whom: AccountName | null): string =>
  whom === null ? 'Everybody' : fullName(site, whom)

/** Of the follower that is edited; which one that is the page knows. */
const faultText = ({ path, found, allowed }: SettingsRefused['faults'][number]) => ({
  key: path.replace(/^followers\.[A-Z0-9_]+\./, ''),
  found,
  allowed,
})

/** What a command line would be refused for is told to the page in the same words. */
export function refuse(error: unknown): never {
  if (error instanceof LedgerOutOfReach) throw new RequestRefused('noLedger', error.message)
  if (error instanceof SettingsRefused)
    throw new RequestRefused('refused', error.message, { faults: error.faults.map(faultText) })
  if (error instanceof Refusal) throw new RequestRefused('refused', error.message)
  throw error
}
