// The accounts, as the page lists and changes them: the same edits of the same files that the commands make,
// with the same refusals. A secret goes in and never comes out; nobody is asked anything at a terminal, so
// what would need that is refused in words.

import { addAccount, nextAccount } from '../cli/accounts-add.ts'
import { checkOne } from '../cli/accounts-check.ts'
import { changeFollower, removeAccount, switchFollower } from '../cli/accounts-edit.ts'
import { type AccountsParts, accountsOf, MODES } from '../cli/accounts-parts.ts'
import type { Person } from '../cli/ask.ts'
import { findDoor, isIn } from '../cli/keep.ts'
import type { Config } from '../config/config.ts'
import type { AccountKey } from '../config/names.ts'
import { formatDuration } from '../config/values.ts'
import { VAULT_FILE } from '../config/vault-door.ts'
import { type Account, maskCode } from '../domain/account.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { formatFactor } from '../domain/ratio.ts'
import type { FollowerSettings, Sizing } from '../domain/settings.ts'
import { formatInstant, instant } from '../domain/time.ts'
import type { Answers } from '../web/app.ts'
import type { Names } from '../web/bodies.ts'
import { RequestRefused } from '../web/refusal.ts'
import type {
  AccountList,
  AccountRow,
  AddAccountBody,
  EditBody,
  FollowerSettingsText,
  LimitsText,
  SizingText,
} from '../web/shapes/accounts.ts'
import type { AnswerParts } from './parts.ts'
import { refuse } from './steering.ts'
import type { Views } from './views.ts'

type AccountWrites = Pick<
  Answers['writes'],
  | '/api/accounts'
  | '/api/accounts/:name/remove'
  | '/api/accounts/:name/enabled'
  | '/api/accounts/:name/settings'
  | '/api/accounts/:name/verify'
  | '/api/accounts/:name/balance'
>

const noQuestions = () =>
  Promise.reject(new RequestRefused('refused', 'nobody can be asked at the page'))

/** Who has sent one passphrase along, and answers nothing else. */
const personWith = (passphrase: string | undefined): Person => ({
  isThere: passphrase !== undefined,
  ask: noQuestions,
  askUntil: () => Promise.resolve(null),
  askSecret: () => (passphrase === undefined ? noQuestions() : Promise.resolve(passphrase)),
  readInput: () => Promise.resolve(''),
})

export function accountWrites(answerParts: AnswerParts, views: Views): AccountWrites {
  const { accounts, reach, configFile } = answerParts
  const partsWith = (passphrase?: string): AccountsParts => ({
    ...accounts,
    reach: { ...reach, person: personWith(passphrase) },
  })
  const withoutKey = partsWith()

  /** Read for this action alone: what it opens of the vault is open for nobody else, and gone with it. */
  function ownConfig(): Config {
    const loaded = reach.load(configFile)
    if (loaded.kind === 'valid') return loaded.config
    views.forget()
    return configOf(views)
  }

  function requireKey(name: string, passphrase: string | undefined): void {
    const door = findDoor(accounts)
    if (door?.opensWith === 'passphrase' && isIn(door, name) && passphrase === undefined)
      throw new RequestRefused('refused', KEY_WANTED)
  }

  async function change(
    account: string,
    work: (config: Config) => string | Promise<string>,
  ): Promise<{ readonly account: string; readonly text: string }> {
    try {
      return { account, text: (await work(ownConfig())).trim() }
    } catch (error) {
      return refuse(error)
    } finally {
      views.forget()
    }
  }

  async function check(name: string, passphrase: string | undefined, what: 'verify' | 'balance') {
    requireKey(name, passphrase)
    const found = await checkOne(partsWith(passphrase), ownConfig(), name, what).catch(refuse)
    const { net, used } = found
    return {
      account: name,
      isGood: found.isGood,
      text: found.finding,
      funds: net === undefined || used === undefined ? null : { net, used },
      at: formatInstant(reach.clock.now()),
    }
  }

  return {
    '/api/accounts': async (body) => {
      const warnings: string[] = []
      const write = (text: string) => void warnings.push(text)
      const ask = () => Promise.resolve(valuesOf(body))
      const wanted = { word: body.account, isForVault: false, ask }
      try {
        if (findDoor(accounts)?.opensWith === 'passphrase' && body.passphrase === undefined)
          throw new RequestRefused('refused', KEY_WANTED)
        const { account, text } = await addAccount(partsWith(body.passphrase), { write }, wanted)
        return { account, text: [...warnings, text].join('').trim() }
      } catch (error) {
        return refuse(error)
      } finally {
        views.forget()
      }
    },
    '/api/accounts/:name/remove': ({ typed, passphrase }, names) => {
      const name = nameIn(names)
      return change(name, (config) => {
        requireKey(name, passphrase)
        const isSure = (meant: string) => Promise.resolve(typed === meant)
        return removeAccount(partsWith(passphrase), config, name, isSure)
      })
    },
    '/api/accounts/:name/enabled': ({ enabled }, names) => {
      const name = nameIn(names)
      return change(name, (config) => switchFollower(withoutKey, config, name, enabled))
    },
    '/api/accounts/:name/settings': (body, names) => {
      const name = nameIn(names)
      return change(name, (config) => changeFollower(withoutKey, config, name, changeOf(body)))
    },
    '/api/accounts/:name/verify': ({ passphrase }, names) =>
      check(nameIn(names), passphrase, 'verify'),
    '/api/accounts/:name/balance': ({ passphrase }, names) =>
      check(nameIn(names), passphrase, 'balance'),
  }
}

const KEY_WANTED = `${VAULT_FILE} opens with a passphrase, which has to come with this: load the page again`

/** By a door of its own, which nobody else goes through. */
export function refusePassphrase({ accounts }: AnswerParts, passphrase: string): string | null {
  try {
    const door = findDoor(accounts)
    if (door?.opensWith !== 'passphrase') return `no ${VAULT_FILE} here opens with a passphrase`
    const why = door.unlock({ kind: 'passphrase', passphrase })
    return why === null ? null : `${VAULT_FILE}: ${why}`
  } catch (error) {
    return refuse(error)
  }
}

export function nameIn({ name }: Names): string {
  if (name === undefined) throw new RequestRefused('badRequest', 'an account has to be named')
  return name
}

export function configOf(views: Views): Config {
  const loaded = views.loaded()
  if (loaded.kind === 'valid') return loaded.config
  throw new RequestRefused('refused', ['the setup is wrong', ...views.faults()].join('; '))
}

function valuesOf(body: AddAccountBody): ReadonlyMap<AccountKey, string> {
  const { clientId, apiKey, pin, totpSecret, label = '' } = body
  return new Map<AccountKey, string>([
    ['CLIENT_ID', clientId.trim()],
    ['API_KEY', apiKey.trim()],
    ['PASSWORD', pin.trim()],
    ['TOTP_SECRET', totpSecret.trim()],
    ...(label.trim() === '' ? [] : [['LABEL', label.trim()] as const]),
  ])
}

/** What was sent, as it is written in the file. */
export function changeOf({ sizing, rounding, limits }: EditBody) {
  const given = Object.entries(limits ?? {}).filter((pair) => pair[1] !== undefined)
  return {
    ...(sizing === undefined ? {} : { sizing: { ...sizing } }),
    ...(rounding === undefined ? {} : { rounding }),
    ...(given.length === 0 ? {} : { limits: Object.fromEntries(given) }),
  }
}

// --- the list ----------------------------------------------------------------------------------

export function accountList({ accounts, reach }: AnswerParts, views: Views): AccountList {
  const loaded = views.loaded()
  const { dataDir } = loaded.kind === 'valid' ? loaded.config : loaded
  return {
    accounts: loaded.kind === 'valid' ? rowsOf(loaded.config, views) : [],
    faults: views.faults(),
    isEngineRunning: MODES.some((mode) => reach.findEngine(dataDir, mode) !== null),
    nextName: nextName(accounts),
    vault: loaded.kind === 'valid' ? (loaded.config.vault?.opensWith ?? null) : null,
  }
}

function nextName(accounts: AccountsParts): string {
  try {
    return nextAccount(accounts)
  } catch (error) {
    return refuse(error)
  }
}

const rowsOf = (config: Config, views: Views): readonly AccountRow[] =>
  accountsOf(config).map((account) => {
    const { name } = account
    const settings = config.followers.find((each) => each.name === name)
    const verified = MODES.flatMap((mode) => views.find(mode)?.ledger.verifiedAt(name) ?? [])
    return {
      ...rowOf(account),
      isInVault: isIn(config.vault, name),
      verifiedAt: verified.length === 0 ? null : formatInstant(instant(Math.max(...verified))),
      isMaster: settings === undefined,
      settings: textOf(settings),
    }
  })

const rowOf = ({ name, label, clientCode, egress }: Account) => ({
  name,
  label,
  clientCode: maskCode(clientCode),
  goesOutBy:
    [
      ...(egress.localAddress === null ? [] : [egress.localAddress]),
      ...(egress.proxyUrl === null ? [] : ['a proxy']),
    ].join(', ') || "this machine's own address",
})

function textOf(settings: FollowerSettings | undefined): FollowerSettingsText | null {
  if (settings === undefined) return null
  const { enabled, mode, sizing, rounding, limits, confirm, maxAgeMs } = settings
  const texts = Object.entries(limits).map(([key, limit]) => [key, limitText(limit)])
  return {
    ...{ enabled, mode, rounding, confirm },
    sizing: sizingText(sizing),
    limits: Object.fromEntries(texts) as unknown as LimitsText,
    maxAge: formatDuration(maxAgeMs),
  }
}

const limitText = (limit: bigint | number | null): string | null =>
  limit === null ? null : typeof limit === 'number' ? String(limit) : formatDecimal(limit)

function sizingText(sizing: Sizing): SizingText {
  switch (sizing.mode) {
    case 'mirror':
    case 'proportional':
      return { mode: sizing.mode }
    case 'fixedQuantity':
      return { mode: 'fixed', quantity: formatDecimal(sizing.quantity) }
    case 'fixedLots':
      return { mode: 'fixed', lots: String(sizing.lots) }
    case 'multiplier':
      return { mode: 'multiplier', by: formatFactor(sizing.by) }
  }
}
