// The page's server on loopback, and a browser for it: cookies, token and origin as a browser would send
// them, each of which a test can leave out or forge.
import { type IncomingHttpHeaders, request as open } from 'node:http'
import { onTestFinished } from 'vitest'
import { instant } from '../../src/domain/time.ts'
import type { Answers } from '../../src/web/app.ts'
import type { PageFiles } from '../../src/web/files.ts'
import type { Memory } from '../../src/web/gate.ts'
import { type Served, serve } from '../../src/web/serve.ts'
import type { SessionState } from '../../src/web/shapes/session.ts'
import { movedClock, toMorningMs } from '../engine/copier.ts'

export const PASSWORD = 'a long password'
/** So that a suite of sign-ins costs no seconds; the real one is tried once. */
export const EASY = { memoryKib: 8, passes: 1 }

export function rememberInMemory(text: string | null = null): Memory & { text: string | null } {
  return {
    text,
    read() {
      return this.text
    },
    write(next) {
      this.text = next
    },
  }
}

/** A server whose answers nobody asks for: each that is not given throws. */
export const noAnswers = (given: Partial<Answers> = {}): Answers => ({
  reads: {} as Answers['reads'],
  writes: {} as Answers['writes'],
  metrics: () => 'lockstep_up 1\n',
  look: () => null,
  refusePassphrase: () => 'there is no vault here',
  modeOf: (mode) => mode ?? 'live',
  ...given,
})

export interface House {
  readonly served: Served
  readonly memory: Memory & { text: string | null }
  readonly complaints: readonly string[]
  /** Moves the server's clock. */
  pass(ms: number): void
  /** The same for its intervals: a clock that is set right moves no interval. */
  passIntervals(ms: number): void
  browser(): Browser
  /** A browser that has set the password. */
  signedIn(): Promise<Browser>
  stop(): Promise<void>
}

export interface HouseSettings {
  readonly answers?: Answers
  readonly files?: PageFiles
  readonly memory?: Memory & { text: string | null }
  readonly metricsToken?: string
  readonly port?: number
  readonly host?: string
  readonly hardness?: typeof EASY
}

export async function openHouse(settings: HouseSettings = {}): Promise<House> {
  let passedMs = 0
  let intervalsMs = 0
  const clock = movedClock(toMorningMs())
  const memory = settings.memory ?? rememberInMemory()
  const stopping = new AbortController()
  const complaints: string[] = []
  const served = await serve(
    {
      version: '1.2.3',
      clock: {
        ...clock,
        now: () => instant(clock.now() + passedMs),
        monotonicMs: () => clock.monotonicMs() + intervalsMs,
      },
      memory,
      answers: settings.answers ?? noAnswers(),
      files: settings.files ?? new Map(),
      metricsToken: settings.metricsToken ?? null,
      complain: (text) => complaints.push(text),
      hardness: settings.hardness ?? EASY,
    },
    { host: settings.host ?? '127.0.0.1', port: settings.port ?? 0 },
    stopping.signal,
  )
  const stop = () => {
    stopping.abort()
    return served.ended
  }
  onTestFinished(stop)
  const browser = () => createBrowser(served.port)
  return {
    served,
    memory,
    complaints,
    browser,
    stop,
    pass(ms) {
      passedMs += ms
    },
    passIntervals(ms) {
      intervalsMs += ms
    },
    async signedIn() {
      const one = browser()
      await one.post('/api/setup', { code: served.setupCode ?? '', password: PASSWORD })
      return one
    },
  }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly json: any
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | null>>
  readonly body?: string
}

export interface Browser {
  readonly port: number
  /** As the server set it; empty when signed out. */
  cookie: string
  csrf: string
  /** Just what is given, without anything that a browser adds. */
  ask(path: string, asked?: Asked): Promise<Reply>
  get(path: string, headers?: Asked['headers']): Promise<Reply>
  /** `headers`: null leaves one out. */
  post(path: string, body: unknown, headers?: Asked['headers']): Promise<Reply>
}

export function createBrowser(port: number): Browser {
  const browser: Browser = {
    port,
    cookie: '',
    csrf: '',
    ask: (path, asked = {}) => send(port, path, asked),
    async get(path, headers = {}) {
      const cookie = browser.cookie === '' ? {} : { cookie: browser.cookie }
      const reply = await send(port, path, {
        headers: { 'sec-fetch-site': 'same-origin', ...cookie, ...headers },
      })
      keep(reply)
      return reply
    },
    async post(path, body, headers = {}) {
      const reply = await send(port, path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          origin: `http://127.0.0.1:${port}`,
          'sec-fetch-site': 'same-origin',
          'x-csrf-token': browser.csrf === '' ? null : browser.csrf,
          cookie: browser.cookie === '' ? null : browser.cookie,
          ...headers,
        },
      })
      keep(reply)
      return reply
    },
  }

  function keep({ headers, json }: Reply): void {
    const [set] = headers['set-cookie'] ?? []
    if (set !== undefined) browser.cookie = set.split(';')[0]?.replace(/=$/, '') ?? ''
    if (set?.includes('Max-Age=0')) browser.cookie = ''
    const state = json as SessionState | null
    if (state?.kind === 'signedIn') browser.csrf = state.csrf
  }
  return browser
}

function send(port: number, path: string, { method = 'GET', headers = {}, body }: Asked) {
  const given = Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== null)
  return new Promise<Reply>((resolve, reject) => {
    const request = open(
      { host: '127.0.0.1', port, path, method, headers: Object.fromEntries(given), agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => {
          const { statusCode = 0, headers: told } = response
          resolve({ status: statusCode, headers: told, text, json: parse(text) })
        })
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
