// A hundred followers and ten thousand orders: the page draws a screenful and no more, wherever one scrolls to,
// and what it draws is what belongs there.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openChromium } from './chromium.ts'
import { openHouse, viewOf } from './house.ts'
import { LONG_DAY, symbolOf, writeLongDay } from './long-day.ts'

const chromium = openChromium()
const FOLLOWERS = 100
const SIGNALS = 100
/** A signal and its copies. */
const BLOCK = FOLLOWERS + 1
const MOST_NODES = 2500
const MOST_BYTES = 600_000

/** Written where syncing costs nothing, when there is such a place: the disk is none of the page's business. */
function layLongDay(folder: string): void {
  const memory = '/dev/shm'
  const place = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'lockstep-long-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  writeLongDay(join(place, 'data', 'lockstep.db'), SIGNALS, FOLLOWERS)
  cpSync(place, folder, { recursive: true })
}

interface Sight {
  readonly nodes: number
  readonly drawn: number
  readonly scrollTop: number
  /** The row below the head of the list, and how much of the list below it no row covers. */
  readonly top: { readonly index: number; readonly text: string }
  readonly uncovered: number
}

const look = (page: Page): Promise<Sight> =>
  page.evaluate(() => {
    const list = document.querySelector('.list')
    const rows = [...document.querySelectorAll('.list .sizer [role="row"]')]
    const head = document.querySelector('.list .head')
    if (list === null || head === null) throw new Error('there is no list')
    const from = head.getBoundingClientRect().bottom
    const to = list.getBoundingClientRect().bottom
    const top = rows.find((row) => row.getBoundingClientRect().bottom > from + 1)
    const last = rows.at(-1)?.getBoundingClientRect().bottom ?? 0
    return {
      nodes: document.querySelectorAll('*').length,
      drawn: rows.length,
      scrollTop: list.scrollTop,
      top: { index: Number(top?.getAttribute('aria-rowindex')), text: top?.textContent ?? '' },
      uncovered: Math.max(0, to - last - 1),
    }
  })

/** Two frames: one in which the page hears of it, one in which it has drawn. */
const scrollTo = (page: Page, top: number): Promise<void> =>
  page.evaluate(async (to) => {
    const list = document.querySelector('.list')
    if (list !== null) list.scrollTop = to
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  }, top)

/** How long each answer with signals was. */
function sizesOf(page: Page): readonly number[] {
  const sizes: number[] = []
  page.on('response', (response) => {
    if (!response.url().includes('/api/signals?')) return
    response.body().then(
      (body) => sizes.push(body.length),
      // Nobody waited for it any more.
      () => undefined,
    )
  })
  return sizes
}

describe('a hundred followers and ten thousand orders', () => {
  it('are a screenful at every place, and the right one', async () => {
    const { person } = await openHouse(chromium, {
      followers: FOLLOWERS,
      prepare: layLongDay,
      command: ['serve'],
    })
    const { page } = await person({ viewport: { width: 1280, height: 800 } })
    const answers = sizesOf(page)
    await page.getByText(`${FOLLOWERS} followers`).waitFor()
    await page.getByLabel('Find a follower by its name').fill('FOLLOWER_77')
    await expect.poll(() => page.getByRole('article').count()).toBe(1)

    await viewOf(page, 'Orders').click()
    await page.getByRole('combobox', { name: 'Day' }).selectOption(LONG_DAY)
    await page.getByText(symbolOf(SIGNALS)).waitFor()
    await page.getByRole('button', { name: 'Show every copy' }).click()
    const list = page.getByRole('table')
    // The pages come as one scrolls to the end of what is known.
    await expect
      .poll(
        async () => {
          await scrollTo(page, Number.MAX_SAFE_INTEGER)
          return list.getAttribute('aria-rowcount')
        },
        { timeout: 60_000 },
      )
      .toBe(String(SIGNALS * BLOCK + 1))

    const height = await page.evaluate(() => document.querySelector('.list')?.scrollHeight ?? 0)
    const places = Array.from({ length: 40 }, (_, index) => Math.floor((height * index) / 40))
    for (const place of [...places, ...places.toReversed()]) {
      await scrollTo(page, place)
      const { nodes, drawn, top, uncovered } = await look(page)
      expect(nodes, `nodes at ${place}`).toBeLessThan(MOST_NODES)
      expect(drawn).toBeLessThan(60)
      if (place < places.length * 0.9) expect(uncovered, `a gap at ${place}`).toBe(0)
      const row = top.index - 2
      const signal = SIGNALS - Math.floor(row / BLOCK)
      expect(top.text).toContain(row % BLOCK === 0 ? symbolOf(signal) : 'rejected')
      expect(await list.getAttribute('aria-rowcount')).toBe(String(SIGNALS * BLOCK + 1))
    }
    // Control: without a screenful it would be more than that by far.
    expect(SIGNALS * BLOCK).toBeGreaterThan(MOST_NODES)

    expect(answers.length).toBeGreaterThan(SIGNALS / 10)
    expect(Math.max(...answers)).toBeLessThan(MOST_BYTES)
    await page.getByRole('button', { name: 'Signals only' }).click()
    await expect.poll(() => list.getAttribute('aria-rowcount')).toBe(String(SIGNALS + 1))
  })
})
