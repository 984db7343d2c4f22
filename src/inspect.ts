// Puts together what `validate` looks with, for `main` alone. It holds the ledger like an engine, so that
// what it tries is remembered and no engine starts meanwhile; it makes a writer only when the trader asked
// for the probe. Nothing is decided here.
import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { connect, ENDPOINTS, readerOf, writerOf } from './broker/angelone/index.ts'
import {
  type InstrumentsLoaded,
  loadInstruments,
  storedInstruments,
} from './broker/angelone/instruments.ts'
import type { LoginMemory } from './broker/angelone/session.ts'
import { createChance } from './chance.ts'
import { VALIDATE } from './cli/reach.ts'
import type { Access } from './cli/validate/account.ts'
import type { InstrumentList } from './cli/validate/market.ts'
import type { LedgerSight } from './cli/validate/memory.ts'
import type { Reaching, ValidateParts } from './cli/validate.ts'
import type { Config } from './config/config.ts'
import type { Account } from './domain/account.ts'
import { assert } from './domain/assert.ts'
import type { Mode } from './domain/lane.ts'
import type { FollowerSettings } from './domain/settings.ts'
import { examineLedger, openLedger, openView } from './ledger/open.ts'
import { LedgerUnusable } from './ledger/unusable.ts'
import type { Clock, Ledger } from './ports.ts'

type Inspection = Pick<
  ValidateParts,
  'clock' | 'addresses' | 'lookAtLedger' | 'storedInstruments' | 'reach'
>

/** Longer than a window of one-time codes: the one of now may be used up. */
const LOGIN_WAIT_MS = 45_000

/** The clock is the machine's own, so that its skew shows. */
export function inspect(clock: Clock): Inspection {
  return {
    clock,
    addresses: () =>
      Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map((one) => one.address)),
    lookAtLedger,
    storedInstruments: (dataDir) => listOf(storedInstruments({ clock }, dataDir)),
    reach: (config) => reach(clock, config),
  }
}

const pathOf = (dataDir: string, mode: Mode): string =>
  join(dataDir, mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db')

function lookAtLedger(dataDir: string, mode: Mode): LedgerSight {
  const path = pathOf(dataDir, mode)
  try {
    examineLedger(path)
    return { kind: 'usable', view: openView({ path, mode }), faults: null }
  } catch (error) {
    if (!(error instanceof LedgerUnusable)) throw error
    if (error.kind === 'missing') return { kind: 'none' }
    return { kind: 'unusable', why: error.message, isLasting: error.kind !== 'older' }
  }
}

function reach(clock: Clock, config: Config): Reaching {
  const ledgers: Ledger[] = []
  const close = () => {
    for (const ledger of ledgers) ledger.close()
  }
  const open = (mode: Mode): LedgerSight => {
    const path = pathOf(config.dataDir, mode)
    const ledger = openLedger({ path, mode, clock, chance: createChance(), command: VALIDATE })
    ledgers.push(ledger)
    return { kind: 'usable', view: ledger, faults: ledger.verify() }
  }
  try {
    // The live one is made where there is none: a login is written down before it is tried.
    const live = open('live')
    const paper = existsSync(pathOf(config.dataDir, 'paper')) ? open('paper') : NONE
    config.vault?.hear(({ account, secret }) => {
      for (const ledger of ledgers) ledger.recordSecretUse(account, secret, clock.now())
    })
    const accesses = reachAccounts(clock, config, rememberIn(ledgers))
    return {
      kind: 'reached',
      ledgers: { live, paper },
      accesses,
      fetchInstruments: async () =>
        listOf(
          await loadInstruments(
            { clock },
            {
              url: config.endpoints.instruments ?? ENDPOINTS.instruments,
              folder: config.dataDir,
              egress: config.accounts.master?.egress ?? { localAddress: null, proxyUrl: null },
            },
          ),
        ),
      close() {
        for (const access of accesses) access.close()
        close()
      },
    }
  } catch (error) {
    close()
    if (!(error instanceof LedgerUnusable)) throw error
    return { kind: 'barred', why: error.message, hasEngine: error.kind === 'held' }
  }
}

const NONE: LedgerSight = { kind: 'none' }

function reachAccounts(clock: Clock, config: Config, memory: LoginMemory) {
  const { master, followers } = config.accounts
  assert(master, 'who validates has a master')
  const url = config.endpoints.api ?? ENDPOINTS.api
  const startedAt = clock.now()
  const to = (account: Account, settings: FollowerSettings | null) => {
    const connection = connect(
      { clock, memory, lastAct: () => null, machineNow: clock.now },
      { account, url, logins: 'one' },
    )
    const { session, client } = connection
    const access: Access = {
      account,
      settings,
      reader: readerOf(connection),
      writer: () => writerOf(connection),
      skewMs: () => client.skewMs(),
      async logIn() {
        const admission = await session.enter(LOGIN_WAIT_MS)
        if (admission.kind === 'open') return { kind: 'open' }
        const state = session.state()
        if (state.kind !== 'stopped') return { kind: 'closed', why: admission.why }
        const isTried = memory.logins(account.name, startedAt).length > 0
        return isTried
          ? state
          : { ...state, why: `${state.why} before, and its secrets are still the same: not tried` }
      },
    }
    return {
      ...access,
      close() {
        session.close()
        client.close()
      },
    }
  }
  return [
    to(master, null),
    ...followers.map((account, index) => to(account, config.followers[index] ?? null)),
  ]
}

/** Every ledger is told, so that neither a live run nor a dry one tries the same code again. */
function rememberIn(ledgers: readonly Ledger[]): LoginMemory {
  const numbers = new Map<number, readonly number[]>()
  return {
    recordLogin(account, window, secrets, at) {
      const own = ledgers.map((ledger) => ledger.recordLogin(account, window, secrets, at))
      const number = numbers.size + 1
      numbers.set(number, own)
      return number
    },
    recordLoginResult(login, result, at) {
      const own = numbers.get(login) ?? []
      for (const [index, ledger] of ledgers.entries())
        ledger.recordLoginResult(own[index] ?? 0, result, at)
    },
    logins: (account, since) =>
      ledgers
        .flatMap((ledger) => ledger.logins(account, since))
        .toSorted((one, other) => one.at - other.at),
  }
}

function listOf(loaded: InstrumentsLoaded): InstrumentList {
  if (loaded.kind === 'missing') return loaded
  const { instruments, lotOf, warning } = loaded
  return { kind: 'ready', day: instruments.day, lotOf, warning }
}
