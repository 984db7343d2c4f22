// The program: the only place where the parts are put together. Started by scripts/launch.cjs, which sees
// to a Node that is new enough before anything here is read.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import packageJson from '../package.json' with { type: 'json' }
import { assemble, ledgerPath } from './assemble.ts'
import { connect, ENDPOINTS, readerOf } from './broker/angelone/index.ts'
import { WRITE_WINDOWS } from './broker/angelone/limits.ts'
import { addAccounts } from './cli/accounts.ts'
import type { AccountsParts, Connect } from './cli/accounts-parts.ts'
import { addAdopt } from './cli/adopt.ts'
import { addAlerts } from './cli/alerts.ts'
import { addApprove } from './cli/approve.ts'
import { createPerson } from './cli/ask.ts'
import type { Copier } from './cli/copier.ts'
import { describeHeld } from './cli/copying.ts'
import { addDemo, type DemoParts } from './cli/demo.ts'
import { addDismiss } from './cli/dismiss.ts'
import { addFlatten } from './cli/flatten.ts'
import { addHalt } from './cli/halt.ts'
import { listenForInterrupt } from './cli/interrupt.ts'
import { addPause } from './cli/pause.ts'
import { addPositions } from './cli/positions.ts'
import { runProgram } from './cli/program.ts'
import type { Opened, Reach } from './cli/reach.ts'
import { addReject } from './cli/reject.ts'
import { addReport } from './cli/report.ts'
import { addResolve } from './cli/resolve.ts'
import { addResume } from './cli/resume.ts'
import { addRun, type HeldLive, type RunParts } from './cli/run.ts'
import { addServe } from './cli/serve.ts'
import { addStart } from './cli/start.ts'
import { addStatus } from './cli/status.ts'
import { localDisk } from './cli/validate/disk.ts'
import { addValidate } from './cli/validate.ts'
import { addWhy } from './cli/why.ts'
import { type Config, loadConfig } from './config/config.ts'
import { readProcessEnvironment } from './config/environment.ts'
import { setStage } from './demonstrate.ts'
import { assert } from './domain/assert.ts'
import type { Mode } from './domain/lane.ts'
import { instant } from './domain/time.ts'
import { inspect } from './inspect.ts'
import { findHolder } from './ledger/lock.ts'
import { openDesk, openView } from './ledger/open.ts'
import { LedgerUnusable } from './ledger/unusable.ts'
import { createPageOpener } from './page-opener.ts'
import { findStarter, startPage } from './page-process.ts'
import { type Alerts, createAlerts } from './report/alerts.ts'
import { createReport, type Report, type ReportParts } from './report/report.ts'
import { parseRecord, summarize } from './report/summary.ts'
import { reviewText } from './report/summary-text.ts'

// Whoever read this has gone: a window that was closed, a pipe, a full disk. A copier must not die of it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const load = (configFile: string | null) =>
  loadConfig({ env: readProcessEnvironment(), cwd: process.cwd(), configFile })

/** How the commands that look and steer reach a ledger, and through it a running engine. */
const reach: Reach = {
  load,
  openView: opening(openView),
  openDesk: opening(openDesk),
  findEngine: (dataDir, mode) => findHolder(ledgerPath(dataDir, mode)),
  clock: {
    now: () => instant(Date.now()),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => pause(ms, undefined, signal && { signal }).catch(() => undefined),
  },
  person: createPerson(process.stdin, process.stdout),
  async untilInterrupted(work) {
    const end = () => process.exit(0)
    const interrupt = listenForInterrupt(process, () => performance.now(), end)
    const unread = new AbortController()
    process.stdout.once('error', () => unread.abort())
    await work(AbortSignal.any([interrupt.signal, unread.signal]))
    interrupt.ignore()
  },
  windows: WRITE_WINDOWS,
}

/** To read by, and to log in with; the door that writes is not even made. */
const connectToRead: Connect = (config, account, memory, since) => {
  const url = config.endpoints.api ?? ENDPOINTS.api
  // Whoever asks for this has acted: one more code is tried. A PIN that was refused is not, while it is the
  // same, however often this is run: a broker locks accounts.
  const connection = connect(
    { clock: reach.clock, memory, lastAct: () => since },
    { account, url, logins: 'one' },
  )
  return {
    reader: readerOf(connection),
    async enter(waitMs) {
      const entered = await connection.session.enter(waitMs)
      const state = connection.session.state()
      if (entered.kind === 'open' || state.kind !== 'stopped') return entered
      const why = `${state.why} before, and its secrets are still the same: not tried`
      return { kind: 'closed', why }
    },
    close() {
      connection.session.close()
      connection.client.close()
    },
  }
}

const accounts: AccountsParts = {
  reach,
  folder: process.cwd(),
  env: readProcessEnvironment(),
  connect: connectToRead,
}

const listen = () =>
  listenForInterrupt(
    process,
    () => performance.now(),
    () => process.exit(1),
  )

const openPage = createPageOpener({
  reach,
  accounts,
  version: packageJson.version,
  complain: (text) => void process.stderr.write(`lockstep serve: ${text}\n`),
})

const runParts: RunParts = {
  load,
  open: (config, choice) => assemble({ clock: null }, config, choice),
  heldLive,
  report,
  alerts,
  version: packageJson.version,
  listen,
  person: reach.person,
  startPage,
}
const demoParts: DemoParts = {
  setStage,
  report,
  review: (file) => reviewText(summarize([parseRecord(readFileSync(file, 'utf8'))])),
  version: packageJson.version,
  listen,
  startPage,
}

process.exitCode = await runProgram(
  process.argv.slice(2),
  packageJson.version,
  {
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  },
  [
    addRun(runParts),
    addDemo(demoParts),
    addStart(runParts, demoParts),
    addServe({ openPage, listen, starter: findStarter() }),
    addValidate({
      ...inspect(reach.clock),
      load,
      cwd: process.cwd(),
      disk: localDisk,
      person: reach.person,
    }),
    addStatus(reach),
    addPositions(reach),
    addWhy(reach),
    addReport(reach),
    addPause(reach),
    addResume(reach),
    addHalt(reach),
    addFlatten(reach),
    addApprove(reach),
    addReject(reach),
    addDismiss(reach),
    addAdopt(reach),
    addResolve(reach),
    addAccounts(accounts),
    addAlerts(reach),
  ],
)

function opening<L>(open: (options: { path: string; mode: Mode }) => L) {
  return (dataDir: string, mode: Mode): Opened<L> => {
    try {
      return { kind: 'open', ledger: open({ path: ledgerPath(dataDir, mode), mode }) }
    } catch (error) {
      if (!(error instanceof LedgerUnusable)) throw error
      return error.kind === 'missing' ? { kind: 'none' } : { kind: 'unusable', why: error.message }
    }
  }
}

function heldLive({ dataDir }: Config): HeldLive {
  const opened = reach.openView(dataDir, 'live')
  if (opened.kind === 'none') return { kind: 'known', lanes: [] }
  if (opened.kind === 'unusable') return { kind: 'unknown', why: opened.why }
  const { ledger } = opened
  const held = ledger.lanes().filter((lane) => lane.mode === 'live' && lane.held !== 0n)
  ledger.close()
  return { kind: 'known', lanes: held.map(describeHeld) }
}

function alerts({ clock, mode, config }: Copier, say: (text: string) => void): Alerts {
  const head = mode === 'live' ? 'Lockstep LIVE' : 'Lockstep DRY RUN'
  return createAlerts({ clock, mode, head, say }, config.alerts)
}

function report(
  { clock, ledger, instruments, config, mode, members }: Copier,
  onAlert: ReportParts['onAlert'],
): Report {
  const [master, ...followers] = members
  assert(master, 'a copier has a master')
  return createReport({
    clock,
    ledger,
    instruments,
    out: {
      write: (text) => process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      columns: () => process.stdout.columns ?? 100,
      rows: () => process.stdout.rows ?? 40,
      color: config.color && process.stdout.isTTY,
    },
    logDir: config.logDir,
    mode,
    onAlert,
    master: master.account,
    followers: followers.flatMap(({ account, settings, mode: own }) =>
      settings === null
        ? []
        : [{ name: account.name, label: account.label, mode: own, sizing: settings.sizing }],
    ),
  })
}
