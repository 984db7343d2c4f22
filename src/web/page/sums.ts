// Exact sums of amounts, which come as texts: by scaled bigints, as everywhere. Pure.
import type { Amount } from '../shapes/said.ts'

const PLACES = 8

export function addAmounts(amounts: readonly Amount[]): Amount {
  return textOf(amounts.reduce((total, amount) => total + scaled(amount), 0n))
}

function scaled(amount: Amount): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.')
  const value = BigInt(whole + fraction.slice(0, PLACES).padEnd(PLACES, '0'))
  return amount.startsWith('-') ? -value : value
}

function textOf(value: bigint): Amount {
  const digits = String(value < 0n ? -value : value).padStart(PLACES + 1, '0')
  const fraction = digits.slice(-PLACES).replace(/0+$/, '')
  const whole = digits.slice(0, -PLACES)
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return value < 0n ? `-${text}` : text
}
