// A real folder with a real .env and settings file, and the answers of a configuration as plain lines.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { describeFault } from '../../src/config/fault.ts'

export const LOGIN = {
  API_KEY: 'apikey',
  CLIENT_ID: 'A100',
  PASSWORD: '1234',
  TOTP_SECRET: 'JBSWY3DPEHPK3PXP',
}

/** A complete login for each number, and for the master. */
export function accountsOf(...numbers: number[]): Record<string, string> {
  const env: Record<string, string> = { ...LOGIN }
  for (const number of numbers)
    for (const [key, value] of Object.entries({ ...LOGIN, CLIENT_ID: `B${100 + number}` }))
      env[`FOLLOWER_${number}_${key}`] = value
  return env
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly envFile?: string
  readonly yaml?: string
  readonly configFile?: string
  /** What the settings are written to, where that is not what is read. */
  readonly yamlFile?: string
}

export interface Answer {
  readonly config: Config | null
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
}

export function load({ env = {}, envFile, yaml, configFile, yamlFile }: Given): Answer {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-config-'))
  try {
    if (envFile !== undefined) writeFileSync(join(cwd, '.env'), envFile, { mode: 0o600 })
    if (yaml !== undefined)
      writeFileSync(join(cwd, yamlFile ?? configFile ?? 'lockstep.yaml'), yaml)
    const loaded = loadConfig({ env, cwd, configFile: configFile ?? null })
    const faults = loaded.kind === 'faults' ? loaded.faults.map(describeFault) : []
    const config = loaded.kind === 'valid' ? loaded.config : null
    return { config, faults, warnings: loaded.warnings }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

/** The configuration, or a failure that names the faults. */
export function loadValid(given: Given): Config {
  const { config, faults } = load(given)
  if (config === null) throw new Error(faults.join('\n'))
  return config
}
