// A day at the page, in a real browser: coming in, watching, answering, steering. The program is the real one,
// the broker a simulated one, and what happened is read in its books.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { openChromium } from './chromium.ts'
import {
  addressOf,
  attentionOf,
  cardOf,
  openHouse,
  PASSWORD,
  rowsOf,
  seen,
  signIn,
  untilBookIsRead,
  viewOf,
} from './house.ts'

const chromium = openChromium()

/** One that nobody else asks for: the usual one goes to whichever copier comes first. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('coming in', () => {
  it('takes the code of the terminal once, and the password from then on', async () => {
    const { url, code, person } = await openHouse(chromium)
    const first = await person()
    await first.page.getByText('LIVE', { exact: true }).waitFor()

    await first.page.getByText('Menu').click()
    await first.page.getByRole('button', { name: 'Sign out' }).click()
    await first.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await first.page.getByLabel('Password', { exact: true }).fill('not the password')
    await first.page.getByRole('button', { name: 'Sign in' }).click()
    await first.page.getByRole('alert').filter({ hasText: /./ }).waitFor()
    await first.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await first.page.getByRole('button', { name: /^Sign in$/ }).click()
    await viewOf(first.page, 'Overview').waitFor()

    const stranger = await chromium.visitor()
    await stranger.page.goto(url)
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await stranger.page.getByLabel('Code from the terminal').count()).toBe(0)
    expect(await stranger.page.content()).not.toContain(code)
  })
})

describe('watching', () => {
  it('shows a signal and every copy as they happen, and why', async () => {
    const { stage, person } = await openHouse(chromium, {
      followers: 3,
      yaml: 'followers: { FOLLOWER_2: { sizing: { mode: multiplier, by: 0.5 } }, FOLLOWER_3: { rules: { symbols: { block: [SBIN] } } } }',
      env: { FOLLOWER_1_LABEL: 'Papa' },
    })
    const { page } = await person()
    await attentionOf(page).getByText('Nothing. Everything runs by itself.').waitFor()
    await viewOf(page, 'Orders').click()
    await page.getByText('No signal today is like that.').waitFor()

    stage.trade('BUY', 100)
    await rowsOf(page)
      .filter({ hasText: 'BUY 100 SBIN-EQ' })
      .getByText('2 filled, 1 skipped')
      .waitFor()
    expect(stage.positions()).toEqual(['100', '50', '0'])
    const row = (name: string) => rowsOf(page).filter({ hasText: name })
    expect(await seen(row('Papa'))).toMatch(/COPY 100\s+filled\s+100 @/)
    expect(await seen(row('FOLLOWER_2'))).toMatch(/COPY 50\s+filled\s+50 @/)
    expect(await seen(row('FOLLOWER_3'))).toMatch(/SKIP\s+skipped[\s\S]*symbolBlocked/)

    await page.getByRole('link', { name: /^Why: #1 / }).click()
    const story = page.getByRole('region', { name: 'Why, signal 1' })
    await story
      .getByText(/accepted as order/)
      .first()
      .waitFor()
    await story
      .getByText(/symbolBlocked/)
      .first()
      .waitFor()
    expect(await seen(story.getByRole('table').first())).toMatch(/seen[\s\S]*answered[\s\S]*filled/)

    await viewOf(page, 'Overview').click()
    await cardOf(page, 'Papa').getByRole('list', { name: 'Held' }).getByText('100').waitFor()
    await viewOf(page, 'Charts').click()
    await page.getByRole('figure').filter({ hasText: 'Profit' }).first().locator('canvas').waitFor()
  })

  it('filters, and keeps the filter in the address', async () => {
    const { stage, person } = await openHouse(chromium)
    const { page } = await person()
    stage.trade('BUY', 100)
    stage.trade('BUY', 10, { exchange: 'NSE', symbol: 'RELIANCE-EQ' })
    await viewOf(page, 'Orders').click()
    await rowsOf(page).filter({ hasText: 'RELIANCE-EQ' }).waitFor()
    await page.getByLabel('Symbol').fill('reli')
    await rowsOf(page).filter({ hasText: 'SBIN-EQ' }).waitFor({ state: 'detached' })
    await rowsOf(page).filter({ hasText: 'RELIANCE-EQ' }).waitFor()
    await page.reload()
    await rowsOf(page).filter({ hasText: 'RELIANCE-EQ' }).waitFor()
    expect(await rowsOf(page).filter({ hasText: 'SBIN-EQ' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Clear the filters' }).click()
    await rowsOf(page).filter({ hasText: 'SBIN-EQ' }).waitFor()
  })

  it('says when its data is old, and mends itself when the program is back', async () => {
    const command = ['run', '--live', '--yes', '--web-port', String(await findFreePort())]
    const { stage, program, url, person } = await openHouse(chromium, { command })
    const { page } = await person()
    program.kill('SIGKILL')
    await program.ended
    await page.getByText('The connection to Lockstep is lost; trying again by itself.').waitFor()
    const again = await stage.startCopying(...command)
    expect(await addressOf(stage, again)).toBe(url)
    // A visit ends with the program: the password opens the next one.
    await signIn(page)
    await attentionOf(page).waitFor()
    await page.getByText('The connection to Lockstep is lost').waitFor({ state: 'detached' })
  })
})

describe('answering', () => {
  it('sends what is approved, once, and nothing of what is rejected', async () => {
    const { stage, person } = await openHouse(chromium, { yaml: 'confirm: entries' })
    const { page } = await person()
    stage.trade('BUY', 100)
    const first = attentionOf(page)
      .getByRole('listitem')
      .filter({ hasText: 'Copy #1 BUY 100 SBIN-EQ' })
    await first.waitFor()
    await first.getByText(/Master [\d.,]+ · now ([\d.,]+|unknown)/).waitFor()
    expect(await seen(first)).toMatch(/\d+ s left/)
    expect(stage.orders(1)).toEqual([])
    await first.getByRole('button', { name: /^Approve #1/ }).click()
    await stage.until('both have it', () => stage.positions().every((held) => held === '100'))
    await first.waitFor({ state: 'detached' })

    stage.trade('BUY', 50)
    const second = attentionOf(page).getByRole('listitem').filter({ hasText: 'Copy #2 BUY 50' })
    await second.getByRole('button', { name: /^Reject #2/ }).click()
    await second.waitFor({ state: 'detached' })
    await viewOf(page, 'Orders').click()
    await rowsOf(page).filter({ hasText: 'BUY 50 SBIN-EQ' }).getByText('2 skipped').waitFor()
    expect(stage.orders(1)).toEqual(['BUY 100'])
    expect(stage.orders(2)).toEqual(['BUY 100'])
    expect(stage.wrongs()).toEqual([])
  })

  it('lets one follower in alone', async () => {
    const { stage, person } = await openHouse(chromium, { yaml: 'confirm: entries' })
    const { page } = await person()
    stage.trade('BUY', 100)
    await attentionOf(page).getByRole('button', { name: 'Only FOLLOWER_2' }).click()
    await stage.until('the second has it', () => stage.positions()[1] === '100')
    expect(stage.orders(1)).toEqual([])
  })
})

describe('steering', () => {
  it('halts by keyboard, shows what a resume would do, and does it', async () => {
    const { stage, person } = await openHouse(chromium)
    const { page } = await person()
    stage.trade('BUY', 100)
    await stage.until('copied', () => stage.positions().every((held) => held === '100'))
    await page.getByRole('button', { name: /^HALT/ }).first().waitFor()
    await page.keyboard.press('Control+Alt+KeyH')
    await page.getByRole('dialog', { name: 'HALT' }).waitFor()
    await page.keyboard.press('Enter')
    await attentionOf(page).getByText('HALTED: nothing is sent, exits included').waitFor()
    await page.getByText('HALTED', { exact: true }).waitFor()

    stage.trade('SELL', 100)
    await untilBookIsRead(stage)
    expect(stage.orders(1)).toEqual(['BUY 100'])
    await page.getByRole('banner').getByRole('button', { name: 'Resume' }).click()
    const resume = page.getByRole('dialog', { name: 'Resume everybody' })
    // It is fetched once the question stands there.
    await resume
      .getByRole('region', { name: 'What will happen' })
      .getByText(/SELL 100 SBIN-EQ/)
      .waitFor()
    await resume.getByRole('button', { name: 'Resume' }).click()
    await stage.until('flat with the master', () => stage.positions().every((held) => held === '0'))
    expect(stage.wrongs()).toEqual([])
  })

  it('flattens one follower only after its name was typed', async () => {
    const { stage, person } = await openHouse(chromium, { env: { FOLLOWER_2_LABEL: 'Meera' } })
    const { page } = await person()
    stage.trade('BUY', 100)
    await stage.until('copied', () => stage.positions().every((held) => held === '100'))
    const card = cardOf(page, 'Meera')
    await card.getByRole('button', { name: 'Flatten Meera' }).click()
    const dialog = page.getByRole('dialog', { name: 'Flatten Meera' })
    const action = dialog.getByRole('button', { name: 'Flatten' })
    await dialog.getByText(/SBIN-EQ/).waitFor()
    expect(await action.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('FOLLOWER_1')
    expect(await action.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('FOLLOWER_2')
    await action.click()
    await stage.until('the second is flat', () => stage.positions()[1] === '0')
    expect(stage.positions()).toEqual(['100', '0'])
    await card.getByText('paused').waitFor()
  })

  it('pauses and resumes one follower', async () => {
    const { stage, person } = await openHouse(chromium)
    const { page } = await person()
    const card = cardOf(page, 'FOLLOWER_1')
    await card.getByRole('button', { name: 'Pause FOLLOWER_1' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
    await card.getByText('paused').waitFor()
    stage.trade('BUY', 100)
    await stage.until('the other has it', () => stage.positions()[1] === '100')
    expect(stage.orders(1)).toEqual([])
    await card.getByRole('button', { name: 'Resume FOLLOWER_1' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await card.getByText('on', { exact: true }).waitFor()
  })
})
