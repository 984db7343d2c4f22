// Every answer of the page over real ledgers and files, by real HTTP, and what it changes there.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Mode } from '../../src/domain/lane.ts'
import { parsePrice } from '../../src/domain/numbers.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { after, DAY as DAY_MS } from '../../src/domain/time.ts'
import type { Clock, Ledger } from '../../src/ports.ts'
import { asks, bought, lostReply, makeDesk, owes, shows, waits } from '../cli/desk.ts'
import {
  AT,
  entry,
  LOT,
  laneOf,
  reportOf,
  seededChance,
  signalOf,
  tagMaker,
} from '../ledger/scene.ts'
import { answersIn, textIn } from './answers.ts'
import { type Browser, openHouse } from './kit.ts'

const LIVE = { mode: 'live' } as const

async function openPage(
  story: ((ledger: Ledger) => void) | null,
  given: {
    readonly yaml?: string
    readonly mode?: Mode
    readonly clock?: (own: Clock) => Clock
  } = {},
) {
  const desk = makeDesk(given.yaml === undefined ? {} : { yaml: given.yaml })
  if (story !== null) desk.write(given.mode ?? 'live', story)
  const clock = given.clock?.(desk.reach.clock) ?? desk.reach.clock
  const house = await openHouse({ answers: answersIn(desk, clock) })
  const browser = await house.signedIn()
  return { desk, house, browser }
}

const get = async (browser: Browser, path: string) => {
  const reply = await browser.get(path)
  expect([path, reply.status, reply.text.slice(0, 300)]).toEqual([path, 200, expect.any(String)])
  return reply.json
}

describe('the overview', () => {
  test('tells what status tells, with the money', async () => {
    const { browser } = await openPage(bought)
    const told = await get(browser, '/api/overview')
    expect(told.site).toMatchObject({ mode: 'live', modes: ['live'], isDemo: false, engine: null })
    expect(
      told.markets.map(({ exchange, isOpen }: { exchange: string; isOpen: boolean }) => [
        exchange,
        isOpen,
      ]),
    ).toEqual([
      ['NSE', true],
      ['MCX', true],
    ])
    expect(told.master).toMatchObject({ name: 'MASTER', ordersToday: 1, signalsToday: 1 })
    const [papa, second] = told.followers
    expect(papa).toMatchObject({
      name: 'FOLLOWER_1',
      label: 'Papa',
      state: 'on',
      held: [{ symbol: 'NIFTY24NOV26C25000', product: 'INTRADAY', quantity: '65' }],
      placedToday: 1,
      lastCopyAt: '2026-11-20T10:30:45.010+05:30',
    })
    expect(papa.profit).toMatchObject({ realised: '0.00', isOpenByFill: true })
    expect(second).toMatchObject({ name: 'FOLLOWER_2', skippedToday: 1, held: [] })
    expect(told.totals).toMatchObject({
      signals: 1,
      copied: 1,
      placed: 1,
      failed: 0,
      successRate: 1,
    })
  })

  test('puts what wants a hand into lists', async () => {
    const { browser } = await openPage((ledger) => {
      owes(ledger)
      lostReply(ledger, '<img src=x onerror=alert(1)>')
      asks(ledger)
      shows(ledger, 20)
    })
    const told = await get(browser, '/api/overview?mode=live')
    expect(told.owed).toMatchObject([{ id: 'E1', follower: 'FOLLOWER_1', owed: '65' }])
    expect(told.unknown).toMatchObject([
      { follower: 'FOLLOWER_1', evidence: expect.stringContaining('<img') },
    ])
    expect(told.questions).toMatchObject([
      {
        signal: 4,
        followers: ['FOLLOWER_1', 'FOLLOWER_2'],
        until: '2026-11-20T10:31:15.000+05:30',
      },
    ])
    expect(told.drift).toMatchObject([{ follower: 'FOLLOWER_1', held: '65', shown: '20' }])
  })

  test('without a ledger says so', async () => {
    const { browser } = await openPage(null)
    const reply = await browser.get('/api/overview')
    expect([reply.status, reply.json.error.kind]).toEqual([503, 'noLedger'])
  })

  test('sees what another process writes, at once', async () => {
    const { desk, browser } = await openPage(bought)
    expect((await get(browser, '/api/overview')).totals.signals).toBe(1)
    const ledger = desk.startEngine('live')
    lostReply(ledger)
    // Who runs is looked at twice a second; the desk's clock goes on only when told to.
    await desk.reach.clock.sleep(1000)
    const told = await get(browser, '/api/overview')
    expect([told.totals.signals, told.totals.unknown]).toEqual([2, 1])
    expect(told.site.engine).toMatchObject({ command: 'lockstep run' })
  })
})

describe('orders', () => {
  const many = (ledger: Ledger) => {
    bought(ledger)
    lostReply(ledger)
    waits(ledger)
    asks(ledger)
  }

  test('come newest first, by page, with what became of each copy', async () => {
    const { browser } = await openPage(many)
    const first = await get(browser, '/api/signals?limit=3')
    expect(first).toMatchObject({ day: '2026-11-20', total: 4, next: 1 })
    const shown = first.signals.map(
      ({ signal, copies }: { signal: number; copies: { outcome: string }[] }) => [
        signal,
        copies.map(({ outcome }) => outcome).join(),
      ],
    )
    expect(shown).toEqual([
      [4, 'asked,asked'],
      [3, 'waiting'],
      [2, 'unknown'],
    ])
    const rest = await get(browser, `/api/signals?limit=3&until=${first.next}`)
    expect(rest.next).toBe(null)
    expect(rest.signals[0]).toMatchObject({
      signal: 1,
      side: 'BUY',
      quantity: '130',
      price: '101.20',
      copies: [
        {
          follower: 'FOLLOWER_1',
          label: 'Papa',
          decision: 'entry',
          outcome: 'filled',
          quantity: '65',
          filled: '65',
          slippage: expect.stringMatching(/^-?\d+\.\d\d$/),
          steps: {
            seenMs: 800,
            decidedMs: 10,
            recordedMs: 0,
            answeredMs: 402,
            filledMs: 488,
            inAllMs: 1700,
          },
        },
        {
          follower: 'FOLLOWER_2',
          decision: 'skip',
          outcome: 'skipped',
          reason: { kind: expect.any(String) },
        },
      ],
    })
  })

  test.each([
    ['outcome=unknown', [2]],
    ['follower=FOLLOWER_2', [4, 1]],
    ['follower=FOLLOWER_2&outcome=skipped', [1]],
    ['symbol=nifty&side=BUY', [4, 3, 2, 1]],
    ['symbol=SBIN', []],
    ['side=SELL', []],
    ['day=2026-11-19', []],
  ])('filtered by %s', async (query, signals) => {
    const { browser } = await openPage(many)
    const page = await get(browser, `/api/signals?${query}`)
    expect(page.signals.map(({ signal }: { signal: number }) => signal)).toEqual(signals)
  })

  test('tell their whole story', async () => {
    const { browser } = await openPage(bought)
    const story = await get(browser, '/api/signals/1')
    expect(story.signal).toMatchObject({ signal: 1, masterBefore: '0', masterAfter: '130' })
    const [papa, second] = story.followers
    expect(papa.lines.map(({ text }: { text: string }) => text)).toEqual([
      'COPY 65',
      expect.stringMatching(/^order 1: entry, BUY 65 /),
      expect.stringMatching(/^sent: 65, tag LS/),
      expect.stringMatching(/^accepted as order /),
      expect.stringMatching(/^complete, filled 65 of 65 /),
    ])
    expect(papa.orders).toMatchObject([
      { intent: 1, role: 'entry', outcome: 'filled', attempts: [{ number: 1 }] },
    ])
    expect(second.lines[0]).toMatchObject({
      tone: 'warning',
      text: expect.stringMatching(/^SKIP /),
    })
    expect((await browser.get('/api/signals/99')).status).toBe(404)
  })

  test('of the days that there are', async () => {
    const { browser } = await openPage(bought)
    expect((await get(browser, '/api/days')).days).toEqual([{ day: '2026-11-20', signals: 1 }])
  })

  test('as lines of a day, and as days', async () => {
    const { browser } = await openPage(bought)
    const charts = await get(browser, '/api/charts')
    expect(charts.followers[0]).toMatchObject({
      follower: 'FOLLOWER_1',
      profit: [{ value: '0.00' }],
    })
    expect(charts.latency.find(({ step }: { step: string }) => step === 'inAll')).toEqual({
      step: 'inAll',
      count: 1,
      p50Ms: 1700,
      p95Ms: 1700,
      p99Ms: 1700,
    })
    expect(charts.hours).toEqual([
      { from: '2026-11-20T10:00:00.000+05:30', copied: 1, failed: 0, skipped: 1 },
    ])
    const { days } = await get(browser, '/api/history')
    expect(days).toMatchObject([
      { day: '2026-11-20', signals: 1, copied: 1, placed: 1, skipped: 1 },
    ])
  })

  test('as metrics', async () => {
    const { browser } = await openPage(bought)
    const { text } = await browser.get('/metrics')
    expect(text).toMatch(/^# HELP lockstep_/)
    expect(text).toContain('mode="live"')
  })
})

describe('steering', () => {
  test('is written down as the page’s, and obeyed by the engine that runs', async () => {
    const { desk, browser } = await openPage(bought)
    const obeyed: unknown[] = []
    const ledger = desk.startEngine('live', (_, { command, by }) => obeyed.push([command, by]) > 0)
    const paused = await browser.post('/api/steer/pause', { ...LIVE, follower: 'FOLLOWER_1' })
    expect(paused.json).toMatchObject({
      kind: 'acted',
      text: expect.stringContaining('FOLLOWER_1 Papa paused'),
    })
    expect(obeyed).toEqual([[{ kind: 'pause', follower: 'FOLLOWER_1' }, 'page']])
    expect(ledger.steering().paused.has(laneOf(1).follower)).toBe(true)
    expect((await get(browser, '/api/overview')).followers[0].state).toBe('paused')
    const resumed = await browser.post('/api/steer/resume', { ...LIVE, follower: 'FOLLOWER_1' })
    expect(resumed.json.kind).toBe('acted')
    expect(ledger.steering().paused.size).toBe(0)
  })

  test('waits for an engine that does not run, and says when one does not obey', async () => {
    const { desk, browser } = await openPage(bought)
    expect((await browser.post('/api/steer/halt', LIVE)).json.kind).toBe('waits')
    desk.startEngine('live', () => false)
    expect((await browser.post('/api/steer/pause', { ...LIVE, follower: null })).json.kind).toBe(
      'notActed',
    )
  })

  test('a halt works where no ledger can be written, by its file', async () => {
    const { desk, browser } = await openPage(null)
    const reply = await browser.post('/api/steer/halt', LIVE)
    expect(reply.json.kind).toBe('acted')
    expect(existsSync(join(desk.folder, 'data', 'HALT'))).toBe(true)
  })

  test('a resume shows what it would do, and lifts the file', async () => {
    const { desk, browser } = await openPage(owes)
    writeFileSync(join(desk.folder, 'data', 'HALT'), '')
    const { lines } = await get(browser, '/api/steer/resume')
    expect(lines).toEqual(['exit    FOLLOWER_1  close 65 of 65 NIFTY24NOV26C25000 INTRADAY (E1)'])
    const one = await browser.post('/api/steer/resume', { ...LIVE, follower: 'FOLLOWER_1' })
    expect([one.status, one.json.error.text]).toEqual([
      409,
      'everything is halted: lockstep resume',
    ])
    await browser.post('/api/steer/resume', { ...LIVE, follower: null })
    expect(existsSync(join(desk.folder, 'data', 'HALT'))).toBe(false)
  })

  test('a flatten needs the word that was asked for', async () => {
    const { desk, browser } = await openPage(bought)
    const { lines } = await get(browser, '/api/steer/flatten?follower=FOLLOWER_1')
    expect(lines).toEqual(['close   FOLLOWER_1  65 NIFTY24NOV26C25000 INTRADAY'])
    const flatten = (follower: string | null, typed: string) =>
      browser.post('/api/steer/flatten', { ...LIVE, follower, typed })
    expect((await flatten('FOLLOWER_1', 'FOLLOWER_2')).status).toBe(409)
    expect((await flatten(null, 'FOLLOWER_1')).status).toBe(409)
    const given: unknown[] = []
    desk.startEngine('live', (_, { command }) => given.push(command) > 0)
    expect((await flatten('FOLLOWER_1', 'FOLLOWER_1')).json.kind).toBe('acted')
    expect((await flatten(null, 'everybody')).json.kind).toBe('acted')
    expect(given).toEqual([
      { kind: 'flatten', follower: 'FOLLOWER_1' },
      { kind: 'flatten', follower: null },
    ])
  })

  test('a question is answered once, for all or for one', async () => {
    const { desk, browser } = await openPage(asks)
    const given: unknown[] = []
    desk.startEngine('live', (_, { command }) => given.push(command) > 0)
    const yes = await browser.post('/api/steer/approve', {
      ...LIVE,
      signal: 1,
      followers: ['FOLLOWER_2'],
    })
    expect(yes.json).toMatchObject({ kind: 'acted', text: expect.stringContaining('FOLLOWER_2') })
    expect((await browser.post('/api/steer/reject', { ...LIVE, signal: 1 })).json.kind).toBe(
      'acted',
    )
    expect(given).toEqual([
      { kind: 'approve', signal: 1, followers: ['FOLLOWER_2'] },
      { kind: 'reject', signal: 1 },
    ])
    const none = await browser.post('/api/steer/reject', { ...LIVE, signal: 7 })
    expect(none.status).toBe(409)
  })

  test('an owed exit is dismissed by its id', async () => {
    const { desk, browser } = await openPage(owes)
    const given: unknown[] = []
    desk.startEngine('live', (_, { command }) => given.push(command) > 0)
    expect((await browser.post('/api/steer/dismiss', { ...LIVE, id: 'E9' })).status).toBe(409)
    expect((await browser.post('/api/steer/dismiss', { ...LIVE, id: 'E1' })).json.kind).toBe(
      'acted',
    )
    expect(given).toMatchObject([{ kind: 'dismiss', lane: { follower: 'FOLLOWER_1' } }])
  })

  test('an unknown order is resolved by its id, as the person saw it', async () => {
    const { desk, browser } = await openPage(lostReply)
    const [unknown] = (await get(browser, '/api/overview')).unknown
    const given: unknown[] = []
    desk.startEngine('live', (_, { command }) => given.push(command) > 0)
    const resolve = (id: string, order: string | null) =>
      browser.post('/api/steer/resolve', { ...LIVE, id, order })
    expect((await resolve('U9', null)).status).toBe(409)
    expect((await resolve(unknown.id, 'no id at all')).status).toBe(409)
    expect((await resolve(unknown.id, null)).json.kind).toBe('acted')
    expect((await resolve(unknown.id, '261201000000007')).json.kind).toBe('acted')
    expect(given).toEqual([
      { kind: 'resolve', tag: unknown.tag, order: null },
      { kind: 'resolve', tag: unknown.tag, order: '261201000000007' },
    ])
  })

  test('never reaches another ledger than the one that is named', async () => {
    const { desk, browser } = await openPage((ledger) => bought(ledger, 'paper'), { mode: 'paper' })
    const reply = await browser.post('/api/steer/pause', { ...LIVE, follower: null })
    expect([reply.status, reply.json.error.kind]).toEqual([503, 'noLedger'])
    desk.write('paper', (ledger) => expect(ledger.openSteering()).toEqual([]))
  })
})

describe('accounts', () => {
  const KEYS = {
    clientId: 'C777',
    apiKey: 'canary-api-key',
    pin: '4711',
    totpSecret: 'GEZDGNBVGY3TQOJQ',
    label: 'Meera <b>',
  }

  test('are listed masked, with the settings that hold', async () => {
    const { browser } = await openPage(bought)
    const { accounts, nextName, isEngineRunning } = await get(browser, '/api/accounts')
    expect([nextName, isEngineRunning]).toEqual(['FOLLOWER_3', false])
    expect(
      accounts.map(({ name, clientCode }: { name: string; clientCode: string }) => [
        name,
        clientCode,
      ]),
    ).toEqual([
      ['MASTER', '…'],
      ['FOLLOWER_1', '…'],
      ['FOLLOWER_2', '…'],
    ])
    expect(accounts[2].settings).toMatchObject({
      enabled: true,
      sizing: { mode: 'multiplier', by: '0.3' },
      limits: { maxOrderQuantity: null, pauseAfterRejections: '3' },
    })
  })

  test('an account is added to .env, and none of its secrets ever comes back', async () => {
    const { desk, house, browser } = await openPage(bought)
    const added = await browser.post('/api/accounts', KEYS)
    expect(added.json).toMatchObject({
      account: 'FOLLOWER_3',
      text: expect.stringContaining('.env'),
    })
    expect(textIn(desk, '.env')).toContain('FOLLOWER_3_API_KEY=canary-api-key')
    const texts = [added.text]
    for (const path of [
      '/api/accounts',
      '/api/overview',
      '/api/signals',
      '/api/signals/1',
      '/api/charts',
      '/api/history',
      '/api/session',
      '/metrics',
    ])
      texts.push((await browser.get(path)).text)
    texts.push(...house.complaints, house.memory.text ?? '')
    for (const secret of [
      KEYS.apiKey,
      KEYS.pin,
      KEYS.totpSecret,
      KEYS.clientId,
      'apikey',
      'JBSWY3',
    ])
      expect(texts.filter((text) => text.includes(secret))).toEqual([])
    expect(texts[1]).toContain('Meera <b>')
  })

  test('a slip in what is typed is refused without repeating it', async () => {
    const { desk, browser } = await openPage(bought)
    const reply = await browser.post('/api/accounts', { ...KEYS, totpSecret: 'not base32!' })
    expect(reply.status).toBe(409)
    expect(reply.text).not.toContain('not base32')
    expect(existsSync(join(desk.folder, '.env'))).toBe(false)
    expect((await browser.post('/api/accounts', { ...KEYS, account: 'FOLLOWER_1' })).status).toBe(
      409,
    )
  })

  test('a switch and limits are written to the settings file, for the next start', async () => {
    const { desk, browser } = await openPage(bought)
    const off = await browser.post('/api/accounts/FOLLOWER_1/enabled', { enabled: false })
    expect(off.json.text).toContain('from the next start on')
    const edit = {
      sizing: { mode: 'multiplier', by: '0.50' },
      limits: { maxOrderValue: '200000', pauseAfterRejections: null },
    }
    const saved = await browser.post('/api/accounts/FOLLOWER_1/settings', edit)
    expect(saved.json.text).toContain('from the next start on')
    expect(textIn(desk, 'lockstep.yaml')).toContain('by: 0.50')
    const { accounts } = await get(browser, '/api/accounts')
    expect(accounts[1].settings).toMatchObject({
      enabled: false,
      sizing: { mode: 'multiplier', by: '0.5' },
      limits: { maxOrderValue: '200000', pauseAfterRejections: null, maxOrderQuantity: null },
    })
    expect(accounts[2].settings.sizing).toEqual({ mode: 'multiplier', by: '0.3' })
  })

  test.each([
    [
      'a negative multiplier',
      { sizing: { mode: 'multiplier', by: '-1' } },
      { key: 'sizing.by', found: '"-1"', allowed: 'a number above 0, at most 100' },
    ],
    [
      'a word for a limit',
      { limits: { maxOrderValue: 'much' } },
      {
        key: 'limits.maxOrderValue',
        found: '"much"',
        allowed: expect.stringContaining('an amount above 0'),
      },
    ],
    [
      'half an order',
      { limits: { maxOrdersPerDay: '1.5' } },
      {
        key: 'limits.maxOrdersPerDay',
        found: '1.5',
        allowed: 'a whole number from 1 to 100,000, or off',
      },
    ],
  ])('%s is not written, and named with what is allowed', async (_, edit, fault) => {
    const { desk, browser } = await openPage(bought)
    const before = textIn(desk, 'lockstep.yaml')
    for (const what of ['settings', 'preview']) {
      const reply = await browser.post(`/api/accounts/FOLLOWER_1/${what}`, edit)
      expect([reply.status, reply.json.error.faults]).toEqual([409, [fault]])
      expect(reply.json.error.text).toContain(`followers.FOLLOWER_1.${fault.key} is ${fault.found}`)
    }
    expect(textIn(desk, 'lockstep.yaml')).toBe(before)
  })

  test('a preview on the first day looks at what it has brought so far', async () => {
    const today = await openPage(bought)
    const edit = { sizing: { mode: 'multiplier', by: '2' } }
    const shown = await today.browser.post('/api/accounts/FOLLOWER_1/preview', edit)
    expect(shown.json).toMatchObject({ day: '2026-11-20', isToday: true, signals: 1 })
    expect(shown.json.changed).toHaveLength(1)
    const first = await openPage(() => undefined)
    const none = await first.browser.post('/api/accounts/FOLLOWER_1/preview', edit)
    expect(none.json).toMatchObject({ day: null, isToday: false, signals: 0, changed: [] })
  })

  test('a preview decides the last day once more, and changes nothing', async () => {
    const yesterday = (ledger: Ledger) => {
      const tag = tagMaker(ledger.engine, seededChance(3))()
      const [order] = ledger.seeMasterOrders([reportOf('1')], AT) as [MasterOrder]
      const signal = signalOf(order)
      ledger.record([{ signal, decisions: [entry(laneOf(1), signal, LOT, [tag])] }], AT)
    }
    const tomorrow = (own: Clock): Clock => ({ ...own, now: () => after(own.now(), DAY_MS) })
    const { desk, browser } = await openPage(yesterday, { clock: tomorrow })
    const before = textIn(desk, 'lockstep.yaml')
    const preview = async (edit: object) =>
      (await browser.post('/api/accounts/FOLLOWER_1/preview', edit)).json
    expect(await preview({ sizing: { mode: 'multiplier', by: '0.5' } })).toEqual({
      day: '2026-11-20',
      isToday: false,
      mode: 'live',
      signals: 1,
      changed: [
        {
          signal: 1,
          side: 'BUY',
          symbol: 'NIFTY24NOV26C25000',
          product: 'INTRADAY',
          was: '130',
          would: '65',
        },
      ],
      quantityWas: '130',
      quantityWould: '65',
    })
    const limited = await preview({ limits: { maxOrderQuantity: '100' } })
    expect(limited.changed[0].would).toBe('SKIP maxOrderQuantity: 130 > 100')
    expect((await preview({ rounding: 'nearest' })).changed).toEqual([])
    expect(textIn(desk, 'lockstep.yaml')).toBe(before)
  })

  test('is removed by its name typed out, unless it holds anything or an engine runs', async () => {
    const { desk, browser } = await openPage(bought)
    await browser.post('/api/accounts', KEYS)
    const remove = (name: string, typed: string) =>
      browser.post(`/api/accounts/${name}/remove`, { typed })
    expect((await remove('FOLLOWER_3', 'FOLLOWER_2')).status).toBe(409)
    expect((await remove('FOLLOWER_1', 'FOLLOWER_1')).json.error.text).toContain('holds 65')
    expect((await remove('FOLLOWER_3', 'FOLLOWER_3')).status).toBe(200)
    expect(textIn(desk, '.env')).not.toContain('FOLLOWER_3')
    await browser.post('/api/accounts', KEYS)
    desk.startEngine('live')
    expect((await remove('FOLLOWER_3', 'FOLLOWER_3')).json.error.text).toContain(
      'an engine is running',
    )
  })

  test('nobody is logged in beside an engine', async () => {
    const { desk, browser } = await openPage(bought)
    desk.startEngine('live')
    for (const what of ['verify', 'balance']) {
      const reply = await browser.post(`/api/accounts/FOLLOWER_1/${what}`, {})
      expect([reply.status, reply.json.error.text]).toEqual([
        409,
        expect.stringContaining('an engine is running'),
      ])
    }
  })

  test('of settings that are wrong the faults are told, and everything else goes on', async () => {
    const { desk, browser } = await openPage(bought)
    writeFileSync(join(desk.folder, 'lockstep.yaml'), 'pol: 3s\n')
    await desk.reach.clock.sleep(1000)
    const list = await get(browser, '/api/accounts')
    expect(list.faults[0]).toContain('pol is not a key here')
    expect((await get(browser, '/api/overview')).standing.settingsFaults).toHaveLength(1)
    expect((await browser.post('/api/steer/halt', LIVE)).json.kind).toBe('waits')
    const edit = { rounding: 'up' }
    expect((await browser.post('/api/accounts/FOLLOWER_1/settings', edit)).status).toBe(409)
  })
})

test('what is new is told to open pages by its signals', async () => {
  const { desk, house } = await openPage(bought)
  const answers = answersIn(desk, desk.reach.clock)
  const first = answers.look('live', null)
  expect(first).toMatchObject({
    mode: 'live',
    topics: ['overview', 'signals', 'accounts', 'engine'],
  })
  expect(answers.look('live', first?.revision ?? 0)).toBe(null)
  expect(answers.look('paper', null)).toBe(null)
  desk.write('live', (ledger) => void lostReply(ledger))
  expect(answers.look('live', first?.revision ?? 0)).toMatchObject({ signals: [2] })
  expect(house.complaints).toEqual([])
})

test('a profit that is open is told apart from one that is made', async () => {
  const { browser } = await openPage((ledger) => {
    bought(ledger)
    const lane = laneOf(1)
    ledger.keepPulse(
      {
        accounts: [],
        prices: new Map([[lane.instrument, { last: parsePrice('110'), at: AT }]]),
      },
      AT,
    )
  })
  const told = await get(browser, '/api/overview')
  expect(told.followers[0].held[0].lastPrice).toBe('110.00')
  expect(told.followers[0].profit).toMatchObject({ realised: '0.00', isOpenByFill: false })
  expect(Number(told.followers[0].profit.open)).toBeGreaterThan(0)
})
