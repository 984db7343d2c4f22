// A real Chromium for the tests of the page, and an eye on what it does: nothing the page's own rules forbid,
// no fault of a script, no request to another host. Each visitor is a browser of its own, with nothing in it.
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, vi } from 'vitest'
import {
  CHROMIUM,
  CHROMIUM_ARGUMENTS,
  isChromiumThere,
  WITHOUT_CHROMIUM,
} from '../../scripts/chromium.ts'

/** A slow machine with other work: nothing here waits that long on a good day. */
const PATIENCE_MS = 60_000

export interface Visitor {
  readonly page: Page
  /** What was wrong with the page until now, whatever a test was looking at. */
  readonly wrongs: () => readonly string[]
}

export interface Chromium {
  visitor(options?: BrowserContextOptions): Promise<Visitor>
}

/** Called at the top of a test file: one Chromium for all of it. Every visitor must have nothing wrong. */
export function openChromium(): Chromium {
  vi.setConfig({ testTimeout: 6 * PATIENCE_MS })
  let browser: Browser | null = null
  beforeAll(async () => {
    if (isChromiumThere)
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: [...CHROMIUM_ARGUMENTS],
        env: { ...process.env, NODE_OPTIONS: '' },
      })
  }, 60_000)
  beforeEach(({ skip }) => skip(!isChromiumThere, WITHOUT_CHROMIUM))
  afterAll(() => browser?.close())
  return {
    async visitor(options = {}) {
      if (browser === null) throw new Error(WITHOUT_CHROMIUM)
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      const wrongs = await watch(page)
      onTestFinished(async () => {
        const found = wrongs()
        await context.close()
        expect(found).toEqual([])
      })
      return { page, wrongs }
    },
  }
}

async function watch(page: Page): Promise<() => readonly string[]> {
  const wrongs: string[] = []
  await page.exposeFunction('tellViolation', (text: string) => wrongs.push(`forbidden: ${text}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { tellViolation } = globalThis as unknown as { tellViolation: (text: string) => void }
      tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  page.on('pageerror', (error) => wrongs.push(`fault: ${error.message}`))
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== 'data:' && hostname !== '127.0.0.1') wrongs.push(`left: ${request.url()}`)
  })
  return () => wrongs
}
