// Programs with one fault each, as small changes of the source, and the promise that each must be caught
// breaking. A promise without a mutant that its checker catches is not proven. The scene is a day that leads to
// the fault; in drawn days, chance has to.
import type { Patch } from './patch.ts'
import {
  byHand,
  CARRIED,
  copiedOnce,
  DELIVERED,
  leaves,
  NIGHT_MS,
  OPTION,
  type Scene,
  SHARE,
  stops,
  trades,
  turns,
  weather,
} from './scenes.ts'

export interface Mutant {
  readonly name: string
  readonly promise: number
  /** What it does wrong, for the table. */
  readonly fault: string
  readonly patches: readonly Patch[]
  readonly scene: Scene
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'doubtIsNo',
    promise: 1,
    fault: 'takes a broken connection for an order that never left',
    patches: [
      {
        file: 'src/broker/angelone/classify.ts',
        old: "when: (e) => e.connection !== 'answered',\n    write: 'unknown',",
        new: "when: (e) => e.connection !== 'answered',\n    write: 'neverConnected',",
      },
    ],
    scene: {
      deeds: [
        ...copiedOnce,
        weather(19, 'placing', 'reset after', 1500),
        weather(19, 'stream', 'dropped frame', 5000),
        weather(19, 'book', 'stale book', 5000),
        trades(19.5, 'BUY', 10),
      ],
      lastsSeconds: 40,
    },
  },
  {
    name: 'hastyAbsence',
    promise: 1,
    fault: 'calls an order absent before the broker had its time to show it',
    patches: [
      {
        file: 'src/decide/reconcile.ts',
        old: 'export const ABSENCE_AFTER_MS = 30 * SECOND',
        new: 'export const ABSENCE_AFTER_MS = 2 * SECOND',
      },
    ],
    scene: {
      deeds: [...copiedOnce, weather(19, 'placing', 'lost request', 1500), trades(19.5, 'BUY', 10)],
      lastsSeconds: 60,
    },
  },
  {
    name: 'oneReading',
    promise: 1,
    fault: 'is content with one reading of the book',
    patches: [
      {
        file: 'src/decide/reconcile.ts',
        old: 'first !== undefined && last !== undefined && last.askedAt - first.askedAt > READINGS_APART_MS',
        new: 'first !== undefined && last !== undefined',
      },
    ],
    scene: {
      deeds: [...copiedOnce, weather(19, 'placing', 'lost request', 1500), trades(19.5, 'BUY', 10)],
      lastsSeconds: 60,
    },
  },
  {
    name: 'asksNobody',
    promise: 1,
    fault: 'calls an order absent after its time, whatever the book says or does not',
    patches: [
      {
        file: 'src/decide/reconcile.ts',
        old: '  if (!areApart(silent)) {\n    if (areApart(due))',
        new: '  if (now < from) {\n    if (areApart(due))',
      },
    ],
    scene: {
      deeds: [
        ...copiedOnce,
        weather(19, 'placing', 'lost reply', 1500),
        weather(19, 'stream', 'dropped frame', 60_000),
        weather(19, 'book', 'server error before', 45_000),
        trades(19.5, 'BUY', 10),
      ],
      lastsSeconds: 80,
    },
  },
  {
    name: 'asksAgain',
    promise: 1,
    fault: 'sends a request again as it was when its connection breaks',
    patches: [
      {
        file: 'src/broker/angelone/client.ts',
        old: 'const carried = carrier.carry(outgoing, wire, overdue.signal)',
        new: 'const carried = carrier\n        .carry(outgoing, wire, overdue.signal)\n        .catch(() => carrier.carry(outgoing, wire, overdue.signal))',
      },
    ],
    scene: {
      deeds: [...copiedOnce, weather(19, 'placing', 'reset after', 1500), trades(19.5, 'BUY', 10)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'halfFilledForgotten',
    promise: 2,
    fault: "forgets the filled part of a master's order that was cancelled",
    patches: [
      {
        file: 'src/decide/order-of-signals.ts',
        old: ".filter((part) => part.early || copyOn === 'fill' || isEnded(part.order.report, seenAt))",
        new: ".filter((part) => part.order.report.status === 'complete')",
      },
    ],
    scene: {
      liquidity: 20,
      deeds: [
        [10, { kind: 'masterRests', what: SHARE, side: 'BUY', lots: 90, ticks: -3 }],
        [12, { kind: 'masterCancels' }],
      ],
      lastsSeconds: 25,
    },
  },
  {
    name: 'forgetsTheNight',
    promise: 2,
    fault: 'forgets what the master did in a halt that outlasted its day',
    patches: [
      {
        file: 'src/engine/watch.ts',
        old: '=> ledger.masterOrdersUntold(dayOf(clock.now()))',
        new: '=> []',
      },
    ],
    scene: {
      deeds: [
        trades(10, 'BUY', 2, CARRIED),
        [20, { kind: 'says', say: { kind: 'halt' } }],
        leaves(25, 1, CARRIED),
        // Long enough for its last page to show it whatever the weather.
        stops(80, NIGHT_MS),
        [80 + NIGHT_MS / 1000 + 20, { kind: 'says', say: { kind: 'resume', follower: null } }],
      ],
      lastsSeconds: 80 + NIGHT_MS / 1000 + 60,
    },
  },
  {
    name: 'numbersApart',
    promise: 2,
    fault: 'decides by another age than the one that it shows',
    patches: [
      {
        file: 'src/decide/guard.ts',
        old: 'return ageMs > maxAgeMs ?',
        new: 'return ageMs > maxAgeMs / 10 ?',
      },
    ],
    scene: { deeds: [stops(10, 15_000), trades(13, 'BUY', 10)], lastsSeconds: 40 },
  },
  {
    name: 'copiesTheOld',
    promise: 2,
    fault: 'takes what the master had filled before the first start for news',
    patches: [
      {
        file: 'src/engine/watch.ts',
        old: 'ledger.setBaseline(master.account, reading.value, clock.now())',
        new: 'ledger.setBaseline(master.account, [], clock.now())',
      },
    ],
    scene: { deeds: [trades(0, 'BUY', 10), trades(10, 'BUY', 5)], lastsSeconds: 25 },
  },
  {
    name: 'roundsUp',
    promise: 2,
    fault: 'rounds an entry up to whole lots, whatever the setting says',
    patches: [
      {
        file: 'src/decide/size.ts',
        old: 'const sized = roundRatioTo(exact, lot, rounding)',
        new: "const sized = roundRatioTo(exact, lot, 'up')",
      },
    ],
    scene: {
      settings: ['sizing: { mode: multiplier, by: 0.3 }'],
      deeds: [trades(10, 'BUY', 11), leaves(20)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'sizesEachPart',
    promise: 2,
    fault: 'sizes each filled part of an order by itself',
    patches: [
      {
        file: 'src/decide/plan.ts',
        old: 'before: signal.before,',
        new: 'before: 0n as typeof signal.before,',
      },
    ],
    scene: {
      liquidity: 15,
      engine: 'copyOn: fill\n',
      settings: ['sizing: { mode: multiplier, by: 0.5 }'],
      deeds: [
        [10, { kind: 'masterRests', what: SHARE, side: 'BUY', lots: 75, ticks: -3 }],
        leaves(25),
      ],
      lastsSeconds: 40,
    },
  },
  {
    name: 'decidesForSome',
    promise: 2,
    fault: 'decides nothing for a follower that is not enabled',
    patches: [
      {
        file: 'src/decide/plan.ts',
        old: 'decisions: followers.map((follower) =>',
        new: 'decisions: followers.filter(({ settings }) => settings.enabled).map((follower) =>',
      },
    ],
    scene: {
      followers: [{}, {}],
      settings: ['sizing: { mode: mirror }', 'sizing: { mode: mirror }, enabled: false'],
      deeds: [trades(10, 'BUY', 10), leaves(20)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'sendsTheOld',
    promise: 2,
    fault: 'asks how old an entry is when it is decided, and not when it leaves',
    patches: [
      {
        file: 'src/decide/send.ts',
        old: 'const reason = guardEntry({ ...entry, quantity }, follower, settings, market)',
        new: `const reason = guardEntry(
    { ...entry, quantity, filledAt: market.now },
    follower,
    settings,
    market,
  )`,
      },
    ],
    scene: {
      settings: ['sizing: { mode: mirror }, maxAge: 5s'],
      deeds: [
        ...copiedOnce,
        weather(19, 'placing', 'lost request', 1500),
        trades(19.5, 'BUY', 10),
        leaves(70),
      ],
      lastsSeconds: 80,
    },
  },
  {
    name: 'ordersAnew',
    promise: 2,
    fault: 'counts the orders of the day from the last start on',
    patches: [
      {
        file: 'src/engine/follower.ts',
        old: 'ordersToday: day.orders,',
        new: 'ordersToday: day.orders - ((context as { earlier?: number }).earlier ??= day.orders),',
      },
    ],
    scene: {
      limits: '{ pauseAfterRejections: off, maxOrdersPerDay: 2 }',
      deeds: [
        trades(10, 'BUY', 10),
        trades(13, 'BUY', 10),
        stops(16, 2000),
        trades(35, 'BUY', 10),
        leaves(40),
      ],
      lastsSeconds: 50,
    },
  },
  {
    name: 'tellsNoDoubt',
    promise: 2,
    fault: 'tells nobody of an order of which nobody can say what became of it',
    patches: [
      {
        file: 'src/engine/settle.ts',
        old: 'if (doubts.get(id) === why) return',
        new: 'if (why) return',
      },
    ],
    scene: {
      deeds: [weather(9, 'placing', 'lost request', 1500), trades(10, 'BUY', 10), leaves(20)],
      lastsSeconds: 60,
    },
  },
  {
    name: 'sendsFirst',
    promise: 3,
    fault: 'sends an order, then writes it down',
    patches: [
      {
        file: 'src/engine/engine.ts',
        old: "if (decision.kind !== 'entry' || !find(followerOf(decision))?.isReadyFor(decision)) return []",
        new: 'if (decisions.length > 0) return []',
      },
      {
        file: 'src/engine/lane.ts',
        old: '    const attempt = recordAttempt({ intent, tag, quantity, others })\n    if (attempt !== null) desk.track(place(attempt, instrument))',
        new: `    const ahead = { id: 0, intent, tag, quantity, at: clock.now() } as never
    desk.track(
      access.writer.place({ attempt: ahead, instrument }).then((outcome) => {
        const attempt = recordAttempt({ intent, tag, quantity, others })
        if (attempt !== null)
          ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, clock.now())
        wake()
      }),
    )`,
      },
    ],
    scene: { deeds: [trades(10, 'BUY', 10), leaves(20)], lastsSeconds: 30 },
  },
  {
    name: 'cancelsUnwritten',
    promise: 3,
    fault: 'cancels an order without writing it down',
    patches: [
      {
        file: 'src/engine/lane.ts',
        old: 'ledger.recordWrite(access.settings.name, kind, attempt.id, now)',
        new: '',
      },
    ],
    scene: {
      liquidity: 5,
      settings: ['sizing: { mode: multiplier, by: 3 }'],
      deeds: [trades(10, 'BUY', 10), leaves(13)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'looksUpNothing',
    promise: 3,
    fault: 'sends after a start before it has looked up what the last run left open',
    patches: [
      {
        file: 'src/engine/follower.ts',
        old: 'if (!(await settling.readBook())) return false\n    isRecovered = true',
        new: 'isRecovered = true',
      },
    ],
    scene: {
      deeds: [
        ...copiedOnce,
        weather(19, 'placing', 'lost request', 1500),
        trades(19.5, 'BUY', 10),
        stops(30, 2000),
        weather(31, 'book', 'long delay', 6000),
        trades(35, 'BUY', 1, OPTION),
      ],
      lastsSeconds: 60,
    },
  },
  {
    name: 'copiesTheSold',
    promise: 4,
    fault: 'copies with a late yes also what the master has sold meanwhile',
    patches: [
      {
        file: 'src/decide/answer.ts',
        old: 'quantity: now.left, masterAfter',
        new: 'masterAfter',
      },
    ],
    scene: {
      settings: ['sizing: { mode: mirror }, confirm: entries'],
      deeds: [
        trades(10, 'BUY', 10, DELIVERED),
        leaves(14, 0.5, DELIVERED),
        [18, { kind: 'says', say: { kind: 'approve' } }],
        leaves(30, 1, DELIVERED),
      ],
      lastsSeconds: 45,
    },
  },
  {
    name: 'sharesAll',
    promise: 4,
    fault: 'takes the share of an exit of all that the master holds, not of what was copied',
    patches: [
      {
        file: 'src/decide/exit.ts',
        old: 'const share = ratio(copiedAfter, lane.copied)',
        new: 'const share = ratio(\n    leaving.masterAfter,\n    subtract(leaving.masterAfter, signed(leaving.side, leaving.quantity)),\n  )',
      },
    ],
    scene: {
      limits: '{ pauseAfterRejections: off, maxOrderQuantity: 40 }',
      deeds: [trades(10, 'BUY', 30), trades(13, 'BUY', 60), leaves(16, 0.2), leaves(30)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'drifts',
    promise: 4,
    fault: 'rounds what should be held at each exit of the master',
    patches: [
      {
        file: 'src/decide/exit.ts',
        old: 'const target = times(mayHold, share)',
        new: "const target = whole(roundRatioTo(times(mayHold, share), lot, 'nearest'))",
      },
    ],
    scene: {
      settings: ['sizing: { mode: multiplier, by: 0.5 }'],
      deeds: [trades(10, 'BUY', 90), leaves(14, 0.3), leaves(18, 0.3), leaves(22, 0.3), leaves(30)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'leavesTooMuch',
    promise: 4,
    fault: 'closes more of a part than the share that the master left',
    patches: [
      {
        file: 'src/domain/lane.ts',
        old: "return add(roundRatioTo(minus(entitlement, whole(odd)), lot, 'nearest'), odd)",
        new: "return add(roundRatioTo(minus(entitlement, whole((odd + lot) as Quantity)), lot, 'down'), odd)",
      },
    ],
    scene: {
      settings: ['sizing: { mode: multiplier, by: 0.5 }'],
      deeds: [trades(10, 'BUY', 90), leaves(14, 0.3), leaves(30)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'countsUntold',
    promise: 4,
    fault: 'takes what the master traded in its absence for a part of what it held before',
    patches: [
      {
        file: 'src/decide/master-position.ts',
        old: 'if (untold > 0n) grow(',
        new: 'if (untold < 0n) grow(',
      },
    ],
    scene: {
      deeds: [trades(10, 'BUY', 10), stops(15, 6000), trades(18, 'BUY', 5), leaves(40)],
      lastsSeconds: 50,
    },
  },
  {
    name: 'waitsInSilence',
    promise: 4,
    fault: 'tells nobody of an exit that is owed',
    patches: [
      {
        file: 'src/engine/lane.ts',
        old: "tell({ kind: 'owed', lane, quantity, why })",
        new: '',
      },
    ],
    scene: {
      deeds: [
        trades(10, 'BUY', 10),
        weather(30, 'reading', 'server error before', 60_000),
        leaves(35),
      ],
      lastsSeconds: 95,
    },
  },
  {
    name: 'pauseStopsExits',
    promise: 4,
    fault: 'keeps the exits of a paused follower back too',
    patches: [
      {
        file: 'src/engine/follower.ts',
        old: "return standsStill() ? 'resume' : null",
        new: "return standsStill() || stateNow().isPaused ? 'resume' : null",
      },
    ],
    scene: {
      deeds: [
        trades(10, 'BUY', 10),
        [16, { kind: 'says', say: { kind: 'pause', follower: 1 } }],
        leaves(20),
      ],
      lastsSeconds: 35,
    },
  },
  {
    name: 'sendsInHalt',
    promise: 4,
    fault: 'lets exits leave while the trader has everything halted',
    patches: [
      {
        file: 'src/engine/follower.ts',
        old: "return standsStill() ? 'resume' : null",
        new: 'return null',
      },
      {
        file: 'src/engine/engine.ts',
        old: 'return context.isHaltedByFile() || ledger.steering().halted',
        new: 'return false',
      },
    ],
    scene: {
      deeds: [trades(10, 'BUY', 10), [16, { kind: 'says', say: { kind: 'halt' } }], leaves(25)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'entersPaused',
    promise: 4,
    fault: 'copies entries for a follower that is paused',
    patches: [
      {
        file: 'src/decide/guard.ts',
        old: "return follower.isPaused ? { kind: 'paused' } : null",
        new: 'return null',
      },
    ],
    scene: {
      deeds: [
        [5, { kind: 'says', say: { kind: 'pause', follower: 1 } }],
        trades(15, 'BUY', 10),
        leaves(20),
      ],
      lastsSeconds: 30,
    },
  },
  {
    name: 'limitStopsExits',
    promise: 4,
    fault: "counts an exit against the follower's orders of the day",
    patches: [
      {
        file: 'src/engine/lane.ts',
        old: "    const blocked = mustWait('closing')\n    if (blocked !== null) return blocked\n    const since",
        new: `    const { maxOrdersPerDay } = access.settings.limits
    if (maxOrdersPerDay !== null && desk.state().ordersToday >= maxOrdersPerDay) return null
    const blocked = mustWait('closing')
    if (blocked !== null) return blocked
    const since`,
      },
    ],
    scene: {
      limits: '{ pauseAfterRejections: off, maxOrdersPerDay: 1 }',
      deeds: [trades(10, 'BUY', 10), leaves(20)],
      lastsSeconds: 35,
    },
  },
  {
    name: 'exitAgain',
    promise: 4,
    fault: 'sends an exit again while nobody knows what became of the first',
    patches: [
      {
        file: 'src/decide/lane-turn.ts',
        old: 'const onTheirWay = remainingOf(closings.filter((closing) => !isUnsent(closing)))',
        new: `const onTheirWay = remainingOf(
    closings.filter((closing) => !isUnsent(closing) && !isInDoubt(closing)),
  )`,
      },
    ],
    scene: {
      deeds: [
        ...copiedOnce,
        trades(19, 'BUY', 10),
        weather(24, 'placing', 'long delay', 1500),
        leaves(24.5),
      ],
      lastsSeconds: 60,
    },
  },
  {
    name: 'boundless',
    promise: 4,
    fault: 'sends an exit of what is held, whatever the account shows',
    patches: [
      {
        file: 'src/decide/exit.ts',
        old: 'const there = inDirection(shown.quantity, side)',
        new: 'const there = magnitude(lane.held)',
      },
    ],
    scene: {
      followers: [{ tradesByHand: true }],
      deeds: [trades(10, 'BUY', 10), byHand(15, 'SELL', 10), leaves(40)],
      lastsSeconds: 50,
    },
  },
  {
    name: 'countsTwice',
    promise: 4,
    fault: 'counts a fill again that stream and book both tell',
    patches: [
      {
        file: 'src/ledger/derive.ts',
        old: 'const grown = subtract(filledOf(to), filledOf(from))',
        new: 'const grown = filledOf(to)',
      },
    ],
    scene: { deeds: [trades(10, 'BUY', 10), leaves(20)], lastsSeconds: 30 },
  },
  {
    name: 'skipsInDoubt',
    promise: 4,
    fault: 'skips an exit while an entry before it is open',
    patches: [
      {
        file: 'src/decide/plan.ts',
        old: 'const rule = ruleOfExit(position, entries, lot, signal)',
        new: 'const rule = entries.length > 0 ? null : ruleOfExit(position, entries, lot, signal)',
      },
    ],
    scene: {
      liquidity: 5,
      settings: ['sizing: { mode: multiplier, by: 3 }'],
      deeds: [trades(10, 'BUY', 10), leaves(13)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'unsplit',
    promise: 4,
    fault: 'takes an order that closes and reverses for one exit',
    patches: [
      {
        file: 'src/decide/order-of-signals.ts',
        old: 'const closing = smaller(part.quantity, against)',
        new: 'const closing = against === 0n ? against : part.quantity',
      },
    ],
    scene: { deeds: [trades(10, 'BUY', 10), turns(20)], lastsSeconds: 40 },
  },
  {
    name: 'unpaced',
    promise: 5,
    fault: 'sends as fast as it can',
    patches: [
      {
        file: 'src/engine/lane.ts',
        old: "awaits ??= 'limits'\n    return after(clock.now(), answer.until - now)",
        new: 'return null',
      },
    ],
    scene: {
      deeds: Array.from({ length: 24 }, (_, index) =>
        trades(10 + index / 50, 'BUY', 1, index % 2 === 0 ? SHARE : OPTION),
      ),
      lastsSeconds: 30,
    },
  },
  {
    name: 'forgetsWrites',
    promise: 5,
    fault: 'forgets over a restart what was sent in the last minute and hour',
    patches: [
      {
        file: 'src/engine/writes.ts',
        old: 'ledger.writes(account, since()).map((at) => instant(Math.min(at, now())))',
        new: '[]',
      },
    ],
    // So many small orders that an entry has used up its part of the hour; one by one the master goes on.
    scene: {
      engine: 'freeze: { NIFTY: 65 }\n',
      laterEngine: '',
      deeds: [
        ...[10, 56, 102, 148].map((seconds) => trades(seconds, 'BUY', 199, OPTION)),
        [197, { kind: 'dies', doom: { step: null, passings: 1 }, downMs: 50, settings: 1 }],
        ...Array.from({ length: 10 }, (_, index) => trades(205 + index, 'BUY', 1, OPTION)),
        leaves(280, 1, OPTION),
      ],
      lastsSeconds: 290,
    },
  },
  {
    name: 'readsTooOften',
    promise: 5,
    fault: 'reads the book as often as it likes',
    patches: [
      {
        file: 'src/broker/angelone/limits.ts',
        old: 'orderBook: [{ lengthMs: 1_000, most: 1 }],',
        new: 'orderBook: [{ lengthMs: 1_000, most: 9 }],',
      },
    ],
    scene: { deeds: [trades(10, 'BUY', 10), leaves(14)], lastsSeconds: 25 },
  },
  {
    name: 'readsAnew',
    promise: 5,
    fault: 'forgets over a restart that the book was just read',
    patches: [{ file: 'src/assemble.ts', old: 'wasReadBefore: true', new: 'wasReadBefore: false' }],
    scene: {
      deeds: [
        trades(10, 'BUY', 1),
        [
          10.2,
          {
            kind: 'dies',
            doom: { step: 'wire.orderBook:answered', passings: 1 },
            downMs: 50,
            settings: 0,
          },
        ],
      ],
      lastsSeconds: 25,
    },
  },
  {
    name: 'paperWrites',
    promise: 6,
    fault: 'gives a follower on paper the real writer',
    patches: [
      {
        file: 'src/assemble.ts',
        old: 'access: { ...shared, reader, writer, stream, windows: PAPER_WINDOWS },',
        new: 'access: { ...shared, reader, writer: writer && broker.writerOf(at(connections, index)), stream, windows: PAPER_WINDOWS },',
      },
    ],
    scene: {
      followers: [{ mode: 'paper' }],
      deeds: [trades(10, 'BUY', 10), leaves(20)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'tellsToken',
    promise: 7,
    fault: 'names the session token in the evidence of a request',
    patches: [
      {
        file: 'src/broker/angelone/client.ts',
        old: 'return unanswered(request, wire, code, sentAt)',
        new: "return unanswered(request + ' ' + sending.token?.reveal(), wire, code, sentAt)",
      },
    ],
    scene: {
      deeds: [weather(9, 'placing', 'reset after', 2000), trades(10, 'BUY', 10)],
      lastsSeconds: 25,
    },
  },
  {
    name: 'oneQueue',
    promise: 8,
    fault: 'sends for one follower after the other',
    patches: [
      {
        file: 'src/engine/lane.ts',
        old: 'const answer = access.writer.place(placement).finally(counted)',
        new: `const all = context as { queue?: Promise<unknown> }
    const before = all.queue ?? Promise.resolve()
    const answer = before
      .then(() => access.writer.place(placement))
      .finally(counted)
    all.queue = answer.catch(() => undefined)`,
      },
    ],
    scene: {
      followers: [{}, {}, {}],
      deeds: [weather(9, 'placing', 'late answer', 3000), trades(10, 'BUY', 10), leaves(20)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'pausesAll',
    promise: 8,
    fault: "counts one follower's rejections for all",
    patches: [
      {
        file: 'src/engine/follower.ts',
        old: 'rejectionsInARow: day.rejectionsInARow,',
        new: `rejectionsInARow: ((context as { most?: number }).most = Math.max(
        (context as { most?: number }).most ?? 0,
        day.rejectionsInARow,
      )),`,
      },
    ],
    scene: {
      followers: [{}, {}],
      limits: '{ pauseAfterRejections: 2 }',
      deeds: [
        [9, { kind: 'rejectNext', account: 1, text: 'RMS:Margin Exceeds' }],
        [9.1, { kind: 'rejectNext', account: 1, text: 'RMS:Margin Exceeds' }],
        trades(10, 'BUY', 10),
        trades(14, 'BUY', 10),
        trades(18, 'BUY', 10),
        leaves(25),
      ],
      lastsSeconds: 35,
    },
  },
  {
    name: 'sellsEverything',
    promise: 9,
    fault: 'sells what the account shows, not what it holds itself',
    patches: [
      {
        file: 'src/decide/exit.ts',
        old: 'const surelyHeld = smaller(there, magnitude(lane.held))',
        new: 'const surelyHeld = there',
      },
    ],
    scene: {
      followers: [{ tradesByHand: true }],
      deeds: [trades(10, 'BUY', 10), byHand(15, 'BUY', 20), leaves(30)],
      lastsSeconds: 40,
    },
  },
  {
    name: 'exitBesideEntry',
    promise: 10,
    fault: 'leaves without cancelling what still rests',
    patches: [
      {
        file: 'src/decide/lane-turn.ts',
        old: '      if (most < attempt.quantity) {',
        new: '      if (most < attempt.quantity && entryTtlMs === 1) {',
      },
    ],
    scene: {
      liquidity: 5,
      settings: ['sizing: { mode: multiplier, by: 3 }'],
      deeds: [trades(10, 'BUY', 10), leaves(13)],
      lastsSeconds: 30,
    },
  },
  {
    name: 'newestFirst',
    promise: 10,
    fault: 'tells what one reading shows from the newest order to the oldest',
    patches: [
      {
        file: 'src/decide/order-of-signals.ts',
        old: 'exchangeTimeOf(a, seenAt) - exchangeTimeOf(b, seenAt) ||',
        new: 'exchangeTimeOf(b, seenAt) - exchangeTimeOf(a, seenAt) ||',
      },
    ],
    scene: {
      deeds: [stops(10, 25_000), trades(13, 'BUY', 10), trades(20, 'BUY', 20), leaves(50)],
      lastsSeconds: 60,
    },
  },
  {
    name: 'entryBeforeExit',
    promise: 10,
    fault: 'opens the other side before it has left the first',
    patches: [
      {
        file: 'src/decide/lane-turn.ts',
        old: '  const isDue = !isBlocked(view, first)',
        new: '  const isDue = !isBlocked(view, first) || entries.length > 0',
      },
      {
        file: 'src/decide/send.ts',
        old: 'if (standing !== null && standing !== entry.side)',
        new: 'if (standing !== null && held === 0n)',
      },
    ],
    scene: { deeds: [trades(10, 'BUY', 10), turns(20)], lastsSeconds: 40 },
  },
  {
    name: 'takesForeign',
    promise: 11,
    fault: 'goes on beside the orders of another Lockstep',
    patches: [
      {
        file: 'src/engine/settle.ts',
        old: "if (finding.kind === 'strangeTag') stopFor(finding.tag)",
        new: "if (finding.kind === 'strangeTag') continue",
      },
    ],
    scene: {
      deeds: [
        trades(10, 'BUY', 10),
        [12, { kind: 'anotherLockstep', account: 1, what: OPTION, side: 'BUY' }],
        ...[40, 44, 48, 52, 56, 60].map((seconds) => trades(seconds, 'BUY', 1)),
      ],
      lastsSeconds: 75,
    },
  },
  {
    name: 'unlocked',
    promise: 11,
    fault: 'starts beside an engine that runs',
    patches: [
      { file: 'src/ledger/lock.ts', old: "db.exec('BEGIN EXCLUSIVE')", new: "db.exec('BEGIN')" },
    ],
    scene: {
      deeds: [trades(10, 'BUY', 10), [15, { kind: 'rival' }], leaves(25)],
      lastsSeconds: 35,
    },
  },
]
