// The state of a ledger as Prometheus reads it: the one that an engine runs on, or the one that is asked for,
// since a family of samples may stand in one text only once. Counted by the same page as everywhere.

import type { Mode } from '../domain/lane.ts'
import type { LedgerView } from '../ports.ts'
import { createMetrics } from '../report/metrics.ts'
import type { AnswerParts } from './parts.ts'
import type { LookSite, Views } from './views.ts'

interface Kept {
  readonly ledger: LedgerView
  readonly names: string
  readonly read: () => string
}

export function createMetricsText(
  { reach }: AnswerParts,
  views: Views,
): (mode: Mode | undefined) => string {
  const kept = new Map<Mode, Kept>()

  function readOf(site: LookSite): string {
    const { ledger, mode } = site
    const followers = site.followers.map((name) => {
      const own = site.config?.followers.find((each) => each.name === name)?.mode ?? 'live'
      return { name, mode: mode === 'paper' ? mode : own }
    })
    const names = followers.map((each) => `${each.name} ${each.mode}`).join()
    const known = kept.get(mode)
    if (known?.ledger === ledger && known.names === names) return known.read()
    const read = createMetrics({
      ledger,
      followers,
      now: reach.clock.now,
      engine: () => views.find(mode)?.engine ?? null,
      windows: reach.windows,
    })
    kept.set(mode, { ledger, names, read })
    return read()
  }

  return (mode) => readOf(views.at(mode))
}
