// The signals of a day, a page at a time from the newest, kept true: when some change, the stretch from the
// newest to the oldest of them is asked for again. One question at a time.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CopyOutcome, SignalFilter, SignalRow } from '../shapes/orders.ts'
import type { Day, Mode } from '../shapes/said.ts'
import { useKnown, useLive } from './live.ts'
import { mergeSignals } from './rows.ts'
import { textOf } from './talk.ts'

export interface Filter {
  readonly mode: Mode
  /** Empty: today; everybody; every outcome; all; both. */
  readonly day: Day | ''
  readonly follower: string
  readonly outcome: CopyOutcome | ''
  readonly symbol: string
  readonly side: 'BUY' | 'SELL' | ''
}

export interface Signals {
  readonly signals: readonly SignalRow[]
  /** Of the day, whatever the filter. */
  readonly total: number
  /** What to ask the next page with; null: that was all. */
  readonly next: number | null
  readonly isLoading: boolean
  readonly trouble: string | null
}

const NONE: Signals = { signals: [], total: 0, next: null, isLoading: true, trouble: null }
const PAGE = 50
const MOST = 200
/** A reading may be asked for again as often as one likes. */
const AGAIN_MS = 3000

export function useSignals(
  filter: Filter,
  page = PAGE,
): Signals & { readonly loadMore: () => void } {
  const { talk } = useLive()
  const changed = useKnown((known) => known.changed)
  const line = useKnown((known) => known.line)
  const [state, setState] = useState<Signals>(NONE)
  const now = useRef(state)
  const turn = useRef<Turn | null>(null)
  const key = JSON.stringify(filter)
  const show = (change: Partial<Signals>): void => {
    now.current = { ...now.current, ...change }
    setState(now.current)
  }

  useEffect(() => {
    show(NONE)
    const own = createTurn(
      () => now.current,
      show,
      (query) => talk.read('/api/signals', { ...queryOf(filter), ...query }),
      page,
    )
    turn.current = own
    own.ask({ kind: 'begin' })
    return own.stop
  }, [key])

  useEffect(() => {
    if (changed === null || changed.mode !== filter.mode || changed.signals.length === 0) return
    const isCut = changed.signals.length >= MOST
    turn.current?.ask({ kind: 'renew', since: isCut ? 0 : Math.min(...changed.signals) })
  }, [changed])

  // What happened while the line was lost was told to nobody.
  const wasLost = useRef(false)
  useEffect(() => {
    if (line === 'open' && wasLost.current) turn.current?.ask({ kind: 'renew', since: 0 })
    wasLost.current = line === 'lost'
  }, [line])

  return { ...state, loadMore: () => turn.current?.ask({ kind: 'more' }) }
}

function queryOf({ mode, day, follower, outcome, symbol, side }: Filter): SignalFilter {
  return {
    mode,
    ...(day === '' ? {} : { day }),
    ...(follower === '' ? {} : { follower }),
    ...(outcome === '' ? {} : { outcome }),
    ...(symbol.trim() === '' ? {} : { symbol: symbol.trim() }),
    ...(side === '' ? {} : { side }),
  }
}

// --- one question at a time

type Wish =
  | { readonly kind: 'begin' }
  | { readonly kind: 'more' }
  | { readonly kind: 'renew'; readonly since: number }

interface Page {
  readonly signals: readonly SignalRow[]
  readonly next: number | null
  readonly total: number
}

interface Turn {
  ask(wish: Wish): void
  stop(): void
}

function createTurn(
  current: () => Signals,
  show: (change: Partial<Signals>) => void,
  read: (query: { readonly until?: string; readonly limit: string }) => Promise<Page>,
  limit: number,
): Turn {
  const wishes = new Map<Wish['kind'], Wish>()
  let isStopped = false
  let isBusy = false
  let again: ReturnType<typeof setTimeout> | undefined

  async function work(): Promise<void> {
    if (isBusy) return
    isBusy = true
    while (!isStopped) {
      const [wish] = wishes.values()
      if (wish === undefined) break
      wishes.delete(wish.kind)
      try {
        const change = await fulfil(wish)
        if (!isStopped) show({ ...change, isLoading: false, trouble: null })
      } catch (error) {
        if (isStopped) break
        show({ isLoading: false, trouble: textOf(error) })
        again = setTimeout(() => ask(wish), AGAIN_MS)
      }
    }
    isBusy = false
  }

  async function fulfil(wish: Wish): Promise<Partial<Signals>> {
    const { signals, next } = current()
    switch (wish.kind) {
      case 'begin':
        return read({ limit: String(limit) })
      case 'more': {
        if (next === null) return {}
        show({ isLoading: true })
        const page = await read({ until: String(next), limit: String(limit) })
        return { ...page, signals: [...current().signals, ...page.signals] }
      }
      default:
        return renew(signals, next, wish.since)
    }
  }

  /** Only what is shown is asked for again: what is older comes when it is scrolled to. */
  async function renew(
    known: readonly SignalRow[],
    next: number | null,
    wanted: number,
  ): Promise<Partial<Signals>> {
    const oldest = next === null ? 0 : (known.at(-1)?.signal ?? 0)
    const since = Math.max(wanted, oldest)
    const fresh: SignalRow[] = []
    const guess = known.filter(({ signal }) => signal >= since).length + 10
    let page = await read({ limit: String(Math.min(guess, MOST)) })
    fresh.push(...page.signals)
    while (page.next !== null && (page.signals.at(-1)?.signal ?? 0) > since && !isStopped) {
      page = await read({ until: String(page.next), limit: String(MOST) })
      fresh.push(...page.signals)
    }
    const reached = page.next === null ? 0 : (fresh.at(-1)?.signal ?? since)
    const signals = mergeSignals(known, fresh, Math.min(since, reached))
    return { signals, total: page.total, next: page.next === null ? null : next }
  }

  function ask(wish: Wish): void {
    const before = wishes.get(wish.kind)
    wishes.set(
      wish.kind,
      wish.kind === 'renew' && before?.kind === 'renew'
        ? { kind: 'renew', since: Math.min(wish.since, before.since) }
        : wish,
    )
    void work()
  }

  return {
    ask,
    stop() {
      isStopped = true
      clearTimeout(again)
    },
  }
}
