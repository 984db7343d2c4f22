// The list of what wants a hand, each with the buttons that put it right.
import { useMemo } from 'preact/hooks'
import type { Overview, Question } from '../shapes/overview.ts'
import type { Item } from './attention.ts'
import { useDoing } from './dialog.tsx'
import { calledOf, grouped, secondsLeft, signedNumber } from './format.ts'
import { useLive, useNow } from './live.ts'
import { Mark } from './mark.tsx'
import { useSend, useSteer, whom } from './steer.tsx'
import { addAmounts } from './sums.ts'

export function AttentionList(props: { items: readonly Item[]; overview: Overview }) {
  const { items, overview } = props
  return (
    <section aria-labelledby="attention" class="attention">
      <h2 id="attention">Wants your hand</h2>
      {items.length === 0 ? (
        <p class="calm">
          <Mark tone="good">Nothing. Everything runs by itself.</Mark>
        </p>
      ) : (
        <ul>
          {items.map((item) => (
            <li key={item.key} class={item.tone}>
              <div>
                <p class="title">
                  <Mark tone={item.tone}>{item.title}</Mark>
                </p>
                <p class="soft">{item.detail}</p>
                {item.kind === 'question' && <Prices question={item.question} />}
              </div>
              <Actions item={item} overview={overview} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Actions({ item, overview }: { item: Item; overview: Overview }) {
  const steer = useSteer()
  switch (item.kind) {
    case 'question':
      return <Answer question={item.question} overview={overview} />
    case 'owed':
      return (
        <div class="actions">
          <a class="button" href={`#/orders?follower=${encodeURIComponent(item.owed.follower)}`}>
            See its orders<span class="hidden"> ({calledOf(item.owed)})</span>
          </a>
          <button
            type="button"
            onClick={() => steer({ kind: 'flatten', follower: item.owed.follower })}
          >
            Flatten<span class="hidden"> {calledOf(item.owed)}</span> …
          </button>
          <button type="button" onClick={() => steer({ kind: 'dismiss', owed: item.owed })}>
            Dismiss<span class="hidden"> {item.owed.id}</span> …
          </button>
        </div>
      )
    case 'kept':
      return (
        <div class="actions">
          <button
            type="button"
            onClick={() => steer({ kind: 'flatten', follower: item.kept.follower })}
          >
            Flatten<span class="hidden"> {calledOf(item.kept)}</span> …
          </button>
        </div>
      )
    case 'unknown':
      return (
        <div class="actions">
          <button type="button" onClick={() => steer({ kind: 'resolve', order: item.order })}>
            Say what became of it<span class="hidden"> ({item.order.id})</span> …
          </button>
        </div>
      )
    case 'halted':
      return item.byFile ? null : (
        <div class="actions">
          <button type="button" onClick={() => steer({ kind: 'flatten', follower: null })}>
            Flatten everybody …
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => steer({ kind: 'resume', follower: null })}
          >
            Resume<span class="hidden"> everybody</span> …
          </button>
        </div>
      )
    case 'paused':
      return (
        <div class="actions">
          <button type="button" onClick={() => steer({ kind: 'resume', follower: item.follower })}>
            Resume<span class="hidden"> {whom(overview, item.follower)}</span> …
          </button>
        </div>
      )
    default:
      return null
  }
}

/** What the master paid, what it costs now, and by how much that is worse for us. */
function Prices({ question: { masterPrice, lastPrice, side } }: { question: Question }) {
  const worse = useMemo(() => {
    if (masterPrice === null || lastPrice === null) return null
    return side === 'BUY'
      ? addAmounts([lastPrice, negated(masterPrice)])
      : addAmounts([masterPrice, negated(lastPrice)])
  }, [masterPrice, lastPrice, side])
  return (
    <p class="prices">
      Master {masterPrice === null ? 'unknown' : grouped(masterPrice)} · now{' '}
      <strong>{lastPrice === null ? 'unknown' : grouped(lastPrice)}</strong>
      {worse !== null && worse !== '0' && (
        <>
          {' '}
          ({signedNumber(worse)}, {worse.startsWith('-') ? 'better' : 'worse'})
        </>
      )}
    </p>
  )
}

const negated = (amount: string): string =>
  amount.startsWith('-') ? amount.slice(1) : `-${amount}`

function Answer({ question, overview }: { question: Question; overview: Overview }) {
  const { talk } = useLive()
  const send = useSend()
  const doing = useDoing()
  const { mode } = overview.site
  const { signal, followers, until } = question
  const approve = (only: readonly string[] | null): void =>
    void doing.run(() => send(talk.write('/api/steer/approve', { mode, signal, followers: only })))
  return (
    <div class="actions">
      {!question.isOwed && <Countdown until={until} askedAt={question.askedAt} />}
      {followers.length > 1 &&
        followers.length <= 6 &&
        followers.map((follower) => (
          <button
            key={follower}
            type="button"
            disabled={doing.isDoing}
            onClick={() => approve([follower])}
          >
            Only {overview.followers.find(({ name }) => name === follower)?.label ?? follower}
          </button>
        ))}
      <button
        type="button"
        disabled={doing.isDoing}
        onClick={() =>
          void doing.run(() => send(talk.write('/api/steer/reject', { mode, signal })))
        }
      >
        Reject<span class="hidden"> #{signal}</span>
      </button>
      <button type="button" class="primary" disabled={doing.isDoing} onClick={() => approve(null)}>
        Approve<span class="hidden"> #{signal}</span>
        {followers.length > 1 ? ` for ${followers.length}` : ''}
      </button>
      {doing.trouble !== null && (
        <p class="trouble" role="alert">
          {doing.trouble}
        </p>
      )}
    </div>
  )
}

function Countdown({ until, askedAt }: { until: string; askedAt: string }) {
  const now = useNow()
  const left = secondsLeft(until, now)
  const whole = Math.max(1, (Date.parse(until) - Date.parse(askedAt)) / 1000)
  return (
    <span class="countdown">
      <progress aria-hidden="true" max={whole} value={Math.min(left, whole)} />
      <span aria-hidden="true">{left} s left</span>
      <span class="hidden">until {until.slice(11, 19)}</span>
    </span>
  )
}
