// A trader who sits at the terminal and is asked about each entry, with the real engine behind it. The
// terminal is a pair of streams; what became of an answer is looked up at the broker.
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPerson } from '../../src/cli/ask.ts'
import { askSignals, readAnswer } from '../../src/cli/ask-signals.ts'
import { accountName, signalId } from '../../src/domain/ids.ts'
import type { Command } from '../../src/domain/steering.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  positionOf,
  trade,
  until,
} from '../engine/copier.ts'

const FIRST = accountName('FOLLOWER_1')
const SECOND = accountName('FOLLOWER_2')

describe('an answer', () => {
  const signal = { id: signalId(12) }
  const read = (answer: string) => readAnswer(answer, { signal, followers: [FIRST, SECOND] })
  const yes = (followers: Extract<Command, { kind: 'approve' }>['followers']): Command => ({
    kind: 'approve',
    signal: signal.id,
    followers,
  })
  it.each([
    ['y', yes(null)],
    [' YES ', yes(null)],
    ['follower_2', yes([SECOND])],
    ['n', { kind: 'reject', signal: signal.id }],
    ['No', { kind: 'reject', signal: signal.id }],
    ['', null],
    ['yy', null],
    ['FOLLOWER_3', null],
  ])('%j', (answer, command) => {
    expect(read(answer)).toEqual(command)
  })
})

interface Seat {
  readonly copier: Copier
  shown(): string
  type(text: string): void
  /** So much passes at the terminal, at once. */
  pass(ms: number): void
}

async function sitDown(confirm: 'entries' | 'all' = 'entries'): Promise<Seat> {
  const copier = await createCopier({ yaml: `hours: ignore\nconfirm: ${confirm}\n` })
  let passedMs = 0
  await copier.start()
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = Object.assign(new PassThrough(), { isTTY: true })
  let shown = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const stop = new AbortController()
  const asking = askSignals(
    {
      clock: { ...clock, monotonicMs: () => clock.monotonicMs() + passedMs },
      ledger: copier.ledger(),
      person: createPerson(input, output),
      report: {
        say: (text) => void output.write(`${text}\n`),
        hold: () => () => undefined,
      },
    },
    stop.signal,
  )
  onTestFinished(async () => {
    stop.abort()
    await asking
    await copier.close()
  })
  return {
    copier,
    shown: () => shown,
    type: (text) => void input.write(`${text}\n`),
    pass: (ms) => {
      passedMs += ms
    },
  }
}

const asks = (seat: Seat, number: number) => () => seat.shown().includes(`COPY #${number} `)
const nothingAsks = (seat: Seat) => () => seat.copier.ledger().undecided().length === 0
const positions = ({ copier }: Seat) => [1, 2].map((each) => positionOf(copier, followerCode(each)))

describe('at the terminal', () => {
  it('copies for all at a yes, for one at a name, for nobody at a no', async () => {
    const seat = await sitDown()
    const { copier } = seat
    trade(copier, 'BUY', 10)
    await until(copier, 'asked', asks(seat, 1))
    seat.type('perhaps')
    await until(copier, 'asked again', () => seat.shown().includes('please: y, n, or one of'))
    expect(positions(seat)).toEqual(['0', '0'])
    seat.type('y')
    await until(copier, 'both hold it', () => positions(seat).join() === '10,10')

    trade(copier, 'BUY', 5)
    await until(copier, 'asked', asks(seat, 2))
    seat.type('follower_2')
    await until(copier, 'one more', () => positions(seat).join() === '10,15')

    trade(copier, 'BUY', 7)
    await until(copier, 'asked', asks(seat, 3))
    seat.type('n')
    await until(copier, 'answered', nothingAsks(seat))
    expect(positions(seat)).toEqual(['10', '15'])
    expect(
      copier
        .ledger()
        .why(signalId(3), null)
        .map(({ decision }) => decision?.kind === 'skip' && decision.reason.kind),
    ).toEqual(['declined', 'declined'])
  })

  it('takes what was typed before the question as no answer to it', async () => {
    const seat = await sitDown()
    seat.type('y')
    trade(seat.copier, 'BUY', 10)
    await until(seat.copier, 'asked', asks(seat, 1))
    expect(positions(seat)).toEqual(['0', '0'])
    seat.type('n')
    await until(seat.copier, 'answered', nothingAsks(seat))
    expect(positions(seat)).toEqual(['0', '0'])
  })

  it('asks anew about what is left when the master has sold a part meanwhile', async () => {
    const seat = await sitDown()
    const { copier } = seat
    trade(copier, 'BUY', 10)
    await until(copier, 'asked', asks(seat, 1))
    trade(copier, 'SELL', 4)
    await until(copier, 'asked about the rest', () => seat.shown().includes('BUY 6 of 10 SBIN-EQ'))
    seat.type('y')
    await until(copier, 'the rest is copied', () => positions(seat).join() === '6,6')
  })

  it('asks again, and again, about an exit that nobody answers', async () => {
    const seat = await sitDown('all')
    const { copier } = seat
    trade(copier, 'BUY', 10)
    await until(copier, 'asked', asks(seat, 1))
    seat.type('y')
    await until(copier, 'copied', () => positions(seat).join() === '10,10')
    trade(copier, 'SELL', 10)
    const times = () => seat.shown().split('COPY #2 ').length - 1
    await until(copier, 'asked about the exit', () => times() === 1)
    seat.pass(30_000)
    await until(copier, 'the terminal is free', () => seat.shown().endsWith('\n'))
    expect(positions(seat)).toEqual(['10', '10'])
    seat.pass(60_000)
    await until(copier, 'asked again', () => times() === 2)
    seat.type('y')
    await until(copier, 'both are flat', () => positions(seat).join() === '0,0')
  })

  it('stops asking when the answer was given elsewhere, and asks about the next', async () => {
    const seat = await sitDown()
    const { copier } = seat
    trade(copier, 'BUY', 10)
    await until(copier, 'asked', asks(seat, 1))
    copier.ledger().steer({ kind: 'reject', signal: signalId(1) }, 'command', clock.now())
    await until(copier, 'answered', nothingAsks(seat))
    trade(copier, 'BUY', 3)
    await until(copier, 'asked about the next', asks(seat, 2))
    seat.type('y')
    await until(copier, 'copied', () => positions(seat).join() === '3,3')
  })
})
