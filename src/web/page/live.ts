// What the page knows, and how it stays true. Events say only that something changed; what is shown is asked
// for anew, and every few seconds in any case, so that a lost event heals by itself.
//
//   opening ── first event ──► open ── error, server ends ──► lost ── tries again, later each time ──► open
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Changed } from '../shapes/events.ts'
import type { Overview } from '../shapes/overview.ts'
import type { Mode } from '../shapes/said.ts'
import type { SessionState } from '../shapes/session.ts'
import { createStore, type Store, useStore } from './store.ts'
import { createTalk, Refusal, type Talk, textOf } from './talk.ts'

export interface Known {
  /** null: not asked yet. */
  readonly session: SessionState | null
  /** The ledger that the person chose; null: whichever an engine runs on. */
  readonly mode: Mode | null
  readonly overview: Overview | null
  /** Why the last question for it was in vain; null once it is answered again. */
  readonly trouble: Refusal | null
  readonly line: 'opening' | 'open' | 'lost'
  /** By the browser's steady clock: when the overview was last answered. */
  readonly answeredAt: number | null
  /** The server's clock less ours. */
  readonly skewMs: number
  readonly changed: Changed | null
}

export interface Live {
  readonly store: Store<Known>
  readonly talk: Talk
  /** Asks who is signed in, and keeps everything true from then on. */
  start(): Promise<void>
  refresh(): void
  choose(mode: Mode): void
  enter(session: SessionState): void
}

const REFRESH_MS = 3000
/** Data older than this is said to be. */
export const STALE_MS = 8000
const LATEST_RETRY_MS = 8000

const NOTHING_KNOWN: Known = {
  session: null,
  mode: null,
  overview: null,
  trouble: null,
  line: 'opening',
  answeredAt: null,
  skewMs: 0,
  changed: null,
}

export function createLive(): Live {
  const store = createStore<Known>(NOTHING_KNOWN)
  const isIn = (): boolean => store.get().session?.kind === 'signedIn'
  const talk = createTalk(
    () => {
      const { session } = store.get()
      return session?.kind === 'signedIn' ? session.csrf : null
    },
    () => void askSession(),
  )
  let source: EventSource | null = null
  let retryMs = 1000
  let retry: ReturnType<typeof setTimeout> | undefined
  let isAsking = false
  let isAskedAgain = false

  async function askSession(): Promise<void> {
    try {
      enter(await talk.read('/api/session'))
    } catch (error) {
      store.set({ trouble: refusalOf(error), line: 'lost' })
      reopenLater()
    }
  }

  function enter(session: SessionState): void {
    const wasIn = isIn()
    store.set({ session, trouble: null })
    if (session.kind !== 'signedIn') {
      close()
      store.set({ overview: null, answeredAt: null, line: 'opening' })
    } else if (!wasIn || source === null) open()
  }

  function open(): void {
    close()
    const { mode } = store.get()
    const events = new EventSource(mode === null ? '/api/events' : `/api/events?mode=${mode}`)
    source = events
    const heard = (): void => {
      retryMs = 1000
      if (store.get().line !== 'open') store.set({ line: 'open' })
    }
    events.addEventListener('open', heard)
    events.addEventListener('beat', heard)
    events.addEventListener('changed', (event) => {
      heard()
      store.set({ changed: JSON.parse(event.data) as Changed })
      refresh()
    })
    events.addEventListener('ended', lost)
    events.addEventListener('signedOut', () => void askSession())
    events.addEventListener('error', lost)
    refresh()
  }

  function lost(): void {
    close()
    store.set({ line: 'lost' })
    reopenLater()
  }

  function reopenLater(): void {
    clearTimeout(retry)
    retry = setTimeout(() => void askSession(), retryMs)
    retryMs = Math.min(retryMs * 2, LATEST_RETRY_MS)
  }

  function close(): void {
    clearTimeout(retry)
    source?.close()
    source = null
  }

  /** One question at a time: what comes meanwhile is asked once more afterwards. */
  function refresh(): void {
    if (!isIn()) return
    if (isAsking) {
      isAskedAgain = true
      return
    }
    isAsking = true
    void askOverview().finally(() => {
      isAsking = false
      if (isAskedAgain) {
        isAskedAgain = false
        refresh()
      }
    })
  }

  async function askOverview(): Promise<void> {
    const { mode } = store.get()
    try {
      const overview = await talk.read('/api/overview', mode === null ? {} : { mode })
      if (!isIn() || store.get().mode !== mode) return
      const skewMs = Date.parse(overview.site.at) - Date.now()
      store.set({ overview, trouble: null, answeredAt: performance.now(), skewMs })
    } catch (error) {
      store.set({ trouble: refusalOf(error) })
    }
  }

  return {
    store,
    talk,
    async start() {
      setInterval(() => {
        if (!document.hidden) refresh()
      }, REFRESH_MS)
      document.addEventListener('visibilitychange', () => {
        if (!document.hidden) refresh()
      })
      await askSession()
    },
    refresh,
    choose(mode) {
      store.set({ mode, overview: null, changed: null })
      open()
    },
    enter,
  }
}

function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('broken', textOf(error))
}

// --- for components

const LiveContext = createContext<Live | null>(null)
export const LiveProvider = LiveContext.Provider

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === null) throw new Error('no page around this component')
  return live
}

export const useKnown = <S>(select: (known: Known) => S): S => useStore(useLive().store, select)

/** The server's time in milliseconds, a second at a time. */
export function useNow(): number {
  const { store } = useLive()
  const [now, setNow] = useState(Date.now() + store.get().skewMs)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() + store.get().skewMs), 1000)
    return () => clearInterval(timer)
  }, [store])
  return now
}

/** What a view asks for by itself: kept while the next answer is on its way, asked again as `again` changes. */
export interface Asked<T> {
  readonly value: T | null
  readonly trouble: string | null
  readonly isAsking: boolean
}

export function useAsked<T>(ask: () => Promise<T>, again: readonly unknown[]): Asked<T> {
  const [asked, setAsked] = useState<Asked<T>>({ value: null, trouble: null, isAsking: true })
  useEffect(() => {
    let isWanted = true
    setAsked((before) => ({ ...before, isAsking: true }))
    ask().then(
      (value) => isWanted && setAsked({ value, trouble: null, isAsking: false }),
      (error: unknown) =>
        isWanted &&
        setAsked((before) => ({ value: before.value, trouble: textOf(error), isAsking: false })),
    )
    return () => {
      isWanted = false
    }
  }, again)
  return asked
}
