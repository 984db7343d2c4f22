// Who uses the page otherwise than with a mouse at a large screen: a phone, a keyboard, a screen reader. What a
// machine can see of that is looked for by axe, in every view, in light and in dark.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findingsOf } from './axe.ts'
import { openChromium } from './chromium.ts'
import { createHeldBack } from './held-back.ts'
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
    followers: 3,
    yaml: 'followers: { FOLLOWER_2: { confirm: entries }, FOLLOWER_3: { enabled: false } }',
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

/** Each question of the page and how one comes to it, from the view that it is on. */
const QUESTIONS: readonly (readonly [
  string,
  (typeof VIEWS)[number],
  (page: Page) => Promise<void>,
])[] = [
  ['HALT', 'Overview', (page) => page.getByRole('button', { name: 'HALT' }).click()],
  ['Pause Papa', 'Overview', (page) => page.getByRole('button', { name: 'Pause Papa' }).click()],
  [
    'Flatten Papa',
    'Overview',
    async (page) => {
      await page.getByRole('button', { name: 'Flatten Papa' }).click()
      await page.getByRole('dialog').getByText('close').first().waitFor()
    },
  ],
  [
    'Change the password',
    'Overview',
    async (page) => {
      await page.getByText('Menu').click()
      await page.getByRole('button', { name: /password/i }).click()
    },
  ],
  [
    'Limits and sizing of Papa',
    'Accounts',
    async (page) => {
      await page.getByRole('button', { name: 'Limits and sizing of Papa' }).click()
      const form = page.getByRole('dialog')
      await form.getByLabel('Loss a day').fill('a lot')
      await form.getByRole('button', { name: 'Show the difference' }).click()
      await form.locator('[aria-invalid]').waitFor()
    },
  ],
  [
    'Limits and sizing of FOLLOWER_2',
    'Accounts',
    async (page) => {
      await page.getByRole('button', { name: 'Limits and sizing of FOLLOWER_2' }).click()
      const form = page.getByRole('dialog')
      await form.getByLabel('A multiple of the master’s', { exact: true }).check()
      await form.getByLabel(/: by, such as/).fill('2')
      await form.getByRole('button', { name: 'Show the difference' }).click()
      await form.getByRole('table').waitFor()
    },
  ],
  [
    'Add FOLLOWER_4',
    'Accounts',
    (page) => page.getByRole('button', { name: 'Add an account' }).click(),
  ],
  [
    'Remove FOLLOWER_3',
    'Accounts',
    (page) => page.getByRole('button', { name: 'Remove FOLLOWER_3' }).click(),
  ],
]

describe.each(['light', 'dark'] as const)('axe, in %s', (colorScheme) => {
  it('finds nothing in any view, nor at the door', async () => {
    const { url, person } = await openFurnished()
    const early = await chromium.visitor({ colorScheme })
    await early.page.goto(url)
    await early.page.getByRole('heading', { name: 'Set a password' }).waitFor()
    expect(await findingsOf(early.page), 'the first door').toEqual([])
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
    const stranger = await chromium.visitor({ colorScheme })
    await stranger.page.goto(url)
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await findingsOf(stranger.page), 'the door').toEqual([])
  })

  it('finds nothing in any question', async () => {
    const { person } = await openFurnished()
    const { page } = await person({ colorScheme })
    for (const [name, view, ask] of QUESTIONS) {
      await open(page, view)
      await ask(page)
      const question = page.getByRole('dialog', { name, exact: true })
      await question.waitFor()
      expect(await findingsOf(page), name).toEqual([])
      await page.keyboard.press('Escape')
      await question.waitFor({ state: 'detached' })
    }
  })

  it('finds nothing where there is nothing yet, where the line is lost and the settings are wrong', async () => {
    const { program, person } = await openHouse(chromium, { yaml: 'pol: 3s', command: ['serve'] })
    const { page } = await person({ colorScheme })
    await page.getByRole('heading', { name: 'There is nothing to show yet' }).waitFor()
    expect(await findingsOf(page), 'nothing yet').toEqual([])
    await viewOf(page, 'Accounts').click()
    await page.getByText('pol is not a key here').waitFor()
    expect(await findingsOf(page), 'wrong settings').toEqual([])
    await program.stop()
    await page.getByText('The connection to Lockstep is lost').waitFor()
    expect(await findingsOf(page), 'lost').toEqual([])
  })
})

/** What the page says until the first answer of that address is there, in each view that asks for it. */
const ASKING: readonly (readonly [view: string, address: RegExp, says: string])[] = [
  ['', /\/api\/session$/, 'Asking Lockstep …'],
  ['', /\/api\/overview/, 'Asking Lockstep how everything stands …'],
  ['', /\/api\/signals\?/, 'Asking …'],
  ['#/orders', /\/api\/signals\?/, 'Asking for the orders …'],
  ['#/orders/1', /\/api\/signals\/1/, 'Asking for the story …'],
  ['#/accounts', /\/api\/accounts/, 'Asking for the accounts …'],
  ['#/charts', /\/charts\.js/, 'Loading the charts …'],
  ['#/charts', /\/api\/charts/, 'Asking for the charts …'],
  ['#/charts', /\/api\/history/, 'Asking for the days before …'],
]

describe.each(['light', 'dark'] as const)('before the first answer, in %s', (colorScheme) => {
  it('axe finds nothing, what is waited for is said aloud, and it goes when the answer comes', async () => {
    const { url, person } = await openFurnished()
    const { page } = await person({ colorScheme, viewport: { width: 390, height: 780 } })
    const { hold } = await createHeldBack(page)
    for (const [view, address, says] of ASKING) {
      const what = `${view} ${address}`
      await page.goto('about:blank')
      const finish = hold(address)
      await page.goto(`${url.replace(/\/$/, '')}/${view}`)
      const said = page.getByRole('status').getByText(says, { exact: true })
      await said.waitFor()
      expect(await findingsOf(page), what).toEqual([])
      expect(await sidewaysOf(page), what).toBe(0)
      expect(await page.getByText(/^0 signals/).count(), what).toBe(0)
      finish('continue')
      await said.waitFor({ state: 'detached' })
    }
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

/** By how much the page is wider than its window. */
const sidewaysOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

describe('a phone', () => {
  it('never scrolls sideways, and has HALT and every view in reach', async () => {
    const { person } = await openFurnished()
    const { page } = await person({ viewport: { width: 360, height: 740 }, hasTouch: true })
    const sideways = () => sidewaysOf(page)
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

describe('a small window', () => {
  it('never scrolls sideways either, from where the phone ends', async () => {
    const { person } = await openFurnished()
    const { page } = await person({ viewport: { width: 910, height: 700 } })
    for (const width of [910, 1024, 1180])
      for (const view of VIEWS) {
        await page.setViewportSize({ width, height: 700 })
        await open(page, view)
        expect(await sidewaysOf(page), `${view} at ${width}`).toBe(0)
      }
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
