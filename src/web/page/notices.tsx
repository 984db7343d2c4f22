// What the page tells by itself: answers to what was done, and what newly wants a hand. Both are spoken by a
// screen reader, politely and once; nothing that merely ticks is ever in here.

import type { ComponentChildren } from 'preact'
import { createContext } from 'preact'
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks'
import { attentionOf } from './attention.ts'
import { useKnown } from './live.ts'

interface Notice {
  readonly id: number
  readonly text: string
  readonly isBad: boolean
}
type Tell = (text: string, isBad?: boolean) => void

const TellContext = createContext<Tell>(() => undefined)
export const useTell = (): Tell => useContext(TellContext)

const SHOWN_MS = 9000

export function Notices({ children }: { children: ComponentChildren }) {
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const next = useRef(1)
  const drop = (id: number): void => setNotices((all) => all.filter((each) => each.id !== id))
  const tell = useCallback<Tell>((text, isBad = false) => {
    const id = next.current++
    setNotices((all) => [...all.slice(-2), { id, text, isBad }])
    // What went wrong stays until it is sent away.
    if (!isBad) setTimeout(() => drop(id), SHOWN_MS)
  }, [])
  return (
    <TellContext.Provider value={tell}>
      {children}
      <div class="told" role="status">
        {notices.map(({ id, text, isBad }) => (
          <p key={id} class={isBad ? 'bad' : ''}>
            <span>{text}</span>
            <button type="button" aria-label="Dismiss this message" onClick={() => drop(id)}>
              ✕
            </button>
          </p>
        ))}
      </div>
      <Announcer />
    </TellContext.Provider>
  )
}

const GATHER_MS = 1500

/** Speaks of troubles that were not there before, together, and of a line that is lost or back. */
function Announcer() {
  const overview = useKnown((known) => known.overview)
  const line = useKnown((known) => known.line)
  const [said, setSaid] = useState('')
  const told = useRef<ReadonlySet<string> | null>(null)
  const waiting = useRef<string[]>([])
  const say = (text: string): void => {
    waiting.current.push(text)
    if (waiting.current.length > 1) return
    setTimeout(() => {
      setSaid(waiting.current.join('. '))
      waiting.current = []
    }, GATHER_MS)
  }
  useEffect(() => {
    if (overview === null) return
    const items = attentionOf(overview)
    const before = told.current
    told.current = new Set(items.map(({ key }) => key))
    if (before === null) return
    for (const { key, title } of items) if (!before.has(key)) say(title)
  }, [overview])
  useEffect(() => {
    if (line === 'lost') say('The connection to Lockstep is lost')
  }, [line])
  return (
    <p class="hidden" role="status">
      {said}
    </p>
  )
}
