// The names of our variables, and what is meant by a name that is none. Master and followers have the
// same keys: those of the master stand alone, those of a follower behind `FOLLOWER_n_`.
import { MASTER } from '../domain/ids.ts'
import { editDistance, nearestName } from './fault.ts'

export const LOGIN_KEYS = ['API_KEY', 'CLIENT_ID', 'PASSWORD', 'TOTP_SECRET'] as const
const OPTIONAL_KEYS = ['SECRET_KEY', 'LABEL', 'LOCAL_ADDRESS', 'PROXY_URL'] as const
export const ACCOUNT_KEYS = [...LOGIN_KEYS, ...OPTIONAL_KEYS] as const
export type AccountKey = (typeof ACCOUNT_KEYS)[number]

const ENDPOINT_NAMES = ['SMARTAPI_URL', 'SMARTAPI_FEED_URL', 'SMARTAPI_INSTRUMENTS_URL'] as const
const OTHER_NAMES = [
  'LOCKSTEP_DATA_DIR',
  'LOCKSTEP_LOG_DIR',
  'LOCKSTEP_VAULT_KEY',
  'LOCKSTEP_TELEGRAM_TOKEN',
  'LOCKSTEP_TELEGRAM_CHAT',
  'LOCKSTEP_DISCORD_URL',
  'LOCKSTEP_WEBHOOK_URL',
  'LOCKSTEP_WEBHOOK_SECRET',
  'LOCKSTEP_PING_URL',
  'LOCKSTEP_METRICS_TOKEN',
  'NO_COLOR',
] as const
const PLAIN_NAMES: readonly string[] = [...ACCOUNT_KEYS, ...ENDPOINT_NAMES, ...OTHER_NAMES]

/** Ours alone: a name that begins like this and is not known is a slip, wherever it is set. */
const OUR_PREFIX = /^(FOLLOWER|LOCKSTEP_|SMARTAPI_)/i

// What people call these things elsewhere, also in Angel One's own pages.
const OTHER_WORDS: Readonly<Record<string, AccountKey>> = {
  KEY: 'API_KEY',
  CLIENT: 'CLIENT_ID',
  CLIENTCODE: 'CLIENT_ID',
  USERID: 'CLIENT_ID',
  PIN: 'PASSWORD',
  MPIN: 'PASSWORD',
  TOTP: 'TOTP_SECRET',
  TOTPKEY: 'TOTP_SECRET',
  TOTPTOKEN: 'TOTP_SECRET',
  SECRET: 'SECRET_KEY',
  NAME: 'LABEL',
  IP: 'LOCAL_ADDRESS',
  PROXY: 'PROXY_URL',
}

const FOLLOWER_VARIABLE = /^FOLLOWER_([1-9]\d{0,3})_([A-Z_]+)$/

export const variableName = (account: string, key: AccountKey): string =>
  account === MASTER ? key : `${account}_${key}`

/** Number and key of `FOLLOWER_2_API_KEY`; null for any other name. */
export function readFollowerVariable(name: string): { number: number; key: AccountKey } | null {
  const [, number, key] = FOLLOWER_VARIABLE.exec(name) ?? []
  const known = ACCOUNT_KEYS.find((candidate) => candidate === key)
  return number === undefined || known === undefined ? null : { number: Number(number), key: known }
}

export const isVariableName = (name: string): boolean =>
  PLAIN_NAMES.includes(name) || readFollowerVariable(name) !== null

/**
 * Whether a name that we don't know must be a slip. In `.env` every name is meant for us; in the
 * environment of the process only what looks like nobody else's.
 */
export function isSlip(name: string, source: '.env' | 'environment'): boolean {
  if (isVariableName(name)) return false
  if (OUR_PREFIX.test(name) || readNumbered(name) !== null) return true
  return source === '.env' && nearestVariable(name) !== null
}

export function nearestVariable(name: string): string | null {
  const numbered = readNumbered(name)
  if (numbered) {
    const key = nearestKey(numbered.key)
    return numbered.number === 0 || numbered.number > 9999 || key === null
      ? null
      : `FOLLOWER_${numbered.number}_${key}`
  }
  return nearestKey(name.replace(/^MASTER_?/i, '')) ?? nearestName(name, PLAIN_NAMES)
}

// `FOLLWER_1_API_KEY`, `FOLLOWER1_APIKEY`, `follower_01_pin`
function readNumbered(name: string): { number: number; key: string } | null {
  const [, word = '', number, key = ''] =
    /^([A-Za-z]{6,10})[_-]?(\d{1,6})[_-]?(.*)$/.exec(name) ?? []
  return number !== undefined && editDistance(word.toUpperCase(), 'FOLLOWER') <= 2
    ? { number: Number(number), key }
    : null
}

function nearestKey(word: string): AccountKey | null {
  const plain = word.toUpperCase().replaceAll(/[_-]/g, '')
  if (Object.hasOwn(OTHER_WORDS, plain)) return OTHER_WORDS[plain] ?? null
  const nearest = nearestName(word, ACCOUNT_KEYS)
  return ACCOUNT_KEYS.find((key) => key === nearest) ?? null
}
