// The life of an account at the page: added, disabled, limited, removed. What is changed stands in the files
// that a trader edits too.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { PASSPHRASE, putIntoVault } from '../e2e/people.ts'
import { findingsOf } from './axe.ts'
import { openChromium } from './chromium.ts'
import { doorOf, openHouse, seen, setPassword, viewOf } from './house.ts'
import { writeLongDay } from './long-day.ts'

const chromium = openChromium()

const rowOf = (page: Page, name: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })

/** A login may wait for the next window of codes, half a minute, before it begins. */
const LOGIN = { timeout: 150_000 }

const NEW = {
  'Label, for people': 'Dadi',
  'Client code': 'D999',
  'API key': 'secretkey9',
  'PIN (the four digits, not the web password)': '4321',
  'TOTP secret': 'JBSW Y3DP EHPK 3PXP JBSW Y3DP',
}

describe('the accounts', () => {
  it('are added, disabled, limited and removed', async () => {
    const { stage, program } = await openHouse(chromium, {
      prepare: (folder) => writeLongDay(join(folder, 'data', 'lockstep.db'), 3, 2),
    })
    const file = (name: string): string => readFileSync(join(stage.folder, name), 'utf8')
    stage.trade('BUY', 100)
    await stage.until('copied', () => stage.positions().every((held) => held === '100'))
    stage.trade('SELL', 100)
    await stage.until('flat', () => stage.positions().every((held) => held === '0'))
    await program.stop()
    const { url, code } = await doorOf(stage, stage.beside('serve'))
    const { page } = await chromium.visitor()
    await page.goto(url)
    await setPassword(page, code)
    await viewOf(page, 'Accounts').click()
    await rowOf(page, 'FOLLOWER_2').waitFor()

    await page.getByRole('button', { name: 'Add an account' }).click()
    const adding = page.getByRole('dialog', { name: 'Add FOLLOWER_3' })
    for (const [label, value] of Object.entries(NEW)) await adding.getByLabel(label).fill(value)
    await adding.getByRole('button', { name: 'Add', exact: true }).click()
    await rowOf(page, 'Dadi FOLLOWER_3').waitFor()
    expect(await page.content()).not.toMatch(/secretkey9|JBSWY3DP/)

    await page.getByRole('button', { name: 'Disable FOLLOWER_2' }).click()
    await rowOf(page, 'FOLLOWER_2').getByText('disabled').waitFor()
    expect(file('lockstep.yaml')).toMatch(/FOLLOWER_2[\s\S]*enabled: false/)

    await page.getByRole('button', { name: 'Limits and sizing of FOLLOWER_1' }).click()
    const editing = page.getByRole('dialog', { name: 'Limits and sizing of FOLLOWER_1' })
    await editing.getByText('Nothing is changed yet.').waitFor()
    await editing.getByLabel('A multiple of the master’s', { exact: true }).check()
    await editing.getByLabel(/: by, such as/).fill('0.5')
    await editing.getByLabel('Loss a day').fill('5000')
    await editing.getByRole('button', { name: 'Show the difference' }).click()
    await editing.getByText(/3 entries would have been different, [\d,]+ → [\d,]+ in all/).waitFor()
    expect(file('lockstep.yaml')).not.toContain('multiplier')
    await editing.getByRole('button', { name: 'Save' }).click()
    await rowOf(page, 'FOLLOWER_1').getByText('× 0.5').waitFor()
    await rowOf(page, 'FOLLOWER_1').getByText('loss ≤ ₹5,000 a day').waitFor()
    expect(file('lockstep.yaml')).toMatch(/multiplier/)

    await page.getByRole('button', { name: 'Remove Dadi' }).click()
    const removing = page.getByRole('dialog', { name: 'Remove Dadi' })
    expect(await removing.getByRole('button', { name: 'Remove' }).isDisabled()).toBe(true)
    await removing.getByRole('textbox').fill('FOLLOWER_3')
    await removing.getByRole('button', { name: 'Remove' }).click()
    await rowOf(page, 'Dadi FOLLOWER_3').waitFor({ state: 'detached' })
  })

  it('ask for the passphrase of the vault, once for each thing that needs it', async () => {
    const { stage, person } = await openHouse(chromium, {
      prepare(folder) {
        putIntoVault(folder, 'FOLLOWER_2')
        writeLongDay(join(folder, 'data', 'lockstep.db'), 1, 2)
      },
      command: ['serve'],
    })
    const vault = (): string => readFileSync(join(stage.folder, 'lockstep.vault'), 'utf8')
    const { page } = await person()
    await viewOf(page, 'Accounts').click()
    await rowOf(page, 'FOLLOWER_2').getByText('in the vault').waitFor()
    expect(await seen(rowOf(page, 'FOLLOWER_2'))).toContain('never')

    // Whose keys are in .env is logged in to without a question.
    await page.getByRole('button', { name: 'Balance of FOLLOWER_1' }).click()
    await page.getByText(/FOLLOWER_1: funds ₹[\d,.]+, used ₹/).waitFor(LOGIN)
    await page.getByRole('button', { name: 'Verify of FOLLOWER_2' }).click()
    const verifying = page.getByRole('dialog', { name: 'Verify of FOLLOWER_2' })
    const passphrase = verifying.getByLabel('Passphrase of the vault')
    expect(await passphrase.getAttribute('type')).toBe('password')
    expect(await findingsOf(page)).toEqual([])
    await passphrase.fill('not the passphrase')
    await verifying.getByRole('button', { name: 'Log in once' }).click()
    await verifying
      .getByRole('alert')
      .filter({ hasText: 'lockstep.vault: this passphrase does not open it' })
      .waitFor()
    await passphrase.fill(PASSPHRASE)
    await verifying.getByRole('button', { name: 'Log in once' }).click()
    await verifying.waitFor({ ...LOGIN, state: 'detached' })
    await rowOf(page, 'FOLLOWER_2').getByText('1 Dec 2026, 10:0').waitFor()

    await page.getByRole('button', { name: 'Add an account' }).click()
    const adding = page.getByRole('dialog', { name: 'Add FOLLOWER_3' })
    for (const [label, value] of Object.entries(NEW)) await adding.getByLabel(label).fill(value)
    expect(await adding.getByLabel('Passphrase of the vault').inputValue()).toBe('')
    await adding.getByLabel('Passphrase of the vault').fill(PASSPHRASE)
    await adding.getByRole('button', { name: 'Add', exact: true }).click()
    await rowOf(page, 'Dadi FOLLOWER_3').getByText('in the vault').waitFor()
    expect(vault()).toContain('FOLLOWER_3')

    await page.getByRole('button', { name: 'Remove FOLLOWER_2' }).click()
    const removing = page.getByRole('dialog', { name: 'Remove FOLLOWER_2' })
    const remove = removing.getByRole('button', { name: 'Remove' })
    await removing.getByLabel('Type FOLLOWER_2 to go on').fill('FOLLOWER_2')
    expect(await remove.isDisabled()).toBe(true)
    await removing.getByLabel('Passphrase of the vault').fill(PASSPHRASE)
    await remove.click()
    await removing.waitFor({ state: 'detached' })
    expect(vault()).not.toContain('FOLLOWER_2')
    expect(await page.content()).not.toContain(PASSPHRASE)
  })

  it('say what is wrong with what was typed, and keep nothing of it', async () => {
    const { person } = await openHouse(chromium)
    const { page } = await person()
    await viewOf(page, 'Accounts').click()
    await page.getByRole('button', { name: 'Limits and sizing of FOLLOWER_1' }).click()
    const editing = page.getByRole('dialog')
    const loss = editing.getByLabel('Loss a day')
    await loss.fill('a lot')
    await editing.getByLabel('A multiple of the master’s', { exact: true }).check()
    await editing.getByLabel(/: by, such as/).fill('-1')
    await editing.getByRole('button', { name: 'Show the difference' }).click()
    await editing.getByRole('alert').filter({ hasText: '2 values are not allowed' }).waitFor()
    const marks = () =>
      editing.evaluate((dialog) =>
        [...dialog.querySelectorAll('[aria-invalid]')].map(
          (field) =>
            document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent,
        ),
      )
    await expect
      .poll(marks)
      .toEqual([
        'sizing.by is "-1"; allowed: a number above 0, at most 100',
        expect.stringMatching(/^limits.maxDailyLoss is "a lot"; allowed: an amount above 0, /),
      ])
    await expect
      .poll(() =>
        editing.evaluate((dialog) =>
          dialog.ownerDocument.activeElement?.getAttribute('aria-describedby'),
        ),
      )
      .toBe('fault-sizing')
    await loss.fill('5000')
    await expect.poll(marks).toHaveLength(1)
    await editing.getByRole('button', { name: 'Cancel' }).click()
    await editing.waitFor({ state: 'detached' })
    expect(await seen(rowOf(page, 'FOLLOWER_1'))).not.toContain('loss')
  })
})
