// Tells the trader who does not sit here: takes what the console tells and what the watch finds, and brings
// it to each way that asked for its kind. Off the order path: raising an alert only puts it into a queue;
// a way that is slow, full or gone costs its own messages, and says so once on the console.
import type { Alert, AlertRoute, AlertSettings } from '../domain/alert.ts'
import { assertNever } from '../domain/assert.ts'
import type { Mode } from '../domain/lane.ts'
import { HOUR, type Instant, instant, MINUTE, SECOND } from '../domain/time.ts'
import type { Clock } from '../ports.ts'
import { type Delivery, deliver } from './alert-channels.ts'
import { type AlertQueue, createAlertQueue } from './alert-queue.ts'
import type { AlertWatch } from './alert-watch.ts'

export interface Alerts {
  raise(alert: Omit<Alert, 'at'>): void
  /** Until the signal aborts. Never rejects. */
  run(watch: AlertWatch, signal: AbortSignal): Promise<void>
  /** What waits goes out now; who doesn't answer soon is not waited for. */
  end(): Promise<void>
}

export interface AlertsParts {
  readonly clock: Clock
  readonly mode: Mode
  /** The first line of every message. */
  readonly head: string
  /** A line on the console. */
  readonly say: (text: string) => void
}

const TURN_MS = SECOND
const LOOK_EVERY_MS = 5 * SECOND
const PING_EVERY_MS = MINUTE
const END_WITHIN_MS = 5 * SECOND
const SAID_AGAIN_AFTER_MS = HOUR

interface Way {
  readonly route: AlertRoute
  readonly kinds: AlertSettings['routes'][number]['kinds']
  readonly queue: AlertQueue
  underWay: Promise<void> | null
  saidAt: Instant | null
}

export function createAlerts(parts: AlertsParts, settings: AlertSettings): Alerts {
  const { clock, mode, head, say } = parts
  const ways = settings.routes.map(
    ({ route, kinds }): Way => ({
      route,
      kinds,
      queue: createAlertQueue(),
      underWay: null,
      saidAt: null,
    }),
  )
  const ending = new AbortController()
  let pinging: Promise<void> | null = null

  function raise(alert: Omit<Alert, 'at'>): void {
    const at = clock.now()
    for (const { kinds, queue } of ways) if (kinds.includes(alert.kind)) queue.add({ ...alert, at })
  }

  /** One message at a time for each way. */
  function send(way: Way): void {
    const due = way.queue.due()
    if (way.underWay !== null || due === null || due > clock.now()) return
    way.underWay = post(way).finally(() => {
      way.underWay = null
    })
  }

  async function post(way: Way): Promise<void> {
    const { route, queue } = way
    const alerts = queue.take(clock.now())
    if (alerts.length === 0) return
    const delivery = await deliver(route, { mode, head, alerts }, ending.signal)
    const now = clock.now()
    settle(way, delivery, now)
    const dropped = queue.dropped()
    if (dropped === 0) return
    const why = delivery.kind === 'refused' ? delivery.why : 'too many waited'
    say(`${dropped} alerts by ${route.kind} fell out: ${why}`)
  }

  function settle(way: Way, delivery: Delivery, now: Instant): void {
    const { route, queue } = way
    switch (delivery.kind) {
      case 'sent':
        queue.sent(now)
        break
      case 'later': {
        const { afterMs, why } = delivery
        queue.later(now, afterMs === null ? null : instant(now + afterMs))
        sayOnce(way, `alerts by ${route.kind} wait: ${why}`)
        break
      }
      case 'refused':
        queue.refused(now)
        break
      case 'wrong': {
        queue.wrong(now)
        const again = 'it is tried again every quarter of an hour; lockstep alerts test'
        sayOnce(way, `no alerts by ${route.kind}: ${delivery.why}; ${again}`)
        break
      }
      default:
        assertNever(delivery)
    }
  }

  function sayOnce(way: Way, text: string): void {
    const now = clock.now()
    if (way.saidAt !== null && now - way.saidAt < SAID_AGAIN_AFTER_MS) return
    way.saidAt = now
    say(text)
  }

  function ping(): void {
    const url = settings.ping
    if (url === null || pinging !== null) return
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(10 * SECOND)])
    // Whoever waits for it rings when it doesn't come: there is nothing better to do about a failure.
    const over = () => {
      pinging = null
    }
    pinging = fetch(url.reveal(), { signal, redirect: 'manual' })
      .then((answer) => answer.arrayBuffer())
      .then(over, over)
  }

  return {
    raise,
    async run(watch, signal) {
      if (ways.length === 0 && settings.ping === null) return
      let lookedAt = Number.NEGATIVE_INFINITY
      let pingedAt = Number.NEGATIVE_INFINITY
      while (!signal.aborted) {
        const now = clock.monotonicMs()
        try {
          if (now - lookedAt >= LOOK_EVERY_MS) {
            lookedAt = now
            for (const alert of watch.look(clock.now())) raise(alert)
          }
          if (now - pingedAt >= PING_EVERY_MS && watch.isWell(clock.now())) {
            pingedAt = now
            ping()
          }
        } catch (error) {
          // The ledger is gone: that ends the run, and is told by it.
          say(`alerts look no more: ${error instanceof Error ? error.message : String(error)}`)
          return
        }
        for (const way of ways) send(way)
        await clock.sleep(TURN_MS, signal)
      }
    },
    async end() {
      const deadline = new Promise<void>((resolve) => {
        setTimeout(resolve, END_WITHIN_MS).unref()
      })
      const rest = ways.map(async (way) => {
        await way.underWay
        // Again when it was too early by a moment, as a timer may be, or was asked to come later.
        for (let due = way.queue.due(); due !== null; due = way.queue.due()) {
          await clock.sleep(Math.max(1, due - clock.now()), ending.signal)
          if (ending.signal.aborted) return
          send(way)
          await way.underWay
        }
      })
      await Promise.race([Promise.all(rest), deadline])
      ending.abort()
    },
  }
}
