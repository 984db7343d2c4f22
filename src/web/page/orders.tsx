// Orders as they happen: each signal of the master and below it what every follower decided, what came of it
// and why. Any past day too. The story of one signal opens beside the list.
import { useMemo, useState } from 'preact/hooks'
import type { CopyOutcome, CopyRow, SignalRow } from '../shapes/orders.ts'
import {
  calledOf,
  clock,
  dayText,
  duration,
  grouped,
  plural,
  signedNumber,
  signOf,
} from './format.ts'
import { useKnown } from './live.ts'
import { Gain, Mark } from './mark.tsx'
import { OrderFilters } from './order-filters.tsx'
import { hrefOf, type Route } from './route.ts'
import { type Row, rowsOf } from './rows.ts'
import { type Filter, useSignals } from './signals.ts'
import { Story } from './story.tsx'
import { Cell, VirtualList } from './virtual-list.tsx'
import { Waterfall } from './waterfall.tsx'
import { decisionText, OUTCOMES, summaryOf } from './words.ts'

const COLUMNS = {
  time: 'Time',
  order: 'Order',
  decision: 'Decision',
  outcome: 'Outcome',
  filled: 'Filled',
  slip: 'Slip',
  took: 'Time taken',
  reason: 'Reason',
}
/** With more followers than this a signal is one row until it is opened. */
const OPEN_UP_TO = 6

export function Orders({ route }: { route: Route }) {
  const mode = useKnown((known) => known.overview?.site.mode ?? 'paper')
  const followerCount = useKnown((known) => known.overview?.followers.length ?? 0)
  const filter: Filter = {
    mode,
    day: route.query.day ?? '',
    follower: route.query.follower ?? '',
    outcome: (route.query.outcome ?? '') as CopyOutcome | '',
    symbol: route.query.symbol ?? '',
    side: (route.query.side ?? '') as Filter['side'],
  }
  const { signals, total, next, isLoading, trouble, loadMore } = useSignals(filter)
  const isOpenAtFirst = followerCount <= OPEN_UP_TO || filter.follower !== ''
  const [allOpen, setAllOpen] = useState<boolean | null>(null)
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set())
  const opened = allOpen ?? isOpenAtFirst
  const rows = useMemo(
    () => rowsOf(signals, ({ signal }) => opened !== turned.has(signal)),
    [signals, opened, turned],
  )
  const turn = (signal: number): void =>
    setTurned((before) => {
      const after = new Set(before)
      if (!after.delete(signal)) after.add(signal)
      return after
    })
  const chosen = route.of === null ? null : Number(route.of)
  const day = filter.day === '' ? 'today' : dayText(filter.day)
  return (
    <>
      <div class="heading">
        <h1>Orders</h1>
        <p class="soft" aria-live="off">
          {trouble ??
            (isLoading && signals.length === 0
              ? ''
              : `${plural(total, 'signal')} ${day}${signals.length < total && next === null ? `, ${signals.length} shown` : ''}`)}
        </p>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            setAllOpen(!opened)
            setTurned(new Set())
          }}
        >
          {opened ? 'Signals only' : 'Show every copy'}
        </button>
      </div>
      <OrderFilters route={route} mode={mode} />
      <div class={chosen === null ? 'split' : 'split chosen'}>
        <VirtualList
          label={`Orders, ${day}`}
          columns={COLUMNS}
          rows={rows}
          classOf={(row) => classOf(row, chosen)}
          onNearEnd={() => {
            if (next !== null && !isLoading) loadMore()
          }}
          draw={(row) =>
            row.kind === 'signal' ? (
              <SignalCells row={row} route={route} onTurn={turn} />
            ) : (
              <CopyCells copy={row.copy} />
            )
          }
          foot={
            rows.length === 0 && (
              <p class="empty" role="status">
                {trouble ??
                  (isLoading ? 'Asking for the orders …' : `No signal ${day} is like that.`)}
              </p>
            )
          }
        />
        {chosen !== null && (
          <Story key={chosen} signal={chosen} mode={mode} back={hrefOf({ ...route, of: null })} />
        )}
      </div>
    </>
  )
}

const classOf = (row: Row, chosen: number | null): string =>
  `${row.kind}${row.signal.signal === chosen ? ' is-chosen' : ''}`

function SignalCells(props: {
  readonly row: Extract<Row, { kind: 'signal' }>
  readonly route: Route
  readonly onTurn: (signal: number) => void
}) {
  const { row, route, onTurn } = props
  const { signal, isOpen } = row
  const { text, tone } = summaryOf(signal)
  const name = `#${signal.signal} ${signal.side} ${grouped(signal.quantity)} ${signal.symbol}`
  return (
    <>
      <Cell of="time">{clock(signal.seenAt)}</Cell>
      <Cell of="order">
        <button
          type="button"
          class="turn"
          aria-expanded={isOpen}
          aria-label={`Copies of ${name}`}
          onClick={() => onTurn(signal.signal)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="M5 3l6 5-6 5z" fill="currentColor" />
          </svg>
        </button>
        <a href={hrefOf({ ...route, of: String(signal.signal) })} aria-label={`Why: ${name}`}>
          #{signal.signal}
        </a>{' '}
        <Side signal={signal} /> <b>{signal.symbol}</b> <span class="faint">{signal.product}</span>
      </Cell>
      <Cell of="decision">
        <span class="soft">{signal.effect}</span>
        {signal.price === null ? '' : ` @${grouped(signal.price)}`}
      </Cell>
      <Cell of="outcome summary" title={text}>
        <Mark tone={tone}>{text}</Mark>
      </Cell>
      <Cell of="took faint">
        seen {duration(Math.max(0, Date.parse(signal.seenAt) - Date.parse(signal.filledAt)))}
      </Cell>
      <Cell of="reason faint">
        by the {signal.source === 'details' ? 'order’s details' : signal.source}
      </Cell>
    </>
  )
}

export function Side({
  signal: { side, quantity },
}: {
  signal: Pick<SignalRow, 'side' | 'quantity'>
}) {
  return (
    <strong class={`side ${side}`}>
      {side} {grouped(quantity)}
    </strong>
  )
}

function CopyCells({ copy }: { copy: CopyRow }) {
  const { outcome, filled, averagePrice, slippage, reason, steps } = copy
  const isFilled = signOf(filled) !== 0
  return (
    <>
      <Cell of="time" />
      <Cell of="order who">
        {calledOf(copy)}
        {copy.label !== null && <span class="faint"> {copy.follower}</span>}
        {copy.mode === 'paper' && <span class="paper-word"> paper</span>}
      </Cell>
      <Cell of="decision">{decisionText(copy)}</Cell>
      <Cell of="outcome">
        <Mark tone={OUTCOMES[outcome].tone}>{OUTCOMES[outcome].text}</Mark>
      </Cell>
      <Cell of="filled number">
        {isFilled && (
          <>
            {grouped(filled)}
            {averagePrice !== null && <span class="soft"> @{grouped(averagePrice)}</span>}
          </>
        )}
      </Cell>
      <Cell of="slip number">
        {slippage !== null && (
          <Gain
            text={signedNumber(slippage)}
            sign={signOf(slippage) === 0 ? 0 : signOf(slippage) > 0 ? -1 : 1}
          />
        )}
      </Cell>
      <Cell of="took">
        <Waterfall steps={steps} />
      </Cell>
      <Cell of="reason" title={reason?.text}>
        {reason?.text ?? ''}
      </Cell>
    </>
  )
}
