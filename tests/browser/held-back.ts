// Answers that are late, or never come: a request of the page to some address waits at the edge of the browser
// until it is let go or refused. One handler for all the life of the page, so that none is left behind in flight.
import type { Page } from 'playwright-core'

type End = 'continue' | 'abort'

export interface HeldBack {
  /** From now on what goes to that address waits, until the end that is told by what this returns. */
  hold(address: RegExp): (end: End) => void
}

export async function createHeldBack(page: Page): Promise<HeldBack> {
  let held: { readonly address: RegExp; readonly ended: Promise<End> } | null = null
  await page.route(/./, async (route) => {
    const isHeld = held?.address.test(route.request().url()) === true
    const end = isHeld ? ((await held?.ended) ?? 'continue') : 'continue'
    await (end === 'abort' ? route.abort() : route.continue())
  })
  return {
    hold(address) {
      const { promise, resolve } = Promise.withResolvers<End>()
      held = { address, ended: promise }
      return (end) => {
        held = null
        resolve(end)
      }
    },
  }
}
