// A table of any length of which only what is in sight is drawn. All rows are equally high, so that a place
// is a multiplication. What one is reading stays in its place while rows come in above it.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { rowsInSight } from './rows.ts'

interface ListProps<T extends { readonly key: string }> {
  readonly label: string
  /** Names of the columns, and what they are called. */
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly T[]
  readonly draw: (row: T) => ComponentChildren
  readonly classOf: (row: T) => string
  readonly onNearEnd: () => void
  readonly foot?: ComponentChildren
}

export function VirtualList<T extends { readonly key: string }>(props: ListProps<T>) {
  const { label, columns, rows, draw, classOf, onNearEnd, foot } = props
  const box = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState({ scrollTop: 0, height: 600, rowHeight: 34 })
  const { first, end } = rowsInSight({ ...sight, count: rows.length })
  const anchor = useRef<{ readonly key: string; readonly index: number } | null>(null)

  const look = (): void => {
    const element = box.current
    if (element === null) return
    const rowHeight = Number.parseInt(getComputedStyle(element).getPropertyValue('--row'), 10) || 34
    setSight({ scrollTop: element.scrollTop, height: element.clientHeight, rowHeight })
  }
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const watcher = new ResizeObserver(look)
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])

  // Rows that came in above move everything down: so does the window, unless one is at the top.
  useLayoutEffect(() => {
    const element = box.current
    const before = anchor.current
    if (element !== null && before !== null && element.scrollTop > 0) {
      const index = rows.findIndex(({ key }) => key === before.key)
      if (index >= 0 && index !== before.index)
        element.scrollTop += (index - before.index) * sight.rowHeight
    }
  }, [rows])
  useLayoutEffect(() => {
    const index = Math.floor(sight.scrollTop / sight.rowHeight)
    const row = rows[index]
    anchor.current = row === undefined ? null : { key: row.key, index }
  }, [rows, sight])

  useEffect(() => {
    if (end >= rows.length - 20) onNearEnd()
  }, [end, rows.length])

  return (
    <div
      ref={box}
      class="list"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      onScroll={look}
      onKeyDown={(event) => moveByArrow(event, box.current, sight.rowHeight)}
    >
      <div role="row" class="row head" aria-rowindex={1}>
        {Object.entries(columns).map(([name, text]) => (
          <span key={name} role="columnheader" class={`head-${name}`}>
            {text}
          </span>
        ))}
      </div>
      <div
        class="sizer"
        role="presentation"
        style={{ height: `${rows.length * sight.rowHeight}px` }}
      >
        <div role="presentation" style={{ transform: `translateY(${first * sight.rowHeight}px)` }}>
          {rows.slice(first, end).map((row, at) => (
            <div
              key={row.key}
              role="row"
              class={`row ${classOf(row)}`}
              aria-rowindex={first + at + 2}
            >
              {draw(row)}
            </div>
          ))}
        </div>
      </div>
      {foot && (
        <div role="row">
          <div role="cell">{foot}</div>
        </div>
      )}
    </div>
  )
}

/** `of` is its column: what it is called and where it stands depends on the room there is. */
export function Cell(props: {
  readonly of: string
  readonly title?: string | undefined
  readonly children?: ComponentChildren
}) {
  return (
    <span role="cell" class={props.of} title={props.title}>
      {props.children}
    </span>
  )
}

/** Up and down go from row to row, to the same thing in it. */
function moveByArrow(event: KeyboardEvent, box: HTMLElement | null, rowHeight: number): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const from = event.target
  if (step === 0 || box === null || !(from instanceof HTMLElement)) return
  const row = from.closest('[role="row"]')
  if (row === null) return
  event.preventDefault()
  const rows = [...box.querySelectorAll('.sizer [role="row"]')]
  let next = rows[rows.indexOf(row) + step]
  while (next !== undefined && next.querySelector('a, button') === null)
    next = rows[rows.indexOf(next) + step]
  const target =
    next?.querySelector<HTMLElement>(from.tagName.toLowerCase()) ??
    next?.querySelector<HTMLElement>('a')
  if (target) target.focus()
  else box.scrollTop += step * rowHeight * 3
}
