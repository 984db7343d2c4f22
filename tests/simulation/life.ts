// One life of the program, from its start to its end: what `lockstep run --live --yes` puts together, on
// the world's clock, network and chance, behind a gate at which it can die. A dead life keeps nothing open:
// its ledger stays as a kill would leave it, write-ahead log and all, and its lock is free.
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, ledgerPath } from '../../src/assemble.ts'
import * as angelone from '../../src/broker/angelone/index.ts'
import { loadInstruments } from '../../src/broker/angelone/instruments.ts'
import { openPaperAccount } from '../../src/broker/paper/index.ts'
import { copy } from '../../src/cli/copying.ts'
import type { MachineClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/config.ts'
import { instant } from '../../src/domain/time.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Room } from '../../src/ledger/reserve.ts'
import type { Sync } from '../../src/ledger/sync.ts'
import type { Chance, EngineEvent, Ledger } from '../../src/ports.ts'
import type { Report } from '../../src/report/report.ts'
import { Died, type Doom, forEver, type Gate } from './gate.ts'
import type { Network } from './network.ts'
import { isWrite } from './steps.ts'
import type { TrueLife } from './truth.ts'

export interface LifeParts {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly gate: Gate
  readonly network: Network
  readonly clock: MachineClock
  readonly chance: Chance
  readonly room: Room
  /** null: as on any disk. */
  readonly sync: Sync | null
  readonly isTakingOver: boolean
  tell(event: EngineEvent): void
  say(text: string): void
}

export interface Life {
  /** The engine's own view of its memory; null before it is open and after it is closed. */
  ledger(): Ledger | null
  /** As by SIGTERM. */
  stop(): void
  doom(doom: Doom): void
  kill(): void
  /** What it was that ended it; after that nothing of it does anything any more. */
  readonly ended: Promise<TrueLife['end']>
}

export interface Mortal {
  readonly life: Life
  /** To be called when the gate says that it died. */
  died(step: string): void
  failed(error: unknown): void
}

export function startLife(parts: LifeParts): Mortal {
  const { gate, network, folder, env } = parts
  const stopping = new AbortController()
  const over = Promise.withResolvers<TrueLife['end']>()
  const papers: { close(): void }[] = []
  let real: Ledger | null = null

  async function main(): Promise<void> {
    const loaded = loadConfig({ env, cwd: folder, configFile: null })
    if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults))
    const copier = assemble(
      { clock: null, broker: throughGate(parts), machine: machine() },
      loaded.config,
      { mode: 'live', command: 'lockstep run --live', takeOver: parts.isTakingOver },
    )
    try {
      await copy(copier, {
        report: reportTo(parts),
        alerts: null,
        version: '0',
        only: null,
        isDemo: false,
        mayGo: async () => true,
        person: null,
        page: () => null,
        signal: stopping.signal,
      })
    } finally {
      copier.close()
    }
  }

  const machine = () => ({
    clock: gated(parts.clock, gate),
    chance: parts.chance,
    openLedger(options: Parameters<typeof openLedger>[0]): Ledger {
      gate.pass('ledger.open:before')
      const { room, sync } = parts
      real = openLedger({ ...options, reserveBytes: RESERVE_BYTES, room, ...(sync && { sync }) })
      gate.pass('ledger.open:after')
      return gatedLedger(real, gate)
    },
    loadInstruments: (
      deps: Parameters<typeof loadInstruments>[0],
      config: Parameters<typeof loadInstruments>[1],
    ) => loadInstruments({ ...deps, fetchPieces: network.fetchPieces }, config),
    openPaperAccount(...wanted: Parameters<typeof openPaperAccount>) {
      const paper = openPaperAccount(...wanted)
      papers.push(paper)
      return { ...paper, writer: gatedCalls(paper.writer, 'paper', gate) }
    },
  })

  main().then(
    () => {
      gate.end()
      over.resolve({ kind: 'stopped' })
    },
    (error: unknown) => failed(error),
  )

  function failed(error: unknown): void {
    if (error instanceof Died || gate.isDead()) return
    gate.end()
    real?.close()
    network.closeAll()
    over.resolve({ kind: 'failed', why: error instanceof Error ? wordsOf(error) : String(error) })
  }

  return {
    life: {
      ledger: () => (real === null || gate.isDead() ? null : real),
      stop: () => stopping.abort(),
      doom: gate.doom,
      kill: gate.kill,
      ended: over.promise,
    },
    failed,
    died(step) {
      for (const paper of papers) paper.close()
      const ledger = real
      if (ledger) leaveAsKilled(ledgerPath(join(folder, 'data'), 'live'), () => ledger.close())
      network.closeAll()
      over.resolve({ kind: 'killed', step })
    },
  }
}

/** Small: what a full disk does to it is the same at any size. */
const RESERVE_BYTES = 4096

const wordsOf = (error: Error): string =>
  error.name === 'Refusal' ? `Refusal: ${error.message}` : (error.stack ?? error.message)

/** The files as they are at this moment, and nothing that closing them in order would put right. */
function leaveAsKilled(path: string, close: () => void): void {
  const kept = [path, `${path}-wal`].filter((each) => existsSync(each))
  for (const each of kept) copyFileSync(each, `${each}.kept`)
  close()
  for (const suffix of ['', '-wal', '-shm', '.lock', '.holder'])
    rmSync(`${path}${suffix}`, { force: true })
  for (const each of kept) renameSync(`${each}.kept`, each)
}

// --- the ports, behind the gate ----------------------------------------------------------------

function throughGate({ network }: LifeParts) {
  return {
    ...angelone,
    connect: (...[deps, config]: Parameters<typeof angelone.connect>) =>
      angelone.connect({ ...deps, carrier: network.carrierFor(config.account) }, config),
    streamOf: (...[connection, deps]: Parameters<typeof angelone.streamOf>) =>
      angelone.streamOf(connection, {
        ...deps,
        openSocket: network.openSocketFor(connection.account),
      }),
  }
}

function gated(clock: MachineClock, gate: Gate): MachineClock {
  return {
    now: () => instant(clock.now()),
    monotonicMs: clock.monotonicMs,
    sinceBootMs: clock.sinceBootMs,
    async sleep(ms, signal) {
      if (gate.isDead()) await forEver()
      const step = gate.isDoomed() ? `clock.${sleeperOf()}` : null
      await clock.sleep(ms, signal)
      if (step !== null) await gate.passing(step)
      else if (gate.isDead()) await forEver()
    },
  }
}

/** Who sleeps, by the name of the function that does: `engine.obey`, `session.run`. It takes its time. */
function sleeperOf(): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  const holder: { stack?: unknown } = {}
  Error.stackTraceLimit = 8
  Error.prepareStackTrace = (_, sites) => sites
  Error.captureStackTrace(holder, sleeperOf)
  const sites = holder.stack as readonly NodeJS.CallSite[]
  Error.prepareStackTrace = prepareStackTrace
  Error.stackTraceLimit = stackTraceLimit
  for (const site of sites) {
    const file = site.getFileName() ?? ''
    const at = file.lastIndexOf('/src/')
    const name = site.getFunctionName() ?? ''
    if (at < 0 || NOBODY.test(name)) continue
    return `${file.slice(file.lastIndexOf('/') + 1, -'.ts'.length)}.${name}`
  }
  return 'somebody'
}

/** What only hands a sleep on, and what has no name. */
const NOBODY = /^$|\.?(rest|sleep)$/

/** Every write is a place to die before, with nothing of it there, and after, with all of it. */
function gatedLedger(ledger: Ledger, gate: Gate): Ledger {
  const gatedOne = Object.entries(ledger).map(([name, own]) => {
    if (typeof own !== 'function') return [name, own]
    const ask = own as (...words: unknown[]) => unknown
    if (!isWrite(name))
      return [
        name,
        (...words: unknown[]) => {
          if (gate.isDead()) throw new Died('its ledger')
          return ask(...words)
        },
      ]
    return [
      name,
      (...words: unknown[]) => {
        gate.pass(`ledger.${name}:before`)
        const answer = ask(...words)
        gate.pass(`ledger.${name}:after`)
        return answer
      },
    ]
  })
  return Object.fromEntries(gatedOne) as Ledger
}

function gatedCalls<T extends object>(calls: T, word: string, gate: Gate): T {
  const gatedOne = Object.entries(calls).map(([name, own]) => {
    if (typeof own !== 'function') return [name, own]
    const call = own as (...words: unknown[]) => Promise<unknown>
    return [
      name,
      async (...words: unknown[]) => {
        await gate.passing(`${word}.${name}:send`)
        const answer = await call(...words)
        await gate.passing(`${word}.${name}:answered`)
        return answer
      },
    ]
  })
  return Object.fromEntries(gatedOne) as T
}

const reportTo = ({ tell, say, gate }: LifeParts): Report => ({
  files: { log: '', record: '' },
  banner: () => undefined,
  tell(event) {
    if (!gate.isDead()) tell(event)
  },
  say(text) {
    if (!gate.isDead()) say(text)
  },
  summary: () => '',
  tellOnly: () => undefined,
  hold: () => () => undefined,
  end: async () => undefined,
})
