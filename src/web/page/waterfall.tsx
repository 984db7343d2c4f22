// Where the time of a copy went, from the master's fill to our own: as a bar, and in words for a listener.
import type { Steps } from '../shapes/orders.ts'
import { duration } from './format.ts'

export const STEPS: readonly (readonly [keyof Steps & string, string])[] = [
  ['seenMs', 'seen'],
  ['decidedMs', 'decided'],
  ['recordedMs', 'recorded'],
  ['answeredMs', 'answered'],
  ['filledMs', 'filled'],
]

interface Part {
  readonly name: string
  readonly ms: number
}

export const partsOf = (steps: Steps): readonly Part[] =>
  STEPS.flatMap(([key, name]) => {
    const ms = steps[key]
    return ms === null ? [] : [{ name, ms }]
  })

export const wordsOf = (parts: readonly Part[]): string =>
  parts.map(({ name, ms }) => `${name} ${duration(ms)}`).join(', ')

export function Waterfall({ steps }: { steps: Steps }) {
  const parts = partsOf(steps)
  const words = wordsOf(parts)
  if (steps.decidedMs === null) return null
  return (
    <span class="waterfall" title={words}>
      <span class="total">{steps.inAllMs === null ? '' : duration(steps.inAllMs)}</span>
      <span class="bar-of-steps" role="img" aria-label={words}>
        {parts.map(({ name, ms }) => (
          <i key={name} class={name} style={{ flexGrow: Math.max(ms, 0) }} />
        ))}
      </span>
    </span>
  )
}
