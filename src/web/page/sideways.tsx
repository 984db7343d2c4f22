// A place for what is wider or longer than the room it has, a table or a list: it scrolls by itself, also by
// keyboard, so that the page never does.
import type { ComponentChildren } from 'preact'

export function Sideways({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll-x" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
