// What the start banner is told of: the accounts as they stand before the first order. Reads funds, and
// nothing that can't be read keeps the copier from starting.
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import { formatDecimal } from '../domain/numbers.ts'
import type { AccountFacts, BannerFacts, FollowerFacts } from '../report/banner.ts'
import { symbolOf } from '../report/lines.ts'
import type { Copier, Member } from './copier.ts'

/** Derivatives keep the hours of their cash market. */
const SHOWN_EXCHANGES = ['NSE', 'MCX'] as const

export async function gatherFacts(
  copier: Copier,
  {
    version,
    only,
    isDemo,
    page,
  }: {
    readonly version: string
    readonly only: readonly string[] | null
    readonly isDemo: boolean
    readonly page: () => string | null
  },
): Promise<Omit<BannerFacts, 'files'>> {
  const { clock, config, mode, members } = copier
  const { api, feed, instruments } = config.endpoints
  const urls = [api, feed, instruments].filter((url) => url !== null)
  const skewMs = copier.skewMs()
  const accounts = await Promise.all(members.map(accountFacts))
  const master = accounts[0]
  if (master === undefined) throw new Error('a copier has a master')
  return {
    version,
    isDemo,
    page: page(),
    at: clock.now(),
    mode,
    calendar: { table: CALENDAR_TABLE, overrides: config.calendar },
    exchanges: SHOWN_EXCHANGES,
    clockSkewMs: skewMs === null ? null : -skewMs,
    engine: config.engine,
    otherHosts: [...new Set(urls.map((url) => new URL(url).host))],
    master,
    followers: members.flatMap((member, index) => {
      const account = accounts[index]
      return account === undefined ? [] : followerFacts(copier, member, account, only)
    }),
  }
}

async function accountFacts({ account, reader, stopped }: Member): Promise<AccountFacts> {
  const { name, label, clientCode, egress } = account
  const why = stopped()
  const funds = why === null ? await reader.funds() : null
  return {
    name,
    label,
    clientCode,
    funds: funds?.kind === 'read' ? funds.value : null,
    egress: { localAddress: egress.localAddress, isThroughProxy: egress.proxyUrl !== null },
    stopped: why,
  }
}

function followerFacts(
  { ledger }: Copier,
  { settings, mode, account: { name } }: Member,
  account: AccountFacts,
  only: readonly string[] | null,
): readonly FollowerFacts[] {
  if (settings === null) return []
  const lanes = ledger.lanes().filter((lane) => lane.follower === name && lane.mode === mode)
  const owed = ledger.owed().filter(({ lane }) => lane.follower === name && lane.mode === mode)
  const { everybodyPaused, paused, halted } = ledger.steering()
  return [
    {
      ...account,
      settings,
      mode,
      held: lanes
        .filter(({ held }) => held !== 0n)
        .map(({ instrument, product, held }) => ({
          symbol: symbolOf(instrument),
          product,
          quantity: held,
        })),
      resting: ledger.openAttempts(name).length,
      owed: owed.map(
        ({ lane, owed }) => `${formatDecimal(owed)} ${symbolOf(lane.instrument)} ${lane.product}`,
      ),
      entriesOff: whyNoEntries(),
    },
  ]

  function whyNoEntries(): string | null {
    if (halted) return 'halted (exits wait too): lockstep resume'
    if (everybodyPaused || paused.has(name)) return `paused: lockstep resume ${name}`
    if (settings?.enabled === false)
      return only === null || only.includes(name) ? 'enabled: false' : 'left out by --only'
    return null
  }
}
