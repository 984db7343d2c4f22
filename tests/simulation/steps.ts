// Every place at which the program can die, by name. A day dooms one of them by chance, so that rare ones are
// died at as well as common ones; the summary of many days says of each how often, and names those that were
// never died at. A step that is passed and not listed here is a fault of this list.
import type { Ledger, LedgerView } from '../../src/ports.ts'

/** All that writes, by the types: a new one that is missing here does not compile. */
const WRITES: Readonly<Record<Exclude<keyof Ledger, keyof LedgerView> | 'backup', true>> = {
  seeMasterOrders: true,
  setBaseline: true,
  record: true,
  recordClosing: true,
  recordAttempts: true,
  recordWrite: true,
  recordEvent: true,
  recordDenial: true,
  adjust: true,
  recordPositions: true,
  finishSteering: true,
  recordTags: true,
  recordSession: true,
  recordLogin: true,
  recordLoginResult: true,
  recordVerified: true,
  recordSecretUse: true,
  keepPulse: true,
  keepReserve: true,
  rebuild: true,
  verify: true,
  steer: true,
  backup: true,
}

export const isWrite = (name: string): boolean => Object.hasOwn(WRITES, name)

/** What the running program never calls: commands do. And a secret is taken out of a vault only; days have none. */
const NOT_OF_THE_ENGINE = ['rebuild', 'verify', 'steer', 'recordSecretUse']

const LEDGER = ['open', ...Object.keys(WRITES).filter((name) => !NOT_OF_THE_ENGINE.includes(name))]

const ROUTES = [
  'login',
  'profile',
  'funds',
  'orderBook',
  'positions',
  'holdings',
  'quote',
  'place',
  'modify',
  'cancel',
]

const PAPER = ['place', 'modify', 'cancel']

/** Who sleeps: the file, and the function in it. */
const SLEEPERS = [
  'assemble.tend',
  'client.giveUpInTime',
  'client.run',
  'engine.obey',
  'engine.priceQuestions',
  'engine.runFollower',
  'engine.watchExits',
  'engine.watchMaster',
  'feed.run',
  'feed.watch',
  'instruments.download',
  'instruments.onFailedAttempt',
  'limits.takeTurn',
  'pulse.run',
  'read.onFailedAttempt',
  'session.enter',
  'session.logIn',
  'session.present',
  'session.run',
]

/** What a program passes as it starts, and seldom or never again: doomed before it begins. */
export const AT_A_START: readonly string[] = [
  ...['open', 'recordSession', 'recordLogin', 'recordLoginResult', 'recordVerified', 'recordTags']
    .concat(['keepReserve'])
    .flatMap((write) => [`ledger.${write}:before`, `ledger.${write}:after`]),
  ...['login', 'profile', 'funds'].flatMap((route) =>
    ['send', 'answered'].map((at) => `wire.${route}:${at}`),
  ),
  'wire.login:noNetwork',
  'stream.dial',
  'stream.send',
  ...['assemble.tend', 'feed.run', 'session.enter', 'session.logIn', 'session.present'].map(
    (sleeper) => `clock.${sleeper}`,
  ),
]

/** What only the first start of all passes, or the first of a day. */
export const AT_A_FIRST_START: readonly string[] = [
  ...['setBaseline', 'backup'].flatMap((write) => [
    `ledger.${write}:before`,
    `ledger.${write}:after`,
  ]),
  'wire.instruments:send',
  'wire.instruments:answered',
  'clock.instruments.download',
  'clock.instruments.onFailedAttempt',
]

export const STEPS: readonly string[] = [
  ...LEDGER.flatMap((write) => [`ledger.${write}:before`, `ledger.${write}:after`]),
  ...ROUTES.flatMap((route) =>
    ['send', 'answered', 'noNetwork'].map((at) => `wire.${route}:${at}`),
  ),
  'wire.instruments:send',
  'wire.instruments:answered',
  ...['dial', 'send', 'frame', 'closed'].map((at) => `stream.${at}`),
  ...PAPER.flatMap((call) => [`paper.${call}:send`, `paper.${call}:answered`]),
  ...SLEEPERS.map((sleeper) => `clock.${sleeper}`),
]
