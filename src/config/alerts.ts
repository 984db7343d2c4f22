// Alerts: which kinds go which way, from the settings file, and the addresses of the ways, which are secrets,
// from the environment. A way without its address is not there; half an address is refused by name.
import {
  ALERT_KINDS,
  type AlertChannel,
  type AlertKind,
  type AlertRoute,
  type AlertSettings,
  IMPORTANT_KINDS,
} from '../domain/alert.ts'
import { HIDDEN, Secret } from '../domain/secret.ts'
import { isSafeUrl } from './accounts.ts'
import type { Variable } from './environment.ts'
import { type Fault, nearestName } from './fault.ts'
import { type Kind, key, section } from './values.ts'

const WORDS = ['important', 'all', 'off'] as const

const KINDS: Kind<readonly AlertKind[]> = {
  allowed: `important | all | off | a list of ${ALERT_KINDS.join(', ')}`,
  schema: {
    anyOf: [{ enum: [...WORDS, false] }, { type: 'array', items: { enum: ALERT_KINDS } }],
  },
  read: (written) => {
    if (written === 'important') return IMPORTANT_KINDS
    if (written === 'all') return ALERT_KINDS
    if (written === 'off' || written === false) return []
    if (!Array.isArray(written)) return undefined
    const kinds = written.map((each) => ALERT_KINDS.find((kind) => kind === each))
    return kinds.every((kind) => kind !== undefined) ? kinds : undefined
  },
  suggest: (written) => {
    if (typeof written === 'string') return nearestName(written, WORDS)
    if (!Array.isArray(written)) return null
    const strange = written.find((each) => !ALERT_KINDS.some((kind) => kind === each))
    return typeof strange === 'string' ? nearestName(strange, ALERT_KINDS) : null
  },
}

const way = (what: string, variables: string) =>
  key(KINDS, {
    description: `What is told by ${what}, once ${variables} set. important: all but the copies themselves.`,
    initial: 'important',
  })

export const ALERTS = section(
  {
    telegram: way('a Telegram bot', 'LOCKSTEP_TELEGRAM_TOKEN and LOCKSTEP_TELEGRAM_CHAT are'),
    discord: way('a Discord webhook', 'LOCKSTEP_DISCORD_URL is'),
    webhook: way('a webhook of your own', 'LOCKSTEP_WEBHOOK_URL is'),
  },
  'What reaches you when you do not sit at the terminal. lockstep alerts test sends one by each way.',
)

type WrittenAlerts = Partial<Record<AlertChannel, readonly AlertKind[] | undefined>> | undefined
type Variables = ReadonlyMap<string, Variable>

type AlertVariable =
  | 'LOCKSTEP_TELEGRAM_TOKEN'
  | 'LOCKSTEP_TELEGRAM_CHAT'
  | 'LOCKSTEP_DISCORD_URL'
  | 'LOCKSTEP_WEBHOOK_URL'
  | 'LOCKSTEP_WEBHOOK_SECRET'
  | 'LOCKSTEP_PING_URL'

const ALLOWED: Readonly<Record<AlertVariable, string>> = {
  LOCKSTEP_TELEGRAM_TOKEN: 'the token that BotFather gave, such as 123456789:AA…',
  LOCKSTEP_TELEGRAM_CHAT: 'the number of the chat, or @name of a channel',
  LOCKSTEP_DISCORD_URL: 'the https address of the webhook',
  LOCKSTEP_WEBHOOK_URL: 'an https address, or http on this machine (127.0.0.1, localhost)',
  LOCKSTEP_WEBHOOK_SECRET: 'at least 16 characters without spaces',
  LOCKSTEP_PING_URL: 'an https address, or http on this machine (127.0.0.1, localhost)',
}

const isUrl = (value: string): boolean => isSafeUrl(value, 'http')
const IS_ALLOWED: Readonly<Record<AlertVariable, (value: string) => boolean>> = {
  LOCKSTEP_TELEGRAM_TOKEN: (value) => /^\d{3,20}:[\w-]{20,100}$/.test(value),
  LOCKSTEP_TELEGRAM_CHAT: (value) => /^(-?\d{1,20}|@\w{3,64})$/.test(value),
  LOCKSTEP_DISCORD_URL: isUrl,
  LOCKSTEP_WEBHOOK_URL: isUrl,
  LOCKSTEP_WEBHOOK_SECRET: (value) => /^[\x21-\x7e]{16,256}$/.test(value),
  LOCKSTEP_PING_URL: isUrl,
}

export interface ReadWays {
  readonly ways: readonly AlertRoute[]
  readonly ping: Secret | null
  readonly faults: readonly Fault[]
}

/** The ways that there are, from the environment alone. */
export function readWays(variables: Variables): ReadWays {
  const faults: Fault[] = []
  const read = (name: AlertVariable): string | null => {
    const variable = variables.get(name)
    if (variable === undefined) return null
    if (IS_ALLOWED[name](variable.value)) return variable.value
    faults.push(faultOf(variable.source, name, variable.line, HIDDEN))
    return null
  }
  const secret = (name: AlertVariable): Secret | null => {
    const value = read(name)
    return value === null ? null : new Secret(value)
  }
  const token = secret('LOCKSTEP_TELEGRAM_TOKEN')
  const chat = read('LOCKSTEP_TELEGRAM_CHAT')
  const discord = secret('LOCKSTEP_DISCORD_URL')
  const webhook = secret('LOCKSTEP_WEBHOOK_URL')
  const signedWith = secret('LOCKSTEP_WEBHOOK_SECRET')
  const ping = secret('LOCKSTEP_PING_URL')
  for (const [one, other] of [
    ['LOCKSTEP_TELEGRAM_TOKEN', 'LOCKSTEP_TELEGRAM_CHAT'],
    ['LOCKSTEP_TELEGRAM_CHAT', 'LOCKSTEP_TELEGRAM_TOKEN'],
    ['LOCKSTEP_WEBHOOK_SECRET', 'LOCKSTEP_WEBHOOK_URL'],
  ] as const) {
    const given = variables.get(one)
    if (given !== undefined && !variables.has(other))
      faults.push(faultOf(given.source, other, null, 'missing'))
  }
  return {
    ways: [
      ...(token !== null && chat !== null ? [{ kind: 'telegram', token, chat } as const] : []),
      ...(discord !== null ? [{ kind: 'discord', url: discord } as const] : []),
      ...(webhook !== null ? [{ kind: 'webhook', url: webhook, signedWith } as const] : []),
    ],
    ping,
    faults,
  }
}

const faultOf = (
  source: string,
  name: AlertVariable,
  line: number | null,
  found: string,
): Fault => ({ source, path: name, line, found, allowed: ALLOWED[name], nearest: null })

export function alertSettings(written: WrittenAlerts, { ways, ping }: ReadWays): AlertSettings {
  return {
    routes: ways.map((route) => ({ route, kinds: written?.[route.kind] ?? IMPORTANT_KINDS })),
    ping,
  }
}
