// What a hostile text, a hostile page and a stolen cookie come to in a real browser: nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { followerCode } from '../e2e/stage.ts'
import { openChromium } from './chromium.ts'
import { attentionOf, cardOf, openHouse, viewOf } from './house.ts'

const chromium = openChromium()

interface Attempt {
  readonly method?: string
  readonly mode?: 'no-cors'
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** As long as a label may be. */
const SCRIPT = '<img src=x onerror=globalThis.wasRun=1>'

/** A page of somebody else on another port of this machine: the same site, for a cookie, and another origin. */
async function serveHostilePage(): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>hostile</title>')
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a script in a text', () => {
  it('is shown as text wherever it comes up', async () => {
    const { stage, person } = await openHouse(chromium, { env: { FOLLOWER_1_LABEL: SCRIPT } })
    const { page } = await person()
    await cardOf(page, SCRIPT).waitFor()
    stage.simulator.control.rejectNext({ clientCode: followerCode(1), texts: [SCRIPT] })
    stage.trade('BUY', 100)
    for (const view of ['Orders', 'Accounts', 'Charts', 'Overview']) {
      await viewOf(page, view).click()
      await page.getByText('onerror').filter({ visible: true }).first().waitFor()
    }
    expect(await page.evaluate(() => 'wasRun' in globalThis)).toBe(false)
  })
})

describe('a page of somebody else', () => {
  it('can neither read nor steer, though the browser is signed in', async () => {
    const { url, person } = await openHouse(chromium)
    const { page } = await person()
    const hostile = await page.context().newPage()
    await hostile.goto(await serveHostilePage())
    const attempt = (path: string, options: Attempt) =>
      hostile.evaluate(
        ([target, init]) =>
          fetch(target, { credentials: 'include', ...init }).then(
            async (response) => `${response.type} ${response.status} ${await response.text()}`,
            () => 'refused',
          ),
        [`${url}${path}`, options] as const,
      )
    const body = JSON.stringify({ mode: 'live' })
    expect(await attempt('/api/overview', {})).toBe('refused')
    expect(await attempt('/api/overview', { mode: 'no-cors' })).toMatch(/^opaque 0 $|^refused$/)
    expect(
      await attempt('/api/steer/halt', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    ).toBe('refused')
    await attempt('/api/steer/halt', { method: 'POST', mode: 'no-cors', body })
    const answered = hostile.waitForResponse((response) => response.url().startsWith(url))
    await hostile.evaluate((target) => {
      const form = document.createElement('form')
      form.method = 'post'
      form.action = target
      form.enctype = 'text/plain'
      document.body.append(form)
      form.submit()
    }, `${url}/api/steer/halt`)
    expect((await answered).status()).toBe(403)

    // Control: what they tried does halt when the page itself does it.
    await page.reload()
    await attentionOf(page).getByText('Nothing. Everything runs by itself.').waitFor()
    await page.getByRole('button', { name: 'HALT' }).click()
    await page.getByRole('button', { name: 'Halt everything' }).click()
    await attentionOf(page).getByText('HALTED: nothing is sent').waitFor()
  })

  it('can not put the page into a frame', async () => {
    const { url } = await openHouse(chromium)
    const visitor = await chromium.visitor()
    await visitor.page.goto(await serveHostilePage())
    const inside = await visitor.page.evaluate(async (target) => {
      const frame = document.createElement('iframe')
      frame.src = target
      document.body.append(frame)
      await new Promise((resolve) => frame.addEventListener('load', resolve))
      return frame.contentDocument === null ? 'out of reach' : 'readable'
    }, url)
    expect(inside).toBe('out of reach')
    const framed = visitor.page.frames().find((frame) => frame !== visitor.page.mainFrame())
    expect(await framed?.content()).not.toContain('Lockstep')
  })
})

describe('a stolen cookie', () => {
  it('opens nothing once its owner has signed out', async () => {
    const { url, person } = await openHouse(chromium)
    const { page } = await person()
    const stolen = await page.context().storageState()
    const thief = await chromium.visitor({ storageState: stolen })
    await thief.page.goto(url)
    // Control: until then it does.
    await attentionOf(thief.page).waitFor()
    await page.getByText('Menu').click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await thief.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await thief.page.reload()
    await thief.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await thief.page.evaluate(() => document.cookie)).toBe('')
  })
})
