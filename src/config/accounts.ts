// Accounts and addresses from the environment. Half an account is refused by the name of what is
// missing, and so is a name that is nearly one of ours: an account that silently isn't there is a
// follower that silently isn't copied to. What is wrong with a secret is said without showing it.
import { isIP } from 'node:net'
import type { Account } from '../domain/account.ts'
import { accountName, MASTER } from '../domain/ids.ts'
import { HIDDEN, Secret } from '../domain/secret.ts'
import type { ReadEnvironment, Variable } from './environment.ts'
import type { Fault } from './fault.ts'
import {
  type AccountKey,
  isSlip,
  isVariableName,
  LOGIN_KEYS,
  nearestVariable,
  readFollowerVariable,
  variableName,
} from './names.ts'

/** null: the broker's own. What is given here is shown in every banner. */
export interface Endpoints {
  readonly api: string | null
  readonly feed: string | null
  readonly instruments: string | null
}

export interface ReadAccounts {
  readonly master: Account | null
  readonly followers: readonly Account[]
  readonly endpoints: Endpoints
  /** Every account that is meant, complete or not: what the settings may name. */
  readonly names: readonly string[]
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

interface Answer {
  readonly faults: Fault[]
  readonly warnings: string[]
}

/** `stored` are those of the vault; each account is in one place only. */
export function readAccounts(
  { variables }: Pick<ReadEnvironment, 'variables'>,
  stored: readonly Account[] = [],
): ReadAccounts {
  const answer: Answer = { faults: [], warnings: [] }
  checkNames(variables, answer)

  const numbers = new Set<number>()
  for (const name of variables.keys()) {
    const own = readFollowerVariable(name)
    if (own) numbers.add(own.number)
  }
  // The other keys of the master have names that any program may use; alone they mean nothing.
  const hasMaster = LOGIN_KEYS.some((key) => variables.has(key))
  const written = [...numbers].sort((a, b) => a - b).map((number) => `FOLLOWER_${number}`)
  refuseTwice(hasMaster ? [MASTER, ...written] : written, stored, variables, answer)
  const kept = stored.find(({ name }) => name === MASTER) ?? null
  const master = hasMaster ? readAccount(MASTER, variables, answer) : kept
  const followers = [
    ...written.flatMap((name) => readAccount(name, variables, answer) ?? []),
    ...stored.filter(({ name }) => name !== MASTER && !written.includes(name)),
  ].sort((a, b) => numberOf(a.name) - numberOf(b.name))
  const names = [...new Set([...written, ...followers.map(({ name }) => name)])]
  if (!hasMaster && kept === null && names.length > 0)
    for (const key of LOGIN_KEYS)
      answer.faults.push({
        source: 'environment',
        path: key,
        line: null,
        found: 'missing',
        allowed: `${ALLOWED[key]}, because ${names[0]} needs a master to follow`,
        nearest: null,
      })
  refuseRepeatedCodes(variables, hasMaster ? [MASTER, ...written] : written, stored, answer)

  return {
    master,
    followers,
    endpoints: {
      api: readEndpoint(variables.get('SMARTAPI_URL'), 'http', answer),
      feed: readEndpoint(variables.get('SMARTAPI_FEED_URL'), 'ws', answer),
      instruments: readEndpoint(variables.get('SMARTAPI_INSTRUMENTS_URL'), 'http', answer),
    },
    names,
    ...answer,
  }
}

const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)

/** Which of the two is meant nobody can say, and it is somebody's money. */
function refuseTwice(
  written: readonly string[],
  stored: readonly Account[],
  variables: ReadonlyMap<string, Variable>,
  { faults }: Answer,
): void {
  for (const name of written) {
    if (!stored.some((account) => account.name === name)) continue
    const variable = LOGIN_KEYS.map((key) => variables.get(variableName(name, key))).find(Boolean)
    faults.push({
      source: variable?.source ?? 'environment',
      path: variable?.name ?? variableName(name, 'API_KEY'),
      line: variable?.line ?? null,
      found: `set, and ${name} is in the vault too`,
      allowed: 'each account in one place: take its lines out here, or it out of the vault',
      nearest: null,
    })
  }
}

const VISIBLE = /^[\x21-\x7e]{1,512}$/

const ALLOWED: Readonly<Record<AccountKey, string>> = {
  API_KEY: 'the API key of the SmartAPI app, without spaces',
  CLIENT_ID: 'the client code, 3 to 20 letters and digits',
  PASSWORD: 'the PIN that logs in, without spaces',
  TOTP_SECRET:
    'the secret shown when TOTP was enabled (16 or more of A-Z and 2-7), not a six-digit code',
  SECRET_KEY: 'the secret key of the SmartAPI app, without spaces',
  LABEL: 'a name of at most 40 characters',
  LOCAL_ADDRESS: 'an IP address of this machine, such as 203.0.113.7',
  PROXY_URL: 'http://host:port or https://host:port, with user:password@ before the host if needed',
}

const IS_ALLOWED: Readonly<Record<AccountKey, (value: string) => boolean>> = {
  API_KEY: (value) => VISIBLE.test(value),
  CLIENT_ID: (value) => /^[A-Za-z0-9]{3,20}$/.test(value),
  PASSWORD: (value) => VISIBLE.test(value),
  TOTP_SECRET: (value) => /^[A-Z2-7]{16,256}$/.test(plainBase32(value)),
  SECRET_KEY: (value) => VISIBLE.test(value),
  LABEL: (value) => /^[^\p{Cc}]{1,40}$/u.test(value),
  LOCAL_ADDRESS: (value) => isIP(value) !== 0,
  PROXY_URL: (value) => {
    const url = parseUrl(value)
    return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  },
}

/** What is allowed instead of a value that is not; null when it is. */
export const allowedInstead = (key: AccountKey, value: string): string | null =>
  IS_ALLOWED[key](value) ? null : ALLOWED[key]

// Pages show the secret in groups of four, apps add padding: neither is part of it.
export const plainBase32 = (value: string): string =>
  value.replaceAll(/[\s-]/g, '').replace(/=+$/, '').toUpperCase()

function readAccount(
  name: string,
  variables: ReadonlyMap<string, Variable>,
  { faults, warnings }: Answer,
): Account | null {
  const of = (key: AccountKey): Variable | undefined => variables.get(variableName(name, key))
  const given = LOGIN_KEYS.map(of).find((variable) => variable !== undefined)
  let isWhole = true
  const read = (key: AccountKey): string => {
    const variable = of(key)
    if (variable && IS_ALLOWED[key](variable.value)) return variable.value
    isWhole = false
    faults.push({
      source: variable?.source ?? given?.source ?? 'environment',
      path: variableName(name, key),
      line: variable?.line ?? null,
      found: variable ? HIDDEN : 'missing',
      allowed: ALLOWED[key],
      nearest: null,
    })
    return ''
  }
  const readOptional = (key: AccountKey): string | null => (of(key) ? read(key) : null)

  const [apiKey, clientCode, pin, totp] = LOGIN_KEYS.map(read)
  const secretKey = readOptional('SECRET_KEY')
  const label = readOptional('LABEL')
  const localAddress = readOptional('LOCAL_ADDRESS')
  const proxyUrl = readOptional('PROXY_URL')
  if (!isWhole) return null
  if (!/^\d{4}$/.test(pin ?? ''))
    warnings.push(
      `${variableName(name, 'PASSWORD')} is not the four-digit PIN with which Angel One logs in`,
    )
  return {
    name: accountName(name),
    label,
    clientCode: clientCode ?? '',
    credentials: {
      apiKey: new Secret(apiKey ?? ''),
      pin: new Secret(pin ?? ''),
      totpSecret: new Secret(plainBase32(totp ?? '')),
      secretKey: secretKey === null ? null : new Secret(secretKey),
    },
    egress: { localAddress, proxyUrl: proxyUrl === null ? null : new Secret(proxyUrl) },
  }
}

function checkNames(variables: ReadonlyMap<string, Variable>, { faults, warnings }: Answer): void {
  for (const { name, source, line } of variables.values()) {
    if (isSlip(name, source))
      faults.push({
        source,
        path: name,
        line,
        found: 'not a name that Lockstep knows',
        allowed: 'API_KEY, FOLLOWER_1_API_KEY and the other names of .env.example',
        nearest: nearestVariable(name),
      })
    // Only the line: what stands where a name should be may be a secret that was pasted there.
    else if (source === '.env' && !isVariableName(name))
      warnings.push(`.env, line ${line}, sets a name that Lockstep does not know; it is not used`)
  }
}

function refuseRepeatedCodes(
  variables: ReadonlyMap<string, Variable>,
  names: readonly string[],
  stored: readonly Account[],
  { faults }: Answer,
): void {
  const owners = new Map<string, string>(
    stored.map(({ name, clientCode }) => [clientCode.toUpperCase(), name]),
  )
  for (const name of names) {
    const path = variableName(name, 'CLIENT_ID')
    const variable = variables.get(path)
    if (!variable) continue
    const code = variable.value.toUpperCase()
    const owner = owners.get(code)
    if (owner === undefined) owners.set(code, name)
    else
      faults.push({
        source: variable.source,
        path,
        line: variable.line,
        found: `the client code of ${owner}`,
        allowed: 'each client code once, since an account can only be copied to once',
        nearest: null,
      })
  }
}

/** Encrypted, or on this machine; without a password in it, which would be shown wherever it is. */
export function isSafeUrl(text: string, scheme: 'http' | 'ws'): boolean {
  const url = parseUrl(text)
  const isPrivate =
    url?.protocol === `${scheme}s:` || (url?.protocol === `${scheme}:` && isLoopback(url.hostname))
  return isPrivate && url?.username === '' && url.password === ''
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))

function readEndpoint(
  variable: Variable | undefined,
  scheme: 'http' | 'ws',
  { faults }: Answer,
): string | null {
  if (!variable) return null
  if (isSafeUrl(variable.value, scheme)) return variable.value
  faults.push({
    source: variable.source,
    path: variable.name,
    line: variable.line,
    found: variable.value.includes('@') ? HIDDEN : `"${variable.value.slice(0, 60)}"`,
    allowed: `${scheme}s://host, or ${scheme}:// on this machine (127.0.0.1, localhost)`,
    nearest: null,
  })
  return null
}

const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)
