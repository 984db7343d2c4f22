// The questions that decide over what is held while a halt stands: resume, dismiss, flatten. Each says what
// will happen before it is answered, is reached and left without a mouse, and is whole on a phone.
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { followerCode } from '../e2e/stage.ts'
import { findingsOf } from './axe.ts'
import { openChromium } from './chromium.ts'
import { createHeldBack } from './held-back.ts'
import { attentionOf, cardOf, type House, openHouse, untilBookIsRead } from './house.ts'

const chromium = openChromium()
const PHONE = { width: 390, height: 780 }

/** The exit of Papa was rejected, so it is owed; then came a halt, and another exit of the master waits. */
async function openHalted(): Promise<House> {
  const house = await openHouse(chromium, { env: { FOLLOWER_1_LABEL: 'Papa' } })
  const { stage } = house
  stage.trade('BUY', 100)
  await stage.until('copied', () => stage.positions().every((held) => held === '100'))
  const texts = Array.from({ length: 50 }, () => 'not today')
  stage.simulator.control.rejectNext({ clientCode: followerCode(1), texts })
  stage.trade('SELL', 40)
  await stage.until('the other has left', () => stage.positions()[1] === '60')
  await stage.until('the exit was rejected', () => stage.orders(1).length > 1)
  const { code, out } = await stage.tell('halt')
  expect(code, out).toBe(0)
  stage.trade('SELL', 60)
  await untilBookIsRead(stage)
  return house
}

const owedBy = (page: Page, name: string): Locator =>
  attentionOf(page)
    .getByRole('listitem')
    .filter({ hasText: `exit owed, ${name} ` })

const haltIn = (page: Page): Locator =>
  attentionOf(page).getByRole('listitem').filter({ hasText: 'HALTED' })

interface Question {
  readonly title: RegExp
  /** By the whole name that a listener hears. */
  readonly opener: (page: Page) => Locator
  /** What it says will happen. */
  readonly says: readonly (string | RegExp)[]
  readonly action: string
  /** What has to be typed first. */
  readonly typed?: string
}

const named = (place: Locator, name: RegExp): Locator => place.getByRole('button', { name })

const QUESTIONS: readonly Question[] = [
  {
    title: /^Resume everybody$/,
    opener: (page) => named(haltIn(page), /^Resume everybody …$/),
    says: [/SELL 60 SBIN-EQ/],
    action: 'Resume',
  },
  {
    title: /^Dismiss E\d+$/,
    opener: (page) => named(owedBy(page, 'Papa'), /^Dismiss E\d+ …$/),
    says: ['SBIN-EQ INTRADAY of Papa is left to you. Lockstep never touches it again.'],
    action: 'It is mine now',
  },
  {
    title: /^Flatten Papa$/,
    opener: (page) => named(owedBy(page, 'Papa'), /^Flatten Papa …$/),
    says: ['closed now', /SBIN-EQ/],
    action: 'Flatten',
    typed: 'FOLLOWER_1',
  },
  {
    title: /^Flatten FOLLOWER_2$/,
    opener: (page) => named(cardOf(page, 'FOLLOWER_2'), /^Flatten FOLLOWER_2 …$/),
    says: ['closed now', /SBIN-EQ/],
    action: 'Flatten',
    typed: 'FOLLOWER_2',
  },
  {
    title: /^Flatten everybody$/,
    opener: (page) => named(haltIn(page), /^Flatten everybody …$/),
    says: ['closed now', /SBIN-EQ/],
    action: 'Flatten',
    typed: 'everybody',
  },
]

/** By keyboard, until everything that it says stands there. */
async function openBy(page: Page, { opener, title, says }: Question): Promise<Locator> {
  await opener(page).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: title })
  for (const text of says) await dialog.getByText(text).first().waitFor()
  return dialog
}

const holdsFocus = (place: Locator): Promise<boolean> =>
  place.evaluate((element) => element.contains(element.ownerDocument.activeElement))

async function leave(page: Page, dialog: Locator): Promise<void> {
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
}

/** By how much something in it is wider than its place. */
const sidewaysIn = (dialog: Locator): Promise<number> =>
  dialog.evaluate((element) =>
    Math.max(
      ...[element, element.ownerDocument.documentElement].map(
        ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
      ),
    ),
  )

describe.each(['light', 'dark'] as const)('the questions of a halt on a phone, in %s', (scheme) => {
  it('have nothing that axe finds, take the focus and give it back', async () => {
    const { stage, person } = await openHalted()
    const { page } = await person({ colorScheme: scheme, viewport: PHONE, hasTouch: true })
    await owedBy(page, 'Papa').waitFor()
    expect(await findingsOf(page), 'what wants a hand').toEqual([])
    for (const question of QUESTIONS) {
      const { title, typed, action } = question
      const name = String(title)
      const dialog = await openBy(page, question)
      await expect.poll(() => holdsFocus(dialog), { timeout: 10_000, message: name }).toBe(true)
      expect(await findingsOf(page), name).toEqual([])
      expect(await sidewaysIn(dialog), name).toBe(0)
      const yes = dialog.getByRole('button', { name: action, exact: true })
      if (typed !== undefined) {
        expect(await yes.isDisabled(), name).toBe(true)
        await dialog.getByLabel(`Type ${typed} to go on`).fill(typed)
        await expect.poll(() => yes.isEnabled(), { timeout: 10_000, message: name }).toBe(true)
        expect(await findingsOf(page), `${name}, typed`).toEqual([])
      }
      await leave(page, dialog)
      await expect
        .poll(() => holdsFocus(question.opener(page)), { timeout: 10_000, message: name })
        .toBe(true)
    }
    await askInVain(page)

    // Nothing of all that was answered until now.
    const sent = stage.orders(1)
    expect(stage.positions()).toEqual(['100', '60'])
    await named(owedBy(page, 'Papa'), /^Dismiss/).click()
    await page.getByRole('dialog').getByRole('button', { name: 'It is mine now' }).click()
    await owedBy(page, 'Papa').waitFor({ state: 'detached' })
    expect(stage.orders(1)).toEqual(sent)
    expect(stage.positions()).toEqual(['100', '60'])
  })
})

/** A question whose answer is late, and then does not come at all. */
async function askInVain(page: Page): Promise<void> {
  const { hold } = await createHeldBack(page)
  for (const what of ['Resume everybody', 'Flatten everybody']) {
    const finish = hold(/\/api\/steer\/(resume|flatten)/)
    await named(haltIn(page), new RegExp(`^${what} …$`)).click()
    const dialog = page.getByRole('dialog', { name: what, exact: true })
    await dialog.getByRole('status').getByText('Asking what would happen …').waitFor()
    expect(await findingsOf(page), `${what}, asking`).toEqual([])
    const yes = dialog.getByRole('button', { name: what.split(' ')[0] ?? '', exact: true })
    expect(await yes.isDisabled(), `${what}, asking`).toBe(true)
    // To flatten is never held up by a telling of what it would do.
    const typed = dialog.getByLabel('Type everybody to go on')
    if (what.startsWith('Flatten')) {
      await typed.fill('everybody')
      await expect.poll(() => yes.isEnabled(), { timeout: 10_000, message: what }).toBe(true)
    }
    finish('abort')
    await dialog
      .getByRole('status')
      .getByText(/What would happen can’t be told: Lockstep can’t be reached/)
      .waitFor()
    expect(await findingsOf(page), `${what}, in vain`).toEqual([])
    expect(await yes.isEnabled(), `${what}, in vain`).toBe(true)
    await leave(page, dialog)
  }
}
