// One follower at a glance: what state it is in, what today has brought, what it holds because of Lockstep.
import type { FollowerCard } from '../shapes/overview.ts'
import type { Mode } from '../shapes/said.ts'
import { calledOf, clock, grouped, plural, rupees, signedRupees, signOf } from './format.ts'
import { Gain, Mark } from './mark.tsx'
import { useSteer } from './steer.tsx'
import { STATES, windowText } from './words.ts'

export function AccountCard({ card, siteMode }: { card: FollowerCard; siteMode: Mode }) {
  const steer = useSteer()
  const { name, label, mode, state, profit, funds, held } = card
  const isPaused = state === 'paused' || state === 'pausedAfterRejections'
  const id = `card-${name}`
  return (
    <article class={`card ${STATES[state].tone}`} aria-labelledby={id}>
      <header>
        <h3 id={id}>{calledOf(card)}</h3>
        <Mark tone={STATES[state].tone}>{STATES[state].text}</Mark>
        <p class="faint">
          {label === null ? '' : `${name} · `}
          {mode === 'paper' ? (
            <strong class="paper-word">{siteMode === 'live' ? 'on paper' : 'dry run'}</strong>
          ) : (
            'live'
          )}
          {' · '}
          {card.verifiedAt === null ? 'never verified' : `verified ${verifiedText(card)}`}
        </p>
      </header>
      {card.sessionWhy !== null && <p class="down">{card.sessionWhy}</p>}
      <dl class="pairs">
        <div class="wide">
          <dt>Profit today</dt>
          <dd class="figure">
            <Gain text={signedRupees(profit.total)} sign={signOf(profit.total)} />
          </dd>
        </div>
        <div>
          <dt>Funds</dt>
          <dd>{rupees(funds?.net ?? null)}</dd>
        </div>
        <div>
          <dt>Orders</dt>
          <dd>
            {card.placedToday} placed
            {card.failedToday > 0 && <span class="down">, {card.failedToday} failed</span>}
            {card.skippedToday > 0 && <span class="soft">, {card.skippedToday} skipped</span>}
          </dd>
        </div>
        <div>
          <dt>Last copy</dt>
          <dd>{card.lastCopyAt === null ? 'none today' : clock(card.lastCopyAt)}</dd>
        </div>
        <Writes card={card} />
      </dl>
      <Held held={held} />
      <Troubles card={card} />
      <footer>
        {isPaused ? (
          <button type="button" onClick={() => steer({ kind: 'resume', follower: name })}>
            Resume<span class="hidden"> {calledOf(card)}</span>
          </button>
        ) : (
          <button type="button" onClick={() => steer({ kind: 'pause', follower: name })}>
            Pause<span class="hidden"> {calledOf(card)}</span>
          </button>
        )}
        <button
          type="button"
          disabled={held.length === 0 && card.inFlight === 0}
          onClick={() => steer({ kind: 'flatten', follower: name })}
        >
          Flatten<span class="hidden"> {calledOf(card)}</span> …
        </button>
        <a href={`#/orders?follower=${encodeURIComponent(name)}`}>
          Orders<span class="hidden"> of {calledOf(card)}</span>
        </a>
      </footer>
    </article>
  )
}

function verifiedText({ verifiedAt, toldAt }: FollowerCard): string {
  if (verifiedAt === null) return ''
  const isToday = toldAt !== null && toldAt.slice(0, 10) === verifiedAt.slice(0, 10)
  return isToday ? clock(verifiedAt).slice(0, 5) : verifiedAt.slice(0, 10)
}

/** The longest window is what runs out over a day; the others refill while one looks. */
function Writes({ card: { writesLeft } }: { card: FollowerCard }) {
  const longest = writesLeft.toSorted((a, b) => b.windowMs - a.windowMs)[0]
  if (longest === undefined) return null
  const { left, most, windowMs } = longest
  return (
    <div>
      <dt>Writes left {windowText(windowMs)}</dt>
      <dd>
        {grouped(String(left))} <span class="faint">of {grouped(String(most))}</span>
      </dd>
    </div>
  )
}

function Held({ held }: { held: FollowerCard['held'] }) {
  if (held.length === 0) return <p class="soft">Holds nothing</p>
  return (
    <ul class="held" aria-label="Held">
      {held.map(({ instrument, symbol, product, quantity, lastPrice }) => (
        <li key={`${instrument} ${product}`}>
          <strong>{grouped(quantity)}</strong>
          <span class="name" title={`${symbol} ${product}`}>
            {symbol} <span class="faint">{product}</span>
          </span>
          {lastPrice !== null && <span class="price">{grouped(lastPrice)}</span>}
        </li>
      ))}
    </ul>
  )
}

function Troubles({ card: { owed, unknown, drift, inFlight } }: { card: FollowerCard }) {
  if (owed + unknown + drift + inFlight === 0) return null
  return (
    <p class="troubles">
      {owed > 0 && <Mark tone="bad">{plural(owed, 'exit')} owed</Mark>}
      {unknown > 0 && <Mark tone="bad">{unknown} unknown</Mark>}
      {drift > 0 && <Mark tone="warn">{plural(drift, 'drift')}</Mark>}
      {inFlight > 0 && <Mark tone="busy">{plural(inFlight, 'order')} under way</Mark>}
    </p>
  )
}
