// The page beside a copier: a process of its own, so that no browser, however slow, can ever slow an order.
// Here is what `run`, `demo` and `serve` have in common: where it is served, and how that is told.
import type { Command } from 'commander'
import { readWhole } from '../config/values.ts'
import type { Report } from '../report/report.ts'
import { Refusal } from './program.ts'

export const PAGE_HOST = '127.0.0.1'
export const PAGE_PORT = 7766

export interface PageOptions {
  /** commander's name for --no-web. */
  readonly web?: boolean
  readonly webPort?: string
  readonly webHost?: string
}

export interface PagePlace {
  readonly host: string
  readonly port: number
}

/** What a page's process tells whoever started it. */
export type PageNews =
  | {
      readonly kind: 'open'
      readonly url: string
      /** What sets the first password; null where one is set. It is for the terminal alone. */
      readonly setupCode: string | null
    }
  | { readonly kind: 'failed'; readonly why: string }

export interface PageChoice extends PagePlace {
  readonly configFile: string | null
  readonly isDemo: boolean
  /** By how much the copier's clock is ahead of the machine's: a demo's morning. */
  readonly movedMs: number
  /** Where it starts, with what else in its environment; null: as this process. */
  readonly surroundings: {
    readonly folder: string
    readonly env: Readonly<Record<string, string>>
  } | null
}

/** Starts it and tells how that went. It ends with this process, however that ends. */
export type StartPage = (
  choice: PageChoice,
  tell: (news: PageNews) => void,
) => { stop(): Promise<void> }

/** The terminal, as the page is told there. `tellOnly` is not written to the log. */
export interface PageTeller {
  say(text: string, tone?: 'plain' | 'warning'): void
  tellOnly(text: string): void
}

export const withPageOptions = <C extends Command>(command: C): C =>
  command
    .option(
      '--web-port <number>',
      `where the page is served (${PAGE_PORT}); the next free one is taken`,
    )
    .option(
      '--web-host <address>',
      `on which address (${PAGE_HOST}); others can be reached by others`,
    ) as C

export function placeOf({ webPort, webHost }: PageOptions): PagePlace {
  const port = webPort === undefined ? PAGE_PORT : readWhole(webPort)
  if (port === null || port > 65_535)
    throw new Refusal(`--web-port is ${webPort}; allowed: 0 to 65535`)
  const host = webHost ?? PAGE_HOST
  if (!/^[\w.:-]{1,255}$/.test(host))
    throw new Refusal(`--web-host is ${webHost}; allowed: an address of this machine`)
  return { host, port }
}

export function tellPage(news: PageNews, { host }: PagePlace, { say, tellOnly }: PageTeller): void {
  if (news.kind === 'failed') {
    say(`The page is not served: ${news.why}. Copying goes on; later: lockstep serve`, 'warning')
    return
  }
  say(`The page: ${news.url}`)
  if (news.setupCode !== null)
    tellOnly(
      `Its first use asks for this code, and for a password of your choice: ${news.setupCode}`,
    )
  for (const line of warningsOf(host, news.url)) say(line, 'warning')
}

/** Whoever may reach it sees the page's door, and its words go over the network in the clear. */
function warningsOf(host: string, url: string): readonly string[] {
  if (isLoopback(host)) return []
  const port = new URL(url).port
  return [
    `The page can be reached from the network at ${host}, and nothing that it says is encrypted.`,
    `Safer is to leave --web-host out and to come by SSH: ssh -L ${port}:127.0.0.1:${port} USER@THIS_MACHINE, then http://127.0.0.1:${port}`,
  ]
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

export interface Page {
  /** null: not yet, or not any more. */
  url(): string | null
  stop(): Promise<void>
}

/** Beside the copier, which neither waits for it nor hears of it. */
export function openPage(start: StartPage, report: Report, choice: PageChoice): Page {
  let url: string | null = null
  const started = start(choice, (news) => {
    url = news.kind === 'open' ? news.url : null
    tellPage(news, choice, report)
  })
  return { url: () => url, stop: started.stop }
}
