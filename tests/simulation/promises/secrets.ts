// Promise 7: no secret leaves, neither a password nor a code, key or token, into anything that is written or
// told. Where one stands is said; of the secret itself only its beginning.
import type { Day } from './day.ts'

const AROUND = 60
/** A PIN is found by chance in a time or an amount: it has to stand by itself, as a value does. */
const LONG = 8

export const brokenSecrets = ({ truth: { written, secrets } }: Day): readonly string[] =>
  secrets.flatMap((secret) => {
    const pattern =
      secret.length >= LONG ? escaped(secret) : `(?<![\\w.])${escaped(secret)}(?![\\w.])`
    return written.flatMap((text) => {
      if (!text.includes(secret)) return []
      const at = text.search(new RegExp(pattern))
      if (at < 0) return []
      const around = text.slice(Math.max(0, at - AROUND), at).replace(/\s+/g, ' ')
      const hint = secret.slice(0, Math.min(4, secret.length / 4))
      return [`a secret (${hint}…) is written after "${around}"`]
    })
  })

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
