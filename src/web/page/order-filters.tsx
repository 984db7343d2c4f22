// What is to be seen of the orders. The choice stands in the address, so that it survives a reload and can be
// kept as a bookmark.
import { useEffect, useState } from 'preact/hooks'
import type { Mode } from '../shapes/said.ts'
import { dayText } from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { hrefOf, type Route } from './route.ts'
import { OUTCOMES } from './words.ts'

const TYPING_MS = 300

export function OrderFilters({ route, mode }: { route: Route; mode: Mode }) {
  const { talk } = useLive()
  const revision = useKnown((known) => known.overview?.totals.signals ?? 0)
  const followers = useKnown((known) => known.overview?.followers ?? null)
  const days = useAsked(() => talk.read('/api/days', { mode }), [mode, revision === 0])
  const choose = (name: string, value: string): void => {
    location.replace(hrefOf({ ...route, of: null, query: { ...route.query, [name]: value } }))
  }
  const of = (name: string): string => route.query[name] ?? ''
  const isFiltered = ['follower', 'outcome', 'symbol', 'side'].some((name) => of(name) !== '')
  return (
    <form class="filters" aria-label="Which orders" onSubmit={(event) => event.preventDefault()}>
      <Choice name="Day" value={of('day')} onChoose={(day) => choose('day', day)}>
        <option value="">Today</option>
        {(days.value?.days ?? []).map(({ day, signals }) => (
          <option key={day} value={day}>
            {dayText(day)} · {signals}
          </option>
        ))}
      </Choice>
      <Choice name="Follower" value={of('follower')} onChoose={(name) => choose('follower', name)}>
        <option value="">Everybody</option>
        {(followers ?? []).map(({ name, label }) => (
          <option key={name} value={name}>
            {label === null ? name : `${label} (${name})`}
          </option>
        ))}
      </Choice>
      <Choice name="Outcome" value={of('outcome')} onChoose={(word) => choose('outcome', word)}>
        <option value="">Any</option>
        {Object.entries(OUTCOMES).map(([outcome, { text }]) => (
          <option key={outcome} value={outcome}>
            {text}
          </option>
        ))}
      </Choice>
      <Choice name="Side" value={of('side')} onChoose={(side) => choose('side', side)}>
        <option value="">Both</option>
        <option value="BUY">BUY</option>
        <option value="SELL">SELL</option>
      </Choice>
      <SymbolField value={of('symbol')} onChoose={(symbol) => choose('symbol', symbol)} />
      {isFiltered && (
        <a href={hrefOf({ view: 'orders', query: { day: of('day') } })}>Clear the filters</a>
      )}
    </form>
  )
}

export function Choice(props: {
  readonly name: string
  readonly value: string
  readonly onChoose: (value: string) => void
  readonly children: preact.ComponentChildren
}) {
  const { name, value, onChoose, children } = props
  return (
    <label class="choice">
      <span>{name}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {children}
      </select>
    </label>
  )
}

/** Asked for when the typing pauses. */
function SymbolField({ value, onChoose }: { value: string; onChoose: (value: string) => void }) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => onChoose(text), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <label class="choice">
      <span>Symbol</span>
      <input
        type="search"
        value={text}
        placeholder="part of it"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  )
}
