// Listens for the page's browsers until it is told to stop. A port that is taken is no reason to fail: the
// next ones are tried. It listens on this machine alone unless told otherwise.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type AppParts, createApp } from './app.ts'
import type { Hub } from './hub.ts'

export interface ServeSettings {
  /** 127.0.0.1, or what `--web-host` said. */
  readonly host: string
  readonly port: number
}

export interface Served {
  /** `http://127.0.0.1:7766` */
  readonly url: string
  readonly port: number
  /** What sets the first password; null where one is set. */
  readonly setupCode: string | null
  readonly hub: Hub
  /** Until the signal aborts and every page is told. */
  readonly ended: Promise<void>
}

/** No port is free, or the address is none of this machine. */
export class CannotServe extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(why, options)
    this.name = 'CannotServe'
  }
}

const PORTS_TRIED = 10
/** Twenty pages, each with an open stream and some requests beside it. */
const MOST_CONNECTIONS = 256
/** For what is being said when it ends. */
const LAST_WORDS_MS = 500

export async function serve(
  parts: Omit<AppParts, 'port' | 'servedAs'>,
  { host, port: wanted }: ServeSettings,
  signal: AbortSignal,
): Promise<Served> {
  let port = wanted
  const app = createApp({ ...parts, port: () => port, servedAs: host })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer((request, response) => void listener(request, response))
  server.maxConnections = MOST_CONNECTIONS
  port = await listen(server, host, wanted)
  const running = app.hub.run(signal)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    setupCode: app.setupCode(),
    hub: app.hub,
    ended: running.then(() => close(server)),
  }
}

async function listen(server: Server, host: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + PORTS_TRIED && port <= 65_535; port++) {
    const error = await tryPort(server, host, port)
    if (error === null) {
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    }
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')
      throw new CannotServe(`${host} can't be served on: ${error.code ?? error.message}`, {
        cause: error,
      })
  }
  const last = Math.min(wanted + PORTS_TRIED - 1, 65_535)
  throw new CannotServe(`the ports ${wanted} to ${last} are all taken`)
}

function tryPort(
  server: Server,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException) => resolve(error)
    server.once('error', onError)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', onError)
      resolve(null)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
