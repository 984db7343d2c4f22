// The page's server as a function from request to answer. Every request passes the same gates in the same
// order: its host, its origin, its size, its visit, its token; only then is anybody asked for an answer.
// What the answers are is none of this room's business: they are handed in.
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { formatInstant } from '../domain/time.ts'
import type { Clock } from '../ports.ts'
import { type Names, readBody, readModeQuery, readNames, readQuery } from './bodies.ts'
import { HEADERS, refuseForeignHost, refuseForeignPage } from './fence.ts'
import type { PageFiles } from './files.ts'
import { createGate, type Gate, type Hardness, isSame, type Memory } from './gate.ts'
import { createHub, type Hub, type LookForNews } from './hub.ts'
import { RequestRefused } from './refusal.ts'
import { ROUTES, type Route } from './routes.ts'
import type { KeyedBody } from './shapes/accounts.ts'
import type { Reads, Writes } from './shapes/routes.ts'
import type { Mode } from './shapes/said.ts'
import type { SessionState } from './shapes/session.ts'
import { createVisits, VISIT_MS, type Visit, type Visits } from './visits.ts'

type OwnRead = '/api/session'
type OwnWrite = '/api/setup' | '/api/sign-in' | '/api/sign-out' | '/api/password'
type Sooner<T> = T | Promise<T>

/** What the page is told and what it may do, by route. A no is thrown as a RequestRefused. */
export interface Answers {
  readonly reads: {
    readonly [P in Exclude<keyof Reads, OwnRead>]: (
      query: Reads[P]['query'],
      names: Names,
    ) => Sooner<Reads[P]['answer']>
  }
  readonly writes: {
    readonly [P in Exclude<keyof Writes, OwnWrite>]: (
      body: Writes[P]['body'],
      names: Names,
    ) => Sooner<Writes[P]['answer']>
  }
  readonly metrics: (mode: Mode | undefined) => string
  readonly look: LookForNews
  /** null: this passphrase opens the vault. Otherwise why not. */
  readonly refusePassphrase: (passphrase: string) => string | null
  /** Which ledger is meant where none is named. */
  readonly modeOf: (mode: Mode | undefined) => Mode
}

export interface AppParts {
  readonly version: string
  readonly clock: Clock
  readonly memory: Memory
  readonly answers: Answers
  readonly files: PageFiles
  /** What a scraper brings along for /metrics; null: only who is signed in may read them. */
  readonly metricsToken: string | null
  /** The address or name it was told to serve on. */
  readonly servedAs: string
  /** Cookies don't know ports: two servers on one machine must not sign each other out. */
  readonly port: () => number
  /** A fault of the program, for its log: never shown to a browser. */
  readonly complain: (text: string) => void
  readonly hardness?: Hardness
}

export interface App {
  readonly fetch: (request: Request, line: Line) => Sooner<Response>
  readonly hub: Hub
  /** null: a password is set already. */
  readonly setupCode: () => string | null
}

/** The connection that an answer goes out by. */
interface Line {
  readonly outgoing: { destroy(): unknown }
}

/** Keys of an account are the longest thing that is sent. */
const MOST_BODY_BYTES = 16 * 1024

export function createApp(parts: AppParts): App {
  const { clock, answers, files, complain } = parts
  const gate = createGate(parts.memory, clock.now, parts.hardness)
  const hub = createHub(clock, answers.look)
  const visits = createVisits(clock.now, hub.endVisit)
  const app = new Hono()
  const doors: Doors = { parts, gate, visits, hub, textOf: createTexts() }

  app.use(async (c, next) => {
    refuseForeignHost(c.req.header('host'), parts.servedAs)
    await next()
  })
  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value)
  })
  app.use(
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: () => {
        throw new RequestRefused('tooLong', `at most ${MOST_BODY_BYTES} bytes`)
      },
    }),
  )
  for (const route of ROUTES) app.on(route.method, route.path, (c) => answer(c, route, doors))
  app.get('*', (c) => {
    const file = files.get(c.req.path)
    if (file !== undefined) return c.body(file.bytes, 200, { 'content-type': file.type })
    if (c.req.path !== '/') throw new RequestRefused('notFound', 'there is nothing here')
    return c.text('The files of the page are missing here. To make them: npm run page\n', 503)
  })
  app.notFound((c) => c.json(new RequestRefused('notFound', 'there is nothing here').body(), 404))
  app.onError((error, c) => {
    const refusal = error instanceof RequestRefused ? error : null
    if (refusal === null) complain(error.message)
    const said = refusal ?? new RequestRefused('broken', 'a fault of Lockstep itself; it is logged')
    return c.json(said.body(), said.status, HEADERS)
  })

  return { fetch: (request, line) => app.fetch(request, line), hub, setupCode: gate.setupCode }
}

interface Doors {
  readonly parts: AppParts
  readonly gate: Gate
  readonly visits: Visits
  readonly hub: Hub
  readonly textOf: (answer: object) => string
}

function answer(c: Context, route: Route, doors: Doors): Sooner<Response> {
  refuseForeignPage({
    method: c.req.method,
    host: c.req.header('host'),
    origin: c.req.header('origin'),
    fetchSite: c.req.header('sec-fetch-site'),
  })
  const visit = visitOf(c, doors)
  if (route.access === 'token') {
    if (visit === null && !bringsToken(c, doors.parts.metricsToken)) throw signedOut()
    return c.text(doors.parts.answers.metrics(readModeQuery(c.req.query()).mode), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  }
  if (route.access === 'open') return answerStranger(c, route, visit, doors)
  if (visit === null) throw signedOut()
  if (route.method === 'GET') return answerRead(c, route, visit, doors)
  if (!isSame(c.req.header('x-csrf-token') ?? '', visit.csrf))
    throw new RequestRefused('forbidden', 'the token of this visit is missing: load the page again')
  return answerWrite(c, route, visit, doors)
}

const signedOut = () => new RequestRefused('signedOut', 'sign in first')

// --- who is there ------------------------------------------------------------------------------

const cookieName = ({ parts }: Doors): string => `lockstep_${parts.port()}`

function visitOf(c: Context, doors: Doors): Visit | null {
  const id = getCookie(c, cookieName(doors))
  return id === undefined ? null : doors.visits.find(id)
}

function bringsToken(c: Context, token: string | null): boolean {
  const brought = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  return token !== null && brought !== undefined && isSame(brought, token)
}

async function answerStranger(c: Context, { path }: Route, visit: Visit | null, doors: Doors) {
  const { gate } = doors
  switch (path) {
    case '/api/session':
      return c.json(stateOf(visit, doors))
    case '/api/setup': {
      const { code, password } = readBody(path, await bodyOf(c))
      await gate.setUp(code, password)
      return c.json(signIn(c, doors))
    }
    case '/api/sign-in': {
      const { password } = readBody(path, await bodyOf(c))
      await gate.enter(password)
      return c.json(signIn(c, doors))
    }
    default:
      throw signedOut()
  }
}

function signIn(c: Context, doors: Doors): SessionState {
  const { id, visit } = doors.visits.begin()
  giveCookie(c, doors, id, VISIT_MS / 1000)
  return stateOf(visit, doors)
}

function giveCookie(c: Context, doors: Doors, id: string, maxAge: number): void {
  const options = { httpOnly: true, sameSite: 'Strict', path: '/', maxAge } as const
  setCookie(c, cookieName(doors), id, options)
}

function stateOf(visit: Visit | null, { gate, parts: { version } }: Doors): SessionState {
  if (visit !== null) {
    const { csrf, expiresAt } = visit
    return { kind: 'signedIn', version, csrf, expiresAt: formatInstant(expiresAt) }
  }
  return { kind: gate.hasPassword() ? 'signedOut' : 'new', version, waitMs: gate.waitMs() }
}

// --- what they get -----------------------------------------------------------------------------

async function answerRead(c: Context, { path }: Route, visit: Visit, doors: Doors) {
  const { answers } = doors.parts
  if (path === '/api/events') {
    const mode = answers.modeOf(readModeQuery(c.req.query()).mode)
    const expired = () => doors.parts.clock.now() >= visit.expiresAt
    const { outgoing } = c.env as Line
    const drop = () => void outgoing.destroy()
    return c.body(doors.hub.open({ mode, visit: visit.key, expired, drop }), 200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // A proxy that gathers what it passes on would hold every event back.
      'x-accel-buffering': 'no',
    })
  }
  const read = answers.reads[path as keyof Answers['reads']] as (
    query: unknown,
    names: Names,
  ) => Sooner<object>
  const query = readQuery(path as keyof Reads, c.req.query())
  const text = doors.textOf(await read(query, readNames(c.req.param())))
  return c.body(text, 200, { 'content-type': 'application/json' })
}

/** Many pages are given the same answer: it is written out once, as long as anybody holds it. */
function createTexts(): (answer: object) => string {
  const texts = new WeakMap<object, string>()
  return (answer) => {
    const text = texts.get(answer) ?? JSON.stringify(answer)
    texts.set(answer, text)
    return text
  }
}

async function answerWrite(c: Context, { path }: Route, visit: Visit, doors: Doors) {
  const { gate, visits, parts } = doors
  const body = readBody(path as keyof Writes, await bodyOf(c))
  if (path === '/api/sign-out') {
    visits.end(visit.key)
    giveCookie(c, doors, '', 0)
    return c.json(stateOf(null, doors))
  }
  if (path === '/api/password') {
    const { current, next } = body as Writes['/api/password']['body']
    await gate.change(current, next)
    visits.endOthers(visit.key)
    return c.json(stateOf(visit, doors))
  }
  const { passphrase } = body as KeyedBody
  if (passphrase !== undefined)
    await gate.tryPassphrase(() => parts.answers.refusePassphrase(passphrase))
  const write = parts.answers.writes[path as keyof Answers['writes']] as (
    body: unknown,
    names: Names,
  ) => Sooner<object>
  return c.json(await write(body, readNames(c.req.param())))
}

async function bodyOf(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
    throw new RequestRefused('badRequest', 'the body is not JSON')
  const text = await c.req.text()
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null // refused by whoever reads it
  }
}
