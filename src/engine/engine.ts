// The engine: one loop that watches the master, one per follower, and what joins them. A signal is decided
// for every follower, written down, and only then do the lanes hear of it. Stopping ends the watching
// first, then waits for what is being sent.
import { plan } from '../decide/plan.ts'
import type { Signal } from '../domain/signal.ts'
import { makeTag, TAG_CHANCE } from '../domain/tag.ts'
import type { FeedEvent, OrderStream } from '../ports.ts'
import type { Context, FollowerAccess, MasterAccess } from './context.ts'
import { createFollower, type Follower } from './follower.ts'
import { createWatch } from './watch.ts'

export interface Engine {
  /** Until the signal aborts; then everything that was under way is answered. */
  run(signal: AbortSignal): Promise<void>
}

export function createEngine(
  context: Context,
  master: MasterAccess,
  accesses: readonly FollowerAccess[],
): Engine {
  const { clock, ledger, settings, tell } = context
  const bells = new Map<string, Bell>()
  const bellOf = (name: string): Bell => {
    const known = bells.get(name) ?? createBell()
    bells.set(name, known)
    return known
  }
  const followers: readonly Follower[] = accesses.map((access) =>
    createFollower(context, access, () => bellOf(access.settings.name).ring()),
  )
  const watch = createWatch(context, master, { take })

  function take(signal: Signal): void {
    const instrument = context.instruments().byId(signal.instrument)
    const views = followers.map((each) => each.viewOf(signal.instrument, signal.product))
    const planned = plan(
      signal,
      views,
      {
        now: clock.now(),
        calendar: context.calendar,
        hours: settings.hours,
        instrument,
        last: null,
        circuit: null,
        freeze: settings.freeze,
        masterCapital: context.masterCapital(),
      },
      () => makeTag(ledger.engine, context.chance.bytes(TAG_CHANCE)),
    )
    for (const recorded of ledger.record([planned], clock.now())) {
      tell({ kind: 'signal', signal: recorded.signal })
      for (const decision of recorded.decisions) {
        tell({ kind: 'decision', signal: recorded.signal, decision })
        if (decision.kind === 'skip') continue
        followers
          .find(({ access }) => access.settings.name === decision.lane.follower)
          ?.wake(decision.lane)
      }
    }
  }

  async function watchMaster(signal: AbortSignal): Promise<void> {
    const bell = bellOf(master.account)
    while (!signal.aborted) {
      await watch.turn()
      await bell.rest(clock.sleep.bind(clock), settings.pollIntervalMs, signal)
    }
  }

  async function runFollower(follower: Follower, signal: AbortSignal): Promise<void> {
    const bell = bellOf(follower.access.settings.name)
    while (!signal.aborted) {
      const rest = await follower.turn()
      await bell.rest(clock.sleep.bind(clock), rest ?? IDLE_MS, signal)
    }
    await follower.settled()
  }

  const listen = async (
    stream: OrderStream | null,
    hear: (event: FeedEvent) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    if (stream !== null) await stream.run(hear, signal)
  }

  return {
    async run(signal) {
      await Promise.all([
        watchMaster(signal),
        listen(
          master.stream,
          (event) => {
            if (watch.hear(event) === 'readTheBook') bellOf(master.account).ring()
          },
          signal,
        ),
        ...followers.flatMap((follower) => [
          runFollower(follower, signal),
          listen(follower.access.stream, (event) => follower.hear(event), signal),
        ]),
      ])
    },
  }
}

/** A follower with nothing open looks up this often, for what no news announces. */
const IDLE_MS = 30_000

interface Bell {
  ring(): void
  /** Rests until the time is over, the bell rings (also if it rang before) or the signal aborts. */
  rest(
    sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
    ms: number,
    signal: AbortSignal,
  ): Promise<void>
}

function createBell(): Bell {
  let rang = false
  let wake: AbortController | null = null
  return {
    ring() {
      rang = true
      wake?.abort()
    },
    async rest(sleep, ms, signal) {
      wake = new AbortController()
      if (!rang) await sleep(ms, AbortSignal.any([wake.signal, signal]))
      wake = null
      rang = false
    },
  }
}
