// Fills that follow each other at a pace, whether or not the last one has been copied: when the last orders come
// ever later, a queue grows. Each fill has a quantity of its own, by which its orders are told apart.
import type { Flood, FloodTold } from './messages.ts'

export interface RunningFlood {
  arrived(quantity: number, at: number): void
}

/** What has not come so long after the last fill never comes. */
const LAST_WAIT_MS = 20_000

export function beginFlood(
  { perSecond, fills, orders }: Flood,
  fill: (quantity: number) => void,
  over: (told: FloodTold) => void,
): RunningFlood {
  const begunAt: number[] = []
  const arrivals = new Map<number, number[]>()
  const pacing = setInterval(next, 1000 / perSecond)
  let late: NodeJS.Timeout | null = null

  function next(): void {
    begunAt.push(performance.now())
    fill(begunAt.length)
    if (begunAt.length < fills) return
    clearInterval(pacing)
    late = setTimeout(end, LAST_WAIT_MS)
  }

  function end(): void {
    if (late !== null) clearTimeout(late)
    late = null
    const lastMs = begunAt.map((begun, index) => {
      const own = arrivals.get(index + 1) ?? []
      return own.length < orders ? null : Math.max(...own) - begun
    })
    over({ kind: 'flood', lastMs })
  }

  return {
    arrived(quantity, at) {
      const own = arrivals.get(quantity) ?? []
      own.push(at)
      arrivals.set(quantity, own)
      const isAll = [...arrivals.values()].every((each) => each.length >= orders)
      if (arrivals.size === fills && isAll && late !== null) end()
    },
  }
}
