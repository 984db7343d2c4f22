// Tells every open page that something is new, and never what: a page asks again for what it shows. All
// pages share one look at the ledger, at most four times a second. A page that doesn't read is closed as
// soon as a little waits for it, so that none costs more than that, however long it hangs.
//
//   open ─┬─ reads ──────────────► told what changed
//         ├─ doesn't read ───────► dropped; a browser connects again by itself
//         ├─ its visit ends ─────► signedOut, closed
//         └─ the server ends ────► ended, closed
import { SECOND } from '../domain/time.ts'
import type { Clock } from '../ports.ts'
import { eventText } from './event-text.ts'
import { RequestRefused } from './refusal.ts'
import type { Changed, Events } from './shapes/events.ts'
import type { Mode } from './shapes/said.ts'

/** What is new after that revision; null: nothing. `since` null: everything, for a page that just opened. */
export type LookForNews = (mode: Mode, since: number | null) => Changed | null

export interface Hub {
  /** The body of an answer that goes on until the page leaves. */
  open(guest: Guest): ReadableStream<Uint8Array>
  /** One look, and everybody is told. */
  turn(): void
  run(signal: AbortSignal): Promise<void>
  endVisit(visit: string): void
  /** How many are connected. */
  size(): number
}

const MOST_PAGES = 64
const LOOK_EVERY_MS = 250
const BEAT_EVERY_MS = 15 * SECOND
/** Some fifty events: who is that far behind asks for everything anyway. */
const MOST_WAITING_BYTES = 64 * 1024

interface Guest {
  readonly mode: Mode
  readonly visit: string
  /** Asked at every beat. */
  readonly expired: () => boolean
  /** Cuts the line, whatever still waits on it. */
  readonly drop: () => void
}

interface Page extends Guest {
  send<N extends keyof Events>(name: N, data: Events[N]): void
  close(): void
}

export function createHub(clock: Clock, look: LookForNews): Hub {
  const pages = new Set<Page>()
  const seen = new Map<Mode, number>()
  let beatAtMs = clock.monotonicMs()

  function open(guest: Guest): ReadableStream<Uint8Array> {
    const { mode } = guest
    if (pages.size >= MOST_PAGES)
      throw new RequestRefused('wait', `${MOST_PAGES} pages are open already`, {
        waitMs: 5 * SECOND,
      })
    let page: Page | null = null
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          page = createPage(controller, guest)
          pages.add(page)
          const first = look(mode, null)
          if (first === null) return
          // A second page of the same ledger must not hide news from the first.
          if (!seen.has(mode)) seen.set(mode, first.revision)
          page.send('changed', first)
        },
        cancel() {
          if (page !== null) pages.delete(page)
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
    )
  }

  function createPage(controller: ReadableStreamDefaultController<Uint8Array>, guest: Guest): Page {
    const encoder = new TextEncoder()
    const page: Page = {
      ...guest,
      send(name, data) {
        if ((controller.desiredSize ?? 0) <= 0) return page.close()
        controller.enqueue(encoder.encode(eventText(name, data)))
      },
      close() {
        if (!pages.delete(page)) return
        // What waits would wait for ever, and is of no use to somebody who is that late.
        if ((controller.desiredSize ?? 0) <= 0) guest.drop()
        controller.close()
      },
    }
    return page
  }

  function tell(): void {
    for (const mode of new Set([...pages].map((page) => page.mode))) {
      const news = look(mode, seen.get(mode) ?? null)
      if (news === null) continue
      seen.set(mode, news.revision)
      for (const page of pages) if (page.mode === mode) page.send('changed', news)
    }
    for (const mode of seen.keys())
      if (![...pages].some((page) => page.mode === mode)) seen.delete(mode)
  }

  function beat(): void {
    if (clock.monotonicMs() - beatAtMs < BEAT_EVERY_MS) return
    beatAtMs = clock.monotonicMs()
    for (const page of pages) {
      if (page.expired()) signOut(page)
      else page.send('beat', null)
    }
  }

  function signOut(page: Page): void {
    page.send('signedOut', null)
    page.close()
  }

  function turn(): void {
    tell()
    beat()
  }

  return {
    open,
    turn,
    async run(signal) {
      while (!signal.aborted) {
        turn()
        await clock.sleep(LOOK_EVERY_MS, signal)
      }
      for (const page of pages) {
        page.send('ended', null)
        page.close()
      }
    },
    endVisit(visit) {
      for (const page of pages) if (page.visit === visit) signOut(page)
    },
    size: () => pages.size,
  }
}
