// A tone as a shape and a colour beside its word: a disc is well, a ring is under way, a triangle wants a
// look, a square is bad, a dash is neither.
import type { ComponentChildren } from 'preact'
import type { Tone } from './words.ts'

const SHAPES: Readonly<Record<Tone, string>> = {
  good: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z',
  busy: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zm0 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  warn: 'M8 2.5 14 13.5H2z',
  bad: 'M3 3h10v10H3z',
  plain: 'M3 7h10v2H3z',
}

export function Mark({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`mark ${tone}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={SHAPES[tone]} fill="currentColor" fill-rule="evenodd" />
      </svg>
      <span>{children}</span>
    </span>
  )
}

/** A gain or a loss: sign, colour, and words for a listener. */
export function Gain({ text, sign }: { text: string; sign: -1 | 0 | 1 }) {
  return <span class={sign > 0 ? 'up' : sign < 0 ? 'down' : ''}>{text}</span>
}
