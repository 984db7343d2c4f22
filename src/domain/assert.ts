// Bugs crash: start-up recovery puts things right, a guess would not.

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`bug: ${what}`)
}

/** Ends every switch over a closed list, so that a new member does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new Error(`bug: unexpected ${JSON.stringify(value)}`)
}
