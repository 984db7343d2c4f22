// What open pages are told over server-sent events, and what becomes of those that hang.
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { HOUR, SECOND } from '../../src/domain/time.ts'
import type { Changed } from '../../src/web/shapes/events.ts'
import type { Mode } from '../../src/web/shapes/said.ts'
import { type Browser, noAnswers, openHouse, PASSWORD } from './kit.ts'

/** A ledger of which the test says what is new. */
function createNews() {
  const revisions = { live: 1, paper: 1 }
  const signals = Array.from({ length: 200 }, (_, index) => index + 1)
  let looks = 0
  return {
    revisions,
    looks: () => looks,
    look(mode: Mode, since: number | null): Changed | null {
      looks++
      const revision = revisions[mode]
      if (since !== null && revision <= since) return null
      return { mode, revision, topics: ['overview'], signals: since === null ? [] : signals }
    },
  }
}

interface Open {
  readonly status: number
  /** Everything that came until now. */
  readonly text: () => string
  readonly hasEnded: () => boolean
  readonly socket: Socket
  stopReading(): void
  leave(): void
}

function openEvents(browser: Browser, query = ''): Promise<Open> {
  return new Promise((resolve, reject) => {
    const { port, cookie } = browser
    const asked = request(
      { host: '127.0.0.1', port, path: `/api/events${query}`, headers: { cookie }, agent: false },
      (response) => {
        let text = ''
        let ended = false
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        response.on('error', () => undefined)
        response.on('close', () => {
          ended = true
        })
        resolve({
          status: response.statusCode ?? 0,
          text: () => text,
          hasEnded: () => ended,
          socket: response.socket,
          stopReading: () => void response.pause(),
          leave: () => void asked.destroy(),
        })
      },
    )
    asked.on('error', reject)
    asked.end()
    onTestFinished(() => void asked.destroy())
  })
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (holds()) return
    await pause(10)
  }
  throw new Error(`never: ${what}`)
}

const count = (text: string, event: string): number => text.split(`event: ${event}\n`).length - 1

test('a page is told at once, and then of what is new; both ledgers apart', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const browser = await house.signedIn()
  const live = await openEvents(browser, '?mode=live')
  const paper = await openEvents(browser, '?mode=paper')
  expect(live.status).toBe(200)
  await until('both are told', () => live.text() !== '' && paper.text() !== '')
  news.revisions.live = 2
  await until('the news comes', () => count(live.text(), 'changed') === 2)
  expect(live.text()).toContain('"revision":2')
  expect(count(paper.text(), 'changed')).toBe(1)
})

test('a page that comes later hides nothing from those that are there', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const browser = await house.signedIn()
  const first = await openEvents(browser)
  await until('it is told', () => first.text() !== '')
  news.revisions.live = 2
  const second = await openEvents(browser)
  await until('the first hears of it', () => first.text().includes('"revision":2'))
  expect(second.text()).toContain('"revision":2')
})

test('twenty pages share one look', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const browser = await house.signedIn()
  const pages = await Promise.all(Array.from({ length: 20 }, () => openEvents(browser)))
  await until('all are told', () => pages.every(({ text }) => text() !== ''))
  const before = news.looks()
  news.revisions.live = 2
  await until('all hear of it', () => pages.every(({ text }) => text().includes('"revision":2')))
  // One each quarter of a second, however many pages there are.
  expect(news.looks() - before).toBeLessThan(20)
})

test('who does not read is dropped, and the others are told as before', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const browser = await house.signedIn()
  const dead = await openEvents(browser)
  const alive = await openEvents(browser)
  await until('both are told', () => dead.text() !== '' && alive.text() !== '')
  dead.stopReading()
  // Far more than the system keeps for a connection.
  const { hub } = house.served
  for (let sent = 0; sent < 100_000 && hub.size() === 2; sent += 20) {
    for (let each = 0; each < 20; each++) {
      news.revisions.live++
      hub.turn()
    }
    await pause(0)
  }
  expect(hub.size()).toBe(1)
  expect(alive.hasEnded()).toBe(false)
  const last = news.revisions.live
  await until('the other has all', () => alive.text().includes(`"revision":${last}`))
  await until('its connection is closed', () => dead.socket.destroyed || isReset(dead))
})

/** Reading on comes to the end of what was sent, and to a connection that is gone. */
function isReset(page: Open): boolean {
  page.socket.resume()
  return page.hasEnded()
}

test('a page that leaves is forgotten', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const browser = await house.signedIn()
  const page = await openEvents(browser)
  await until('it is told', () => page.text() !== '')
  expect(house.served.hub.size()).toBe(1)
  page.leave()
  await until('it is gone', () => house.served.hub.size() === 0)
})

test('signing out ends the pages of that visit alone', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const first = await house.signedIn()
  const second = house.browser()
  await second.post('/api/sign-in', { password: PASSWORD })
  const [one, other] = await Promise.all([openEvents(first), openEvents(second)])
  await first.post('/api/sign-out', {})
  await until('it is told and closed', () => one.hasEnded())
  expect(one.text()).toContain('event: signedOut\n')
  expect(other.hasEnded()).toBe(false)
})

test('a visit that has run out ends its pages at the next beat', async () => {
  const news = createNews()
  const house = await openHouse({ answers: noAnswers({ look: news.look }) })
  const page = await openEvents(await house.signedIn())
  house.pass(16 * HOUR)
  house.passIntervals(15 * SECOND)
  await until('it is told and closed', () => page.hasEnded())
  expect(page.text()).toContain('event: signedOut\n')
})

test('a beat tells that the line is alive', async () => {
  const house = await openHouse()
  const page = await openEvents(await house.signedIn())
  house.passIntervals(15 * SECOND)
  await until('it beats', () => count(page.text(), 'beat') === 1)
})

test('the end of the server is told', async () => {
  const house = await openHouse()
  const page = await openEvents(await house.signedIn())
  await house.stop()
  await until('it is closed', () => page.hasEnded())
  expect(page.text()).toContain('event: ended\n')
})

test('more pages than there can be are told to wait', async () => {
  const house = await openHouse()
  const browser = await house.signedIn()
  const pages = await Promise.all(Array.from({ length: 65 }, () => openEvents(browser)))
  expect(pages.filter(({ status }) => status === 429)).toHaveLength(1)
})

test('nobody hears anything without a visit', async () => {
  const house = await openHouse()
  expect((await openEvents(house.browser())).status).toBe(401)
})
