// How everything stands: first what wants a hand, then all accounts together, then each by itself.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { FollowerCard, Overview } from '../shapes/overview.ts'
import { AccountCard } from './account-card.tsx'
import { attentionOf } from './attention.ts'
import { AttentionList } from './attention-list.tsx'
import {
  grouped,
  NOTHING,
  percent,
  plural,
  rupees,
  signedNumber,
  signedRupees,
  signOf,
} from './format.ts'
import { Latest } from './latest.tsx'
import { Gain } from './mark.tsx'
import { useSteer } from './steer.tsx'
import { addAmounts } from './sums.ts'

export function OverviewView({ overview }: { overview: Overview }) {
  const items = attentionOf(overview)
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <AttentionList items={items} overview={overview} />
      <Totals overview={overview} />
      <AccountCards overview={overview} />
      <Latest />
    </>
  )
}

function Totals({ overview }: { overview: Overview }) {
  const { totals, followers } = overview
  const funds = addAmounts(followers.flatMap((each) => each.funds?.net ?? []))
  const unread = followers.filter((each) => each.funds === null).length
  const figures: readonly (readonly [string, ComponentChildren, ComponentChildren])[] = [
    [
      'Profit today',
      <Gain text={signedRupees(totals.profit.total)} sign={signOf(totals.profit.total)} />,
      <>
        <span>{signedNumber(totals.profit.realised)} closed</span>{' '}
        <span>{signedNumber(totals.profit.open)} open</span>
      </>,
    ],
    [
      'Funds',
      followers.length === unread ? NOTHING : rupees(funds),
      unread === 0 ? plural(followers.length, 'follower') : `${unread} not read`,
    ],
    ['Signals', grouped(String(totals.signals)), `${totals.copied} copied`],
    ['Placed', grouped(String(totals.placed)), `${percent(totals.successRate)} of all sent`],
    [
      'Failed',
      grouped(String(totals.failed)),
      totals.unknown > 0 ? `${totals.unknown} unknown` : 'none unknown',
    ],
    ['Skipped', grouped(String(totals.skipped)), 'by rules, sizes, limits'],
    ['Exits owed', grouped(String(totals.owed)), totals.owed === 0 ? 'none' : 'see above'],
  ]
  return (
    <section aria-labelledby="totals">
      <h2 id="totals">Today, all followers</h2>
      <dl class="totals">
        {figures.map(([name, value, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="figure">{value}</dd>
            <dd class="faint">{more}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** From so many on, one looks for an account by name rather than with the eyes. */
const MANY = 12

function AccountCards({ overview: { followers, site } }: { overview: Overview }) {
  const [wanted, setWanted] = useState('')
  const [isTroubleOnly, setIsTroubleOnly] = useState(false)
  const steer = useSteer()
  const shown = followers.filter(
    (card) => matches(card, wanted) && (!isTroubleOnly || isTroubled(card)),
  )
  return (
    <section aria-labelledby="accounts">
      <div class="heading">
        <h2 id="accounts">{plural(followers.length, 'follower')}</h2>
        {followers.length > MANY && (
          <>
            <input
              type="search"
              aria-label="Find a follower by its name"
              placeholder="Find"
              value={wanted}
              onInput={(event) => setWanted(event.currentTarget.value)}
            />
            <label class="check">
              <input
                type="checkbox"
                checked={isTroubleOnly}
                onChange={(event) => setIsTroubleOnly(event.currentTarget.checked)}
              />
              only with trouble
            </label>
          </>
        )}
        {followers.some(({ held }) => held.length > 0) && (
          <button type="button" onClick={() => steer({ kind: 'flatten', follower: null })}>
            Flatten everybody …
          </button>
        )}
      </div>
      {followers.length === 0 ? (
        <p class="empty">
          No follower is set up. <a href="#/accounts">Add an account</a>.
        </p>
      ) : (
        <ul class="cards">
          {shown.map((card) => (
            <li key={card.name}>
              <AccountCard card={card} siteMode={site.mode} />
            </li>
          ))}
        </ul>
      )}
      {followers.length > 0 && shown.length === 0 && (
        <p class="empty">None of them is like that.</p>
      )}
    </section>
  )
}

const matches = ({ name, label }: FollowerCard, wanted: string): boolean =>
  `${label ?? ''} ${name}`.toLowerCase().includes(wanted.trim().toLowerCase())

const isTroubled = ({ state, owed, unknown, drift, failedToday }: FollowerCard): boolean =>
  state !== 'on' || owed + unknown + drift + failedToday > 0
