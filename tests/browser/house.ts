// The real program with its page, and a person at it: who comes in by the code of the terminal, and looks at
// what the page says. What truly happened is asked of the simulated broker's own books.
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Program } from '../e2e/lockstep-process.ts'
import { writeAccounts } from '../e2e/people.ts'
import { createStage, MASTER_CODE, type Stage, type StageSettings } from '../e2e/stage.ts'
import type { Chromium, Visitor } from './chromium.ts'

export const PASSWORD = 'a long password'

export interface House {
  readonly stage: Stage
  readonly program: Program
  readonly url: string
  readonly code: string
  /** Somebody who has come in, in a browser of their own. */
  person(options?: BrowserContextOptions): Promise<Visitor>
}

export interface HouseSettings extends StageSettings {
  readonly command?: readonly string[]
  /** What lies in its folder before it starts. */
  readonly prepare?: (folder: string) => void
}

/** A copier that runs live against the simulated broker, unless told otherwise. */
export async function openHouse(chromium: Chromium, settings: HouseSettings = {}): Promise<House> {
  const { command = ['run', '--live', '--yes'], prepare, ...rest } = settings
  const stage = await createStage({ ...rest, withAccounts: false, web: true })
  writeAccounts(stage, rest.followers ?? 2, rest.env ?? {})
  prepare?.(stage.folder)
  const isCopier = command[0] === 'run'
  const program = isCopier ? await stage.startCopying(...command) : stage.start(...command)
  const { url, code } = await doorOf(stage, program)
  let hasPassword = false
  return {
    stage,
    program,
    url,
    code,
    async person(options = {}) {
      const visitor = await chromium.visitor(options)
      await visitor.page.goto(url)
      if (hasPassword) await signIn(visitor.page)
      else await setPassword(visitor.page, code)
      hasPassword = true
      return visitor
    },
  }
}

/**
 * Where the page is and what opens it for the first time, as the terminal says it. The page
 * gives way to everything else on the machine, so it may take its time where much else runs.
 */
export async function doorOf(
  stage: Stage,
  program: Program,
): Promise<{ readonly url: string; readonly code: string }> {
  const url = await addressOf(stage, program)
  const code = await told(stage, program, /of your choice: (\S+)\n/)
  return { url, code }
}

/** Where a page is whose password is set already. */
export const addressOf = (stage: Stage, program: Program): Promise<string> =>
  told(stage, program, /The page: (http:\S+)\n/)

/** To the end of the line: what is written may arrive in pieces. */
async function told(stage: Stage, program: Program, line: RegExp): Promise<string> {
  await stage.until(`it tells ${line}`, () => line.test(program.out()), 120_000)
  return line.exec(program.out())?.[1] ?? ''
}

export async function setPassword(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code from the terminal').fill(code)
  await page.getByLabel(/^New password/).fill(PASSWORD)
  await page.getByLabel('The same again').fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password and go in' }).click()
  await isIn(page)
}

export async function signIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await isIn(page)
}

const isIn = (page: Page): Promise<void> =>
  page.getByRole('navigation', { name: 'Views' }).waitFor()

export const viewOf = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name })

/** What wants a hand. */
export const attentionOf = (page: Page): Locator =>
  page.getByRole('region', { name: 'Wants your hand' })

export const cardOf = (page: Page, name: string): Locator =>
  page.getByRole('article', { name, exact: true })

/** The rows of the list of orders, as far as they are drawn. */
export const rowsOf = (page: Page): Locator => page.getByRole('table').getByRole('row')

/** The master's book was asked for, and asked for again: whatever stood in it before this is seen. */
export async function untilBookIsRead({ simulator, until }: Stage): Promise<void> {
  const readings = (): number =>
    simulator.control
      .requests()
      .filter(({ clientCode, route }) => clientCode === MASTER_CODE && route === 'book').length
  const before = readings()
  await until('the book is read again', () => readings() > before + 1)
}

/** As it stands on the screen, with the gaps between its parts. */
export const seen = async (element: Locator): Promise<string> =>
  (await element.allInnerTexts()).join('\n')
