// `lockstep validate`: every check before going live, a line each. It changes nothing and sends nothing;
// all that is wrong is told at once, and then the exit code is 2. It never shows a secret.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config, LoadedConfig } from '../config/config.ts'
import { describeFault } from '../config/fault.ts'
import type { Account } from '../domain/account.ts'
import { assertNever } from '../domain/assert.ts'
import type { Mode } from '../domain/lane.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { formatFactor } from '../domain/ratio.ts'
import { type FollowerSettings, type Sizing, unsetLimits } from '../domain/settings.ts'
import { type AddCommand, exitCodes } from './program.ts'

interface CheckResult {
  readonly check: string
  readonly result: 'ok' | 'warning' | 'fault'
  readonly detail: string
}

/** What a ledger says of itself to one who only looks. */
export type LedgerState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'usable'
      readonly lanes: number
      readonly owed: number
      readonly open: number
    }
  /** `isLasting`: it will not mend itself when the engine starts. */
  | { readonly kind: 'unusable'; readonly why: string; readonly isLasting: boolean }

export interface ValidateParts {
  readonly load: (configFile: string | null) => LoadedConfig
  readonly lookAtLedger: (dataDir: string, mode: Mode) => LedgerState
}

interface ValidateOptions {
  readonly offline?: true
  readonly json?: true
  readonly config?: string
}

export function addValidate({ load, lookAtLedger }: ValidateParts): AddCommand {
  return (program, terminal, end) => {
    program
      .command('validate')
      .description('check the setup, a line for each check')
      .option('--offline', 'only what can be checked without reaching the broker')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
      .option('--json', 'the same for programs')
      .action((options: ValidateOptions) => {
        if (options.offline !== true) {
          program.error(
            'error: the checks that reach the broker are not there yet; use validate --offline',
          )
        }
        const results = checkOffline(load(options.config ?? null), lookAtLedger)
        const passed = results.every(({ result }) => result !== 'fault')
        terminal.write(
          options.json === true
            ? `${JSON.stringify({ passed, checks: results }, null, 2)}\n`
            : results.map(describeResult).join(''),
        )
        end(passed ? exitCodes.done : exitCodes.wrongSetup)
      })
  }
}

function describeResult({ check, result, detail }: CheckResult): string {
  return `${result.padEnd(8)}${check.padEnd(14)}${detail}\n`
}

function checkOffline(
  loaded: LoadedConfig,
  lookAtLedger: ValidateParts['lookAtLedger'],
): readonly CheckResult[] {
  const warnings = loaded.warnings.map(
    (detail): CheckResult => ({ check: 'configuration', result: 'warning', detail }),
  )
  if (loaded.kind === 'faults') {
    const faults = loaded.faults.map(
      (fault): CheckResult => ({
        check: 'configuration',
        result: 'fault',
        detail: describeFault(fault),
      }),
    )
    return [...faults, ...warnings]
  }
  const { config } = loaded
  return [
    {
      check: 'configuration',
      result: 'ok',
      detail: config.settingsFile ?? 'no lockstep.yaml: every setting has its default',
    },
    ...warnings,
    ...checkAccounts(config),
    checkFolder('data folder', config.dataDir),
    checkFolder('log folder', config.logDir),
    checkLedger('live ledger', lookAtLedger(config.dataDir, 'live')),
    checkLedger('paper ledger', lookAtLedger(config.dataDir, 'paper')),
  ]
}

function checkAccounts({ accounts: { master, followers }, followers: settings }: Config) {
  const results: CheckResult[] = []
  const add = (check: string, result: CheckResult['result'], detail: string) => {
    results.push({ check, result, detail })
  }
  if (master === null) {
    add('accounts', 'fault', 'no account is set up; .env.example names the variables')
    return results
  }
  add(master.name, 'ok', describeAccount(master))
  if (followers.length === 0) add('followers', 'fault', 'no follower is set up: nothing to copy to')
  for (const [index, follower] of followers.entries()) {
    const own = settings[index]
    if (own !== undefined) {
      add(follower.name, 'ok', `${describeAccount(follower)}, ${describeSettings(own)}`)
    }
  }
  return results
}

/** The client code is no secret, but it logs in: its ends are enough to recognise it. */
function describeAccount({ label, clientCode }: Account): string {
  const masked = `${clientCode.slice(0, 1)}***${clientCode.slice(-2)}`
  return label === null ? masked : `${label}, ${masked}`
}

function describeSettings(settings: FollowerSettings): string {
  const unset = unsetLimits(settings.limits)
  return [
    ...(settings.enabled ? [] : ['not enabled (exits only)']),
    ...(settings.mode === 'paper' ? ['paper'] : []),
    describeSizing(settings.sizing),
    unset.length === 0 ? 'every limit set' : `no ${unset.join(', ')}`,
  ].join(', ')
}

function describeSizing(sizing: Sizing): string {
  switch (sizing.mode) {
    case 'mirror':
      return "the master's size"
    case 'fixedQuantity':
      return `${formatDecimal(sizing.quantity)} each`
    case 'fixedLots':
      return sizing.lots === 1n ? '1 lot each' : `${sizing.lots} lots each`
    case 'multiplier':
      return `×${formatFactor(sizing.by)}`
    case 'proportional':
      return 'in proportion to capital'
    default:
      return assertNever(sizing)
  }
}

/** A folder that is not there yet is made on the first run, so what counts is where it would be made. */
function checkFolder(check: string, folder: string): CheckResult {
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  const refuse = (detail: string): CheckResult => ({ check, result: 'fault', detail })
  if (!statSync(nearest).isDirectory()) return refuse(`${folder}: ${nearest} is not a folder`)
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
    return { check, result: 'ok', detail: folder }
  } catch {
    // Whatever the system's word for it, the answer is the same: nothing can be kept there.
    return refuse(`${folder} can't be written by this user`)
  }
}

function checkLedger(check: string, state: LedgerState): CheckResult {
  switch (state.kind) {
    case 'none':
      return { check, result: 'ok', detail: 'none yet' }
    case 'usable': {
      const { lanes, owed, open } = state
      const detail = `${lanes} positions in it, ${owed} exits owed, ${open} orders not final`
      return { check, result: owed === 0 ? 'ok' : 'warning', detail }
    }
    case 'unusable':
      return { check, result: state.isLasting ? 'fault' : 'warning', detail: state.why }
    default:
      return assertNever(state)
  }
}
