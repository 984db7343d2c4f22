// `npm run pictures`: the pictures of the page in docs/pictures, taken from the demo in a real Chromium while it
// tells its story. Nothing in them is staged but the size of the window.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { CHROMIUM, CHROMIUM_ARGUMENTS } from './chromium.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const PASSWORD = 'only for the pictures'

interface Picture {
  readonly name: string
  readonly view: string
  readonly options: BrowserContextOptions
  /** What must be seen before it is taken. */
  readonly ready: (page: Page) => Promise<unknown>
}

const desk = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
const dark: BrowserContextOptions = { colorScheme: 'dark' }
const filled = (signal: number) => (page: Page) =>
  page
    .getByRole('row')
    .filter({ hasText: `#${signal}` })
    .getByText(/filled/)
    .first()
    .waitFor()

/** In the order of the demo's story. */
const PICTURES: readonly Picture[] = [
  { name: 'overview', view: 'overview', options: desk, ready: filled(2) },
  { name: 'overview-phone', view: 'overview', options: phone, ready: filled(2) },
  { name: 'orders-dark', view: 'orders/2', options: { ...desk, ...dark }, ready: filled(3) },
  {
    name: 'charts',
    view: 'charts',
    options: desk,
    ready: (page) => page.getByRole('figure').locator('canvas').first().waitFor(),
  },
]

const demo = spawn(process.execPath, [at('../bin/lockstep'), 'demo', '--keep'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let told = ''
demo.stdout.setEncoding('utf8').on('data', (text: string) => {
  told += text
})
const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS] })
try {
  const { url, code } = await findDoor()
  const first = await browser.newPage()
  await first.goto(url)
  await first.getByLabel('Code from the terminal').fill(code)
  await first.getByLabel(/^New password/).fill(PASSWORD)
  await first.getByLabel('The same again').fill(PASSWORD)
  await first.keyboard.press('Enter')
  await first.getByRole('navigation', { name: 'Views' }).waitFor()
  const storageState = await first.context().storageState()
  mkdirSync(at('../docs/pictures'), { recursive: true })
  for (const { name, view, options, ready } of PICTURES) {
    const page = await browser.newPage({ ...options, storageState, reducedMotion: 'reduce' })
    await page.goto(`${url}/#/${view}`)
    await ready(page)
    const path = at(`../docs/pictures/${name}.png`)
    await page.screenshot({ path, animations: 'disabled' })
    console.log(path)
    await page.context().close()
  }
} finally {
  await browser.close()
  demo.kill()
}

async function findDoor(): Promise<{ url: string; code: string }> {
  for (;;) {
    const found = /The page: (http:\S+)[\s\S]*?of your choice: (\S+)/.exec(told)
    if (found !== null) return { url: found[1] ?? '', code: found[2] ?? '' }
    if (demo.exitCode !== null) throw new Error(`the demo has ended:\n${told}`)
    await pause(50)
  }
}
