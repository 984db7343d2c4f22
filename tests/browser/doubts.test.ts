// An order of which nobody heard, and the person who looks it up in the broker's own app and says at the page
// what became of it. What the broker's book shows comes before the word, and that is said in the question.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { followerCode, type Stage } from '../e2e/stage.ts'
import { findingsOf } from './axe.ts'
import { openChromium } from './chromium.ts'
import { addressOf, attentionOf, openHouse, seen, signIn } from './house.ts'

const chromium = openChromium()

/** The first order of the first follower gets lost on its way: nothing proves what became of it. */
async function loseAnOrder(stage: Stage): Promise<void> {
  stage.simulator.control.addFault({
    fault: fault.reset('before'),
    clientCode: followerCode(1),
    route: 'place',
    times: 1,
  })
  stage.trade('BUY', 100)
  await stage.until('the other has it', () => stage.positions()[1] === '100')
}

const doubtIn = (page: Page) =>
  attentionOf(page).getByRole('listitem').filter({ hasText: 'U1 UNKNOWN: FOLLOWER_1 BUY 100' })

async function openQuestion(page: Page) {
  await doubtIn(page).getByRole('button', { name: 'Say what became of it (U1)' }).click()
  return page.getByRole('dialog', { name: 'What became of U1?' })
}

describe('an unknown order', () => {
  it('is taken for the one that the person names, if the book shows that one', async () => {
    const { stage, person } = await openHouse(chromium)
    const { page } = await person()
    await loseAnOrder(stage)
    const question = await openQuestion(page)
    expect(await seen(question)).toMatch(/FOLLOWER_1, BUY 100 SBIN-EQ INTRADAY, sent .*, tag LS/)
    expect(await findingsOf(page)).toEqual([])
    const action = question.getByRole('button', { name: 'So it is' })
    expect(await action.isDisabled()).toBe(true)
    await question.getByLabel('The number of the order there').fill('99')
    await action.click()
    await question.getByRole('alert').filter({ hasText: 'the book shows no order 99' }).waitFor()

    const byHand = stage.trade('BUY', 100, { clientCode: followerCode(1) })
    await question.getByLabel('The number of the order there').fill(byHand.orderId)
    await action.click()
    await question.waitFor({ state: 'detached' })
    await page.getByText(`taken as order ${byHand.orderId}: 100 filled`).waitFor()
    await doubtIn(page).waitFor({ state: 'detached' })
    stage.trade('SELL', 100)
    await stage.until('flat with the master', () => stage.positions().every((held) => held === '0'))
    expect(stage.wrongs()).toEqual([])
  })

  it('is taken as never placed where the person says so, and not before it can be known', async () => {
    const command = ['run', '--live', '--yes', '--web-port', '0']
    const { stage, program, person } = await openHouse(chromium, { command })
    const first = await person()
    await loseAnOrder(stage)
    const early = await openQuestion(first.page)
    await early.getByLabel('nowhere there').check()
    expect(await early.getByLabel('The number of the order there').count()).toBe(0)
    await early.getByRole('button', { name: 'So it is' }).click()
    await early.getByRole('alert').filter({ hasText: 'it may still turn up' }).waitFor()
    await early.getByRole('button', { name: 'Cancel' }).click()
    await early.waitFor({ state: 'detached' })
    await program.stop()

    // Half a minute later by the clock of that machine.
    const url = await addressOf(stage, await stage.startCopying(...command))
    const { page } = await chromium.visitor()
    await page.goto(url)
    await signIn(page)
    const late = await openQuestion(page)
    await late.getByLabel('nowhere there').check()
    await late.getByRole('button', { name: 'So it is' }).click()
    await late.waitFor({ state: 'detached' })
    await page.getByText('taken as never placed; it is not sent again').waitFor()
    await doubtIn(page).waitFor({ state: 'detached' })
    expect(stage.orders(1)).toEqual([])
    expect(stage.wrongs()).toEqual([])
  })
})
