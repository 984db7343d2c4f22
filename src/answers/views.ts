// The ledgers that the page looks at, opened once each and read only, and what a look begins with: settings,
// and who runs. These are read anew every half second at most, however many pages ask.
import { statSync } from 'node:fs'
import { MODES } from '../cli/accounts-parts.ts'
import { chooseMode, engineOn, type Opened, type Site, siteOf } from '../cli/reach.ts'
import type { LoadedConfig } from '../config/config.ts'
import { describeFault } from '../config/fault.ts'
import type { Mode } from '../domain/lane.ts'
import { formatInstant, SECOND } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { Site as SiteText } from '../web/shapes/said.ts'
import type { AnswerParts } from './parts.ts'

export type LookSite = Site<LedgerView>

export interface Views {
  /** Throws where there is no ledger. */
  at(mode: Mode | undefined): LookSite
  /** null where there is none. */
  find(mode: Mode): LookSite | null
  modeOf(mode: Mode | undefined): Mode
  loaded(): LoadedConfig
  faults(): readonly string[]
  textOf(site: LookSite): SiteText
  /** Settings or accounts were changed by the page itself. */
  forget(): void
}

const FRESH_MS = SECOND / 2

interface Around {
  readonly loaded: LoadedConfig
  readonly engines: ReadonlyMap<Mode, Site<LedgerView>['engine']>
  readonly chosen: Mode
  readonly readAtMs: number
}

export function createViews({ reach, configFile, isDemo, ledgerPath }: AnswerParts): Views {
  const open = new Map<Mode, { readonly ledger: LedgerView; readonly file: string }>()
  let around: Around | null = null

  function lookAround(): Around {
    const nowMs = reach.clock.monotonicMs()
    const known = around
    if (known !== null && nowMs - known.readAtMs < FRESH_MS) return known
    const loaded = reach.load(configFile)
    const dataDir = dataDirOf(loaded)
    const engines = new Map(MODES.map((mode) => [mode, engineOn(reach, dataDir, mode)] as const))
    const chosen = chooseMode(reach, {}, dataDir)
    const read = { loaded, engines, chosen, readAtMs: nowMs }
    around = read
    return read
  }

  /** A ledger that was put back from a backup is another file under the same name. */
  function ledgerOf(mode: Mode, dataDir: string): Opened<LedgerView> {
    const known = open.get(mode)
    const file = fileNumber(ledgerPath(dataDir, mode))
    if (known !== undefined && known.file === file) return { kind: 'open', ledger: known.ledger }
    known?.ledger.close()
    open.delete(mode)
    const opened = reach.openView(dataDir, mode)
    if (opened.kind === 'open' && file !== null) open.set(mode, { ledger: opened.ledger, file })
    return opened
  }

  const look = (mode: Mode, ledger: LedgerView): LookSite => {
    const { loaded, engines } = lookAround()
    const engine = engines.get(mode) ?? null
    return siteOf(loaded, mode, { ledger, engine, now: reach.clock.now() })
  }

  const modeOf = (mode: Mode | undefined): Mode => mode ?? lookAround().chosen

  function find(mode: Mode): LookSite | null {
    const opened = ledgerOf(mode, dataDirOf(lookAround().loaded))
    return opened.kind === 'open' ? look(mode, opened.ledger) : null
  }

  return {
    modeOf,
    find,
    at(wanted) {
      const mode = modeOf(wanted)
      const opened = ledgerOf(mode, dataDirOf(lookAround().loaded))
      if (opened.kind === 'open') return look(mode, opened.ledger)
      const why = opened.kind === 'none' ? 'it begins with the first run' : opened.why
      throw new RequestRefused('noLedger', `there is no ${mode} ledger to look at: ${why}`)
    },
    loaded: () => lookAround().loaded,
    faults() {
      const { loaded } = lookAround()
      return loaded.kind === 'valid' ? [] : loaded.faults.map(describeFault)
    },
    textOf: ({ mode, engine, now, ledger }) => ({
      mode,
      modes: MODES.filter((each) => each === mode || find(each) !== null),
      isDemo,
      at: formatInstant(now),
      engine: engine && { ...engine, since: formatInstant(engine.since) },
      revision: ledger.revision(),
    }),
    forget() {
      around = null
    },
  }
}

const dataDirOf = (loaded: LoadedConfig): string =>
  loaded.kind === 'valid' ? loaded.config.dataDir : loaded.dataDir

function fileNumber(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev}/${found.ino}`
}
