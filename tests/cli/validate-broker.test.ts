// What `lockstep validate` finds out by asking the broker: a good setup line by line, and each thing that
// can be wrong once.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkClock } from '../../src/cli/validate/account.ts'
import { MASTER } from '../../src/domain/ids.ts'
import { parseMoney } from '../../src/domain/numbers.ts'
import { makeTag } from '../../src/domain/tag.ts'
import { followerCode, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
import { orderRow } from '../broker/angelone/kit.ts'
import { CAREFUL, linesOf, makePlace, startBroker } from './inspected.ts'

const said = (data: unknown): Fault => ({
  kind: 'answer',
  when: 'before',
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify({ status: true, message: 'SUCCESS', errorcode: '', data }),
})
const profile = (some: Readonly<Record<string, unknown>>) =>
  said({
    clientcode: followerCode(1),
    name: 'Simulated Follower 1',
    exchanges: ['NSE', 'NFO', 'BSE', 'BFO', 'MCX'],
    products: ['MARGIN', 'MIS', 'NRML', 'CNC', 'CO', 'BO'],
    ...some,
  })

describe('lockstep validate', () => {
  it('finds a good setup good, line by line', async () => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    const { exitCode, out, complaints } = await place.validate({ env, yaml: CAREFUL })
    expect(out.slice(out.indexOf('green  live ledger'))).toBe(
      `green  live ledger          engine AAAAA, whole, and all of it follows from its facts
green  live held            nothing
green  live owed            no exit
green  live resting         no order
green  live unknown         no order
green  live steering        neither halted nor paused
green  paper ledger         none yet
green  NSE hours            open until 2026-12-01 15:30; next holiday 2026-12-25 Christmas
green  NFO hours            open until 2026-12-01 15:40; next holiday 2026-12-25 Christmas
green  calendar             the holidays of 2026 are known (table of 2026-11-21)
green  freeze table         the built-in freeze quantities are of 2026-02-01, 303 days old; your own: NIFTY 1800
green  MASTER address       goes out from the address that the system chooses
green  FOLLOWER_1 address   goes out from the address that the system chooses
green  clock                agrees with the broker to the second
green  MASTER login         logged in
green  MASTER profile       M…000 Simulated Master
green  MASTER funds         1000000.00 free, 0.00 used
green  MASTER orders        0 today, none by Lockstep
green  FOLLOWER_1 login     logged in
green  FOLLOWER_1 profile   F…001 Simulated Follower 1
green  FOLLOWER_1 funds     1000000.00 free, 0.00 used
green  FOLLOWER_1 orders    0 today, none by another Lockstep
green  FOLLOWER_1 segments  NSE, BSE, NFO, BFO, MCX enabled
green  instruments          today's list
green  FOLLOWER_1 lots      whole lots, such as 65 of NIFTY
amber  static IP            not asked whether the broker takes orders from here
                            → Angel One takes orders only from the address registered for the API key: lockstep validate --probe-writes finds out
amber  family               no program can see whose accounts these are
                            → only your own and those of your spouse, dependent children and dependent parents, each with their consent

37 green, 3 amber, 0 red: nothing stands in the way; read what is amber
`,
    )
    expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: '' })
    const asked = simulator.control.requests().map(({ route }) => route)
    expect(asked.filter((route) => route === 'login')).toHaveLength(2)
    expect(asked).not.toContain('place')
    expect(asked).not.toContain('cancel')
    expect(simulator.control.violations()).toEqual([])
    expect(out).not.toMatch(/canary|471\d/i)
    expect(statSync(join(place.cwd, 'data/lockstep.db')).mode & 0o077).toBe(0)
  })

  it('writes a login down, so that a code is not tried again by whoever comes next', async () => {
    const place = makePlace()
    const { env } = await startBroker(place, 1)
    place.openLedger('paper').close()
    await place.validate({ env })
    for (const mode of ['live', 'paper'] as const) {
      const ledger = place.openLedger(mode)
      expect(ledger.logins(MASTER, place.clock.now())).toEqual([])
      expect(ledger.logins(MASTER, 0 as never).map(({ result }) => result)).toEqual(['accepted'])
      ledger.close()
    }
  })

  it.each(['live', 'paper'] as const)('logs in nowhere while an engine runs: %s', async (mode) => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    const engine = place.openLedger(mode)
    const { out, exitCode } = await place.validate({ env })
    engine.close()
    expect(linesOf(out, 'logins')).toMatch(
      /^red logins not tried: here\/data\/lockstep(-paper)?\.db is in use by process \d+ on \S+ \(lockstep run\) since .*\n→ a second login may end the engine's session: stop it, or look with lockstep status$/,
    )
    expect(linesOf(out, `${mode} ledger`)).toBe(
      `green ${mode} ledger engine AAAAA, examined; its facts are followed up without --offline`,
    )
    expect(exitCode).toBe(1)
    expect(simulator.control.requests()).toEqual([])
  })

  it('tries a refused PIN again only when it is another one', async () => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    const text = Object.entries({ ...env, FOLLOWER_1_PASSWORD: '9999' })
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
    const attempts = () =>
      simulator.control
        .requests()
        .filter(({ route, clientCode }) => route === 'login' && clientCode === followerCode(1))
        .length
    const first = await place.validate({ envFile: { text, mode: 0o600 } })
    expect(linesOf(first.out, 'FOLLOWER_1 login')).toContain('the PIN was refused (200')
    place.clock.later(30_000)
    const again = await place.validate({})
    expect(linesOf(again.out, 'FOLLOWER_1 login')).toBe(
      'red FOLLOWER_1 login the PIN was refused before, and its secrets are still the same: not tried\n→ correct FOLLOWER_1_PASSWORD, then run: lockstep accounts verify FOLLOWER_1',
    )
    expect(attempts()).toBe(1)
    place.clock.later(30_000)
    const touched = `${text}\n# looked at\n`
    await place.validate({ envFile: { text: touched, mode: 0o600 } })
    expect(attempts()).toBe(1)
    place.clock.later(30_000)
    const corrected = text.replace('9999', '8888')
    await place.validate({ envFile: { text: corrected, mode: 0o600 } })
    expect(attempts()).toBe(2)
  })

  it('asks side by side: one that hangs delays nobody, and counts where a person looks', async () => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 3)
    const [slow, cut] = [followerCode(2), followerCode(3)]
    simulator.control.addFault({ fault: fault.delay(1_000), clientCode: slow, route: 'login' })
    simulator.control.addFault({ fault: fault.reset('after'), clientCode: cut, route: 'login' })
    const ask = () => Promise.resolve('')
    const { out, complaints, exitCode } = await place.validate({
      env: { ...env, NO_COLOR: '1' },
      ask,
    })
    expect(linesOf(out, 'FOLLOWER_2 login')).toBe('green FOLLOWER_2 login logged in')
    expect(linesOf(out, 'FOLLOWER_3 login')).toBe(
      'red FOLLOWER_3 login the login was not answered (written)\n→ see that this machine reaches the broker',
    )
    const times = simulator.control
      .requests()
      .filter(({ route }) => route === 'login')
      .map(({ at }) => at)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1_000)
    const steps = complaints.split('\r').map((step) => step.replace('\u001b[K', ''))
    expect(steps).toEqual([
      '',
      ...[0, 1, 2, 3, 4].map((done) => `asking the broker: ${done} of 4 accounts …`),
      '',
    ])
    expect(exitCode).toBe(1)
  })

  it.each<
    [
      string,
      { route?: RouteName; fault?: Fault; env?: object; yaml?: string; cash?: string },
      string,
    ]
  >([
    [
      'FOLLOWER_1 login',
      { env: { FOLLOWER_1_PASSWORD: '9999' } },
      'red FOLLOWER_1 login the PIN was refused (200 envelope AB1007)\n→ correct FOLLOWER_1_PASSWORD, then run: lockstep accounts verify FOLLOWER_1',
    ],
    [
      'FOLLOWER_1 login',
      { env: { FOLLOWER_1_TOTP_SECRET: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } },
      'red FOLLOWER_1 login the code was refused (200 envelope AB1050)\n→ check FOLLOWER_1_TOTP_SECRET and the clock of this machine, then run: lockstep accounts verify FOLLOWER_1',
    ],
    [
      'FOLLOWER_1 login',
      { env: { FOLLOWER_1_API_KEY: 'anotherkey' } },
      'red FOLLOWER_1 login the login was refused (200 envelope AG8004)\n→ check FOLLOWER_1_API_KEY, FOLLOWER_1_CLIENT_ID and FOLLOWER_1_TOTP_SECRET, then run: lockstep accounts verify FOLLOWER_1',
    ],
    [
      'FOLLOWER_1 account',
      { env: { FOLLOWER_1_PASSWORD: '9999' } },
      'amber FOLLOWER_1 account its profile, funds and orders were not read: it is not logged in\n→ put the login right first',
    ],
    [
      'FOLLOWER_1 profile',
      { route: 'profile', fault: profile({ clientcode: 'X98765' }) },
      'red FOLLOWER_1 profile the broker calls it X…5, not F…001\n→ correct FOLLOWER_1_CLIENT_ID and the keys that belong to it',
    ],
    [
      'FOLLOWER_1 profile',
      { route: 'profile', fault: fault.blockPage() },
      'amber FOLLOWER_1 profile could not be read: GET /rest/secure/angelbroking/user/v1/getProfile: 200 html\n→ run lockstep validate again in a minute',
    ],
    [
      'FOLLOWER_1 segments',
      { route: 'profile', fault: profile({ exchanges: ['nse_cm', 'bse_cm'] }) },
      'amber FOLLOWER_1 segments the master may trade NFO, BFO, MCX and this account may not: those entries will be rejected\n→ have them enabled by the broker, or leave them out by rules: of FOLLOWER_1 in lockstep.yaml',
    ],
    [
      'FOLLOWER_1 segments',
      {
        route: 'profile',
        fault: profile({ exchanges: ['nse_cm'], products: ['CNC'] }),
        yaml: 'rules: { exchanges: [NSE, NFO], products: [INTRADAY, DELIVERY] }',
      },
      'red FOLLOWER_1 segments the rules name NFO, INTRADAY, which the account may not trade\n→ have them enabled by the broker, or leave them out by rules: of FOLLOWER_1 in lockstep.yaml',
    ],
    [
      'FOLLOWER_1 segments',
      { route: 'profile', fault: profile({ exchanges: [] }) },
      'amber FOLLOWER_1 segments the profile names none\n→ see in the app of the broker what is enabled',
    ],
    [
      'FOLLOWER_1 funds',
      { cash: '0' },
      'amber FOLLOWER_1 funds 0.00 free, 0.00 used: entries will be rejected\n→ add funds, or enabled: false until then',
    ],
    [
      'FOLLOWER_1 orders',
      {
        route: 'book',
        fault: said([
          orderRow({ ordertag: makeTag('ZZZZZ' as never, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) }),
          orderRow({ orderid: '261201000000002', ordertag: 'mine' }),
        ]),
      },
      'red FOLLOWER_1 orders 1 by another Lockstep, engine AAAAA\n→ stop the other one, or take the right ledger; then lockstep run --take-over sends all the same',
    ],
    [
      'FOLLOWER_1 orders',
      { route: 'book', fault: said([orderRow({ quantity: 'many' })]) },
      'amber FOLLOWER_1 orders 1 in its book could not be understood\n→ look at them in the app of the broker',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: multiplier, by: 0.5 }' },
      'amber FOLLOWER_1 lots 0.5 of one lot of 65 (NIFTY) is nothing: FOLLOWER_1 will skip every one-lot order, and copies orders of 2 lots or more\n→ raise sizing.by (or the capital), round up, or copy a fixed number of lots',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: multiplier, by: 0.5 }\nrounding: up' },
      'green FOLLOWER_1 lots 0.5 of one lot of 65 (NIFTY) is 32.5, copied as 65',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: proportional }\nmaster: { capital: 3000000 }' },
      'amber FOLLOWER_1 lots 0.3333 of one lot of 65 (NIFTY) is nothing: FOLLOWER_1 will skip every one-lot order, and copies orders of 3 lots or more\n→ raise sizing.by (or the capital), round up, or copy a fixed number of lots',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: proportional }', route: 'funds', fault: fault.blockPage() },
      'amber FOLLOWER_1 lots not checked: a capital is neither written nor read\n→ write master: { capital } and the capital of the follower in lockstep.yaml',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: fixed, quantity: 60 }\nrules: { symbols: { allow: [NIFTY] } }' },
      'amber FOLLOWER_1 lots 60 is less than one lot of NIFTY (65): FOLLOWER_1 will skip every order there\n→ write sizing: { mode: fixed, lots: 1 } or a multiple of the lot',
    ],
    [
      'FOLLOWER_1 lots',
      { yaml: 'sizing: { mode: fixed, quantity: 70 }\nrules: { symbols: { allow: [NIFTY] } }' },
      'amber FOLLOWER_1 lots 70 is no multiple of the lot of NIFTY (65)\n→ write sizing: { mode: fixed, lots: 1 } or a multiple of the lot',
    ],
    [
      'FOLLOWER_1 lots',
      {
        yaml: 'sizing: { mode: fixed, quantity: 70 }\nrules: { symbols: { allow: ["SB*"] , block: [NIFTY, BANKNIFTY, FINNIFTY, SENSEX] } }',
      },
      'amber FOLLOWER_1 lots not checked: no contract of the usual underlyings passes the rules\n→ compare the lot of what you trade with sizing: by hand',
    ],
  ])('%s: %o', async (name, wrong, lines) => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1, {}, (account, index) =>
      wrong.cash === undefined || index === 0
        ? account
        : { ...account, cash: parseMoney(wrong.cash) },
    )
    if (wrong.fault && wrong.route)
      simulator.control.addFault({
        fault: wrong.fault,
        route: wrong.route,
        clientCode: followerCode(1),
      })
    const { out, exitCode } = await place.validate({
      env: { ...env, ...wrong.env },
      yaml: `${CAREFUL}${wrong.yaml ?? ''}`,
    })
    expect(linesOf(out, name)).toBe(lines)
    expect(exitCode).toBe(/^red/m.test(out) ? 1 : 0)
    // However often it went wrong, one code was sent for each account.
    const logins = simulator.control.requests().filter(({ route }) => route === 'login')
    expect(logins).toHaveLength(2)
    expect(linesOf(out, 'MASTER login')).toBe('green MASTER login logged in')
    expect(out).not.toMatch(/canary|9999|JBSWY3/i)
  })

  it('sees that the clock of this machine is off', async () => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    simulator.control.addFault({ fault: fault.clockSkew(5_000) })
    const { out, exitCode } = await place.validate({ env })
    expect(linesOf(out, 'clock')).toMatch(
      /^red clock this machine is [45]\.\d s behind the broker: no live start\n→ have this machine set its clock by itself: timedatectl set-ntp true$/,
    )
    expect(exitCode).toBe(1)
  })

  it.each<[(number | null)[], string, string]>([
    [[null, null], 'amber', 'not compared: no answer told the time'],
    [[null, 400], 'green', 'agrees with the broker to the second'],
    [[400, 1_500], 'amber', 'this machine is 1.5 s behind the broker'],
    [[-2_500, 400], 'red', 'this machine is 2.5 s ahead of the broker: no live start'],
  ])('takes the worst of the clocks: %o', (skews, level, finding) => {
    const accesses = skews.map((skew) => ({ skewMs: () => skew }))
    expect(checkClock(accesses)).toMatchObject({ name: 'clock', level, finding })
  })

  it('sees a Lockstep order in the book of the master', async () => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    simulator.control.addFault({
      fault: said([
        orderRow({ ordertag: makeTag('ZZZZZ' as never, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) }),
      ]),
      route: 'book',
      clientCode: MASTER_CODE,
    })
    const { out } = await place.validate({ env })
    expect(linesOf(out, 'MASTER orders')).toBe(
      'amber MASTER orders 1 of them carry a Lockstep tag, and are never copied\n→ see that no other Lockstep has this account as a follower',
    )
  })
})

describe('lockstep validate --probe-writes', () => {
  const probed = async (
    args: readonly string[],
    some: { addresses?: readonly string[]; fault?: Fault; answer?: string } = {},
  ) => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 2, {}, (account, index) =>
      index === 1 ? { ...account, addresses: some.addresses ?? [] } : account,
    )
    if (some.fault) simulator.control.addFault({ fault: some.fault, route: 'cancel' })
    const questions: string[] = []
    const ask = (question: string) => {
      questions.push(question)
      return Promise.resolve(some.answer ?? '')
    }
    const yaml = `${CAREFUL}followers: { FOLLOWER_2: { mode: paper } }`
    const given = { env: { ...env, NO_COLOR: '1' }, yaml }
    const asks = some.answer === undefined ? given : { ...given, ask }
    const { out, exitCode } = await place.validate(asks, '--probe-writes', ...args)
    const writes = simulator.control
      .requests()
      .filter(({ route }) => route === 'cancel' || route === 'place' || route === 'modify')
      .map(({ clientCode, route }) => `${clientCode} ${route}`)
    return { out, exitCode, questions, writes }
  }

  it('asks first, and a no leaves it', async () => {
    const no = await probed([], { answer: 'n' })
    expect(no.questions).toEqual([
      'Cancel an order that does not exist, once for FOLLOWER_1? Nothing can be traded by it. [y/N] ',
    ])
    expect(no.writes).toEqual([])
    expect(linesOf(no.out, 'static IP')).toContain(
      'amber static IP not asked whether the broker takes orders from here',
    )
    const yes = await probed([], { answer: 'y' })
    expect(yes.writes).toEqual([`${followerCode(1)} cancel`])
    expect(linesOf(yes.out, 'FOLLOWER_1 writes')).toBe(
      'green FOLLOWER_1 writes the broker takes orders from this address',
    )
    expect(yes.exitCode).toBe(0)
  })

  it('finds an address that is not registered, and does not take a doubt for a yes', async () => {
    const refused = await probed(['--yes'], { addresses: ['192.0.2.9'] })
    expect(linesOf(refused.out, 'FOLLOWER_1 writes')).toBe(
      'red FOLLOWER_1 writes the broker takes no orders from this address (AG7002 Access denied, unregistered IP address)\n→ register the address for its API key at smartapi.angelone.in; a change takes a while and is allowed once a week',
    )
    expect(refused.exitCode).toBe(1)
    const doubtful = await probed(['--yes'], { fault: fault.blockPage() })
    expect(linesOf(doubtful.out, 'FOLLOWER_1 writes')).toBe(
      'amber FOLLOWER_1 writes no clear answer (POST /rest/secure/angelbroking/order/v1/cancelOrder: 200 html)\n→ run lockstep validate --probe-writes again',
    )
    const acknowledged = await probed(['--yes'], {
      fault: said({ orderid: '000000000000000', uniqueorderid: 'x' }),
    })
    expect(linesOf(acknowledged.out, 'FOLLOWER_1 writes')).toContain('green')
  })
})
