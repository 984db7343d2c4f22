// Who uses the page otherwise than with a mouse at a large screen: a phone, a keyboard, a screen reader. What a
// machine can see of that is looked for by axe, in every view, in light and in dark.
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openChromium } from './chromium.ts'
import { attentionOf, type House, openHouse, rowsOf, viewOf } from './house.ts'

const chromium = openChromium()
const VIEWS = ['Overview', 'Orders', 'Accounts', 'Charts'] as const
const READY: Readonly<Record<(typeof VIEWS)[number], string>> = {
  Overview: 'Wants your hand',
  Orders: 'BUY 100',
  Accounts: 'the master',
  Charts: 'Where time goes',
}

/** Something in every view: a signal that was copied, and one that waits for an answer. */
async function openFurnished(): Promise<House> {
  const house = await openHouse(chromium, {
    yaml: 'followers: { FOLLOWER_2: { confirm: entries } }',
    env: { FOLLOWER_1_LABEL: 'Papa' },
  })
  house.stage.trade('BUY', 100)
  await house.stage.until('the first has it', () => house.stage.positions()[0] === '100')
  return house
}

async function open(page: Page, view: (typeof VIEWS)[number]): Promise<void> {
  await viewOf(page, view).click()
  await page.getByText(READY[view]).first().waitFor()
}

interface Finding {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

async function findingsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: readonly Finding[] }> }
    }
    return (await axe.run()).violations
  })
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
  )
}

describe.each(['light', 'dark'] as const)('axe, in %s', (colorScheme) => {
  it('finds nothing in any view, and nothing in the questions', async () => {
    const { url, person } = await openFurnished()
    const { page } = await person({ colorScheme })
    for (const view of VIEWS) {
      await open(page, view)
      expect(await findingsOf(page), view).toEqual([])
    }
    await open(page, 'Orders')
    await page.getByRole('link', { name: /^Why: #1 / }).click()
    await page
      .getByText(/accepted as order/)
      .first()
      .waitFor()
    expect(await findingsOf(page), 'the story').toEqual([])
    await open(page, 'Accounts')
    await page.getByRole('button', { name: 'Limits and sizing of Papa' }).click()
    expect(await findingsOf(page), 'the form').toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'HALT' }).click()
    expect(await findingsOf(page), 'the question').toEqual([])
    const stranger = await chromium.visitor({ colorScheme })
    await stranger.page.goto(url)
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await findingsOf(stranger.page), 'the door').toEqual([])
  })
})

describe('axe', () => {
  it('control: finds a field without a name and letters that can hardly be read', async () => {
    const { page } = await chromium.visitor()
    await page.setContent(
      '<html lang="en"><title>x</title><main><h1>x</h1><input><p style="color:#bbb;background:#fff">hardly to be read</p></main>',
    )
    const ids = (await findingsOf(page)).map((finding) => finding.split(':')[0])
    expect(ids).toEqual(expect.arrayContaining(['label', 'color-contrast']))
  })
})

describe('a phone', () => {
  it('never scrolls sideways, and has HALT and every view in reach', async () => {
    const { person } = await openFurnished()
    const { page } = await person({ viewport: { width: 360, height: 740 }, hasTouch: true })
    const sideways = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
    for (const view of VIEWS) {
      await open(page, view)
      expect(await sideways(), view).toBe(0)
      const halt = page.getByRole('button', { name: 'HALT' })
      const box = await halt.boundingBox()
      expect(box !== null && box.x >= 0 && box.x + box.width <= 360 && box.y < 740, view).toBe(true)
      expect(box?.height).toBeGreaterThanOrEqual(40)
    }
    await open(page, 'Orders')
    await page.getByRole('link', { name: /^Why: #1 / }).click()
    await page
      .getByText(/accepted as order/)
      .first()
      .waitFor()
    expect(await sideways(), 'the story').toBe(0)
    await page.getByRole('link', { name: /^Close/ }).click()
    await rowsOf(page).filter({ hasText: 'BUY 100' }).waitFor()
    // Control: something wider is noticed.
    await page.evaluate(() => {
      const wide = document.createElement('p')
      wide.textContent = 'x'.repeat(400)
      document.querySelector('main')?.append(wide)
    })
    expect(await sideways()).toBeGreaterThan(0)
  })
})

describe('a keyboard', () => {
  it('comes in, answers and gets the focus back, without a mouse', async () => {
    const { stage, url, code } = await openHouse(chromium, { yaml: 'confirm: entries' })
    const { page } = await chromium.visitor()
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement
        return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim()
      })
    await page.goto(url)
    await page.getByLabel('Code from the terminal').waitFor()
    await page.keyboard.type(code)
    await press('Tab')
    await page.keyboard.type('a long password')
    await press('Tab')
    await page.keyboard.type('a long password')
    await press('Enter')
    await attentionOf(page).waitFor()

    await press('Tab')
    await expect.poll(focused, { timeout: 10_000 }).toBe('Skip to the view')
    await press('Enter')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')

    stage.trade('BUY', 100)
    await page.getByRole('button', { name: /^Approve #1/ }).waitFor()
    for (let tabs = 0; tabs < 30 && !(await focused()).startsWith('Approve #1'); tabs++)
      await press('Tab')
    const outline = await page.evaluate(() => {
      const element = document.activeElement
      return element === null ? '' : getComputedStyle(element).outlineStyle
    })
    expect(outline).toBe('solid')
    await press('Enter')
    await stage.until('both have it', () => stage.positions().every((held) => held === '100'))

    const pause = page.getByRole('banner').getByRole('button', { name: 'Pause' })
    await pause.focus()
    await press('Enter')
    await page.getByRole('dialog', { name: 'Pause everybody' }).waitFor()
    for (let tabs = 0; tabs < 8; tabs++) {
      await press('Tab')
      expect(
        await page.evaluate(() => {
          const element = document.activeElement
          return element === document.body || element?.closest('dialog') !== null
        }),
      ).toBe(true)
    }
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(focused, { timeout: 10_000 }).toBe('Pause')
  })
})
