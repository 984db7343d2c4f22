// Chance as the machine has it. Asking the machine takes longer than a tag does to make, and for a signal every
// follower wants one before its order can leave: so it is asked for many letters at once.
import type { Chance } from './ports.ts'

const AT_ONCE = 4096

export function createChance(): Chance {
  const drawn = new Uint8Array(AT_ONCE)
  let used = AT_ONCE
  return {
    bytes(count) {
      if (count > AT_ONCE) return [...crypto.getRandomValues(new Uint8Array(count))]
      if (used + count > AT_ONCE) {
        crypto.getRandomValues(drawn)
        used = 0
      }
      used += count
      return [...drawn.subarray(used - count, used)]
    },
  }
}
