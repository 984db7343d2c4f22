import { describe, expect, it } from 'vitest'
import type { Alert, AlertKind } from '../../src/domain/alert.ts'
import { accountName } from '../../src/domain/ids.ts'
import { instant } from '../../src/domain/time.ts'
import { createAlertQueue, messageOf } from '../../src/report/alert-queue.ts'

const at = (ms: number) => instant(1_000_000 + ms)
const alert = (text: string, kind: AlertKind = 'rejected', follower = 1): Alert => ({
  kind,
  account: accountName(`FOLLOWER_${follower}`),
  text,
  at: at(0),
})
const texts = (alerts: readonly Alert[]) => alerts.map(({ text }) => text)

describe('a queue', () => {
  it('gives all that waits at once, and nothing while a message is under way', () => {
    const queue = createAlertQueue()
    expect(queue.due()).toBeNull()
    queue.add(alert('a'))
    queue.add(alert('b'))
    expect(queue.due()).toBe(at(0))
    expect(texts(queue.take(at(0)))).toEqual(['a', 'b'])
    queue.add(alert('c'))
    expect([queue.due(), queue.take(at(0))]).toEqual([null, []])
    queue.sent(at(500))
    expect(queue.due()).toBe(at(3500))
    expect(queue.take(at(3499))).toEqual([])
    expect(texts(queue.take(at(3500)))).toEqual(['c'])
  })

  it('keeps what could not be told, waits as long as it was told to, and ever longer otherwise', () => {
    const queue = createAlertQueue()
    queue.add(alert('a'))
    queue.take(at(0))
    queue.add(alert('b'))
    queue.later(at(0), at(42_000))
    expect(queue.due()).toBe(at(42_000))
    expect(texts(queue.take(at(42_000)))).toEqual(['a', 'b'])
    const pauses = [1, 2, 3, 4, 5, 6, 7].map(() => {
      queue.later(at(50_000), null)
      const due = queue.due() ?? at(0)
      queue.take(due)
      return (due - at(50_000)) / 1000
    })
    expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300])
  })

  it('is bounded: good news falls out first, and what fell out is counted once', () => {
    const queue = createAlertQueue()
    for (let number = 0; number < 600; number++) queue.add(alert(`copied ${number}`, 'copied'))
    for (let number = 0; number < 600; number++) queue.add(alert(`rejected ${number}`))
    expect(queue.waiting()).toBe(1000)
    expect([queue.dropped(), queue.dropped()]).toEqual([200, 0])
    const kept = texts(queue.take(at(0)))
    expect([kept[0], kept.at(-1)]).toEqual(['copied 200', 'rejected 599'])
  })

  it('loses a message that is never taken, counts it, and brings the next', () => {
    const queue = createAlertQueue()
    queue.add(alert('a'))
    queue.add(alert('b'))
    queue.take(at(0))
    queue.refused(at(1000))
    queue.add(alert('c', 'rejected', 2))
    expect([queue.dropped(), queue.waiting()]).toEqual([2, 1])
    expect(texts(queue.take(queue.due() ?? at(0)))).toEqual(['c'])
  })

  it('keeps everything for a way that takes nothing, and tries it again, seldom, for ever', () => {
    const queue = createAlertQueue()
    queue.add(alert('a'))
    for (let minutes = 0; minutes < 60; minutes += 15) {
      const now = at(minutes * 60_000)
      expect(texts(queue.take(now))).toContain('a')
      queue.wrong(now)
      expect(queue.take(at(minutes * 60_000 + 899_000))).toEqual([])
      expect(queue.due()).toBe(at(minutes * 60_000 + 900_000))
    }
    queue.add(alert('b'))
    expect(texts(queue.take(at(3_600_000)))).toEqual(['a', 'b'])
    expect(queue.dropped()).toBe(0)
  })
})

describe('a message', () => {
  it('tells few one by one, the urgent first', () => {
    const alerts = [alert('3/3 filled', 'copied'), alert('no'), alert('lost', 'unknown')]
    expect(messageOf('LIVE', alerts, 4096)).toBe('LIVE\nno\nlost\n3/3 filled')
  })

  it('counts many of one kind and account, and tells the last', () => {
    const many = Array.from({ length: 37 }, (_, number) => alert(`no ${number}`))
    expect(messageOf('LIVE', [...many, alert('no, too', 'rejected', 2)], 4096)).toBe(
      'LIVE\n37 × rejected of FOLLOWER_1, the last: no 36\nno, too',
    )
  })

  it('never grows beyond what the way takes, and says how much it left out', () => {
    const many = Array.from({ length: 100 }, (_, number) =>
      alert('x'.repeat(90), 'rejected', number + 1),
    )
    const message = messageOf('LIVE', many, 2000)
    expect(message.length).toBeLessThanOrEqual(2000)
    expect(message).toMatch(/\n… and 79 more: lockstep status$/)
    expect(messageOf('LIVE', [alert('x'.repeat(5000))], 2000).length).toBeLessThanOrEqual(2000)
  })
})
