// The ways out of this machine, each account's own: from its address, or through its proxy, and by no other
// when that one fails. No proxy is taken out of the environment.
import { EventEmitter } from 'node:events'
import http, { type ClientRequest } from 'node:http'
import https from 'node:https'
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { Egress } from '../../domain/account.ts'

// Shorter than the idle time of common gateways, so that we rarely write into a closing connection.
export const IDLE_MS = 30_000
// As long as a whole request may take.
const TUNNEL_WITHIN_MS = 7_000

/** A connection, open or opening; of one that is secure, before or after its handshake. */
export type Way = Socket | TLSSocket

/** A proxy answered in place of opening the way: nothing went further than the proxy. */
export class ProxyRefused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the proxy refused with ${status}`)
    this.status = status
  }
}

/** Opens one connection to where `url` points. Straight it is there at once, though not open yet. */
export function createOpener(url: URL, egress: Egress): () => Way | Promise<Way> {
  const isSecure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port || (isSecure ? 443 : 80))
  const secure = {
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['http/1.1'],
  }
  if (egress.proxyUrl) {
    const agent = createAgent(url.href, egress) as HttpsProxyAgent<string>
    return () => throughProxy(agent, { host, port, secureEndpoint: isSecure, ...secure })
  }
  const straight = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 1_000,
    ...addressOf(egress),
  }
  if (!isSecure) return () => connectTcp(straight)
  // With what an earlier connection was given, a handshake takes one way to the broker and back less.
  let session: Buffer | undefined
  return () => {
    const socket = connectTls({ ...straight, ...secure, ...(session && { session }) })
    session = undefined
    return socket.on('session', (given: Buffer) => {
      session = given
    })
  }
}

async function throughProxy(
  agent: HttpsProxyAgent<string>,
  to: Parameters<HttpsProxyAgent<string>['connect']>[1],
): Promise<Way> {
  // It tells what the proxy answered to the request that the connection is for: here, to nobody else.
  const asker = new EventEmitter()
  let status = 200
  asker.once('proxyConnect', (answer: { readonly statusCode: number }) => {
    status = answer.statusCode
  })
  const way = await agent.connect(asker as ClientRequest, to)
  if (status === 200) return way
  way.destroy()
  throw new ProxyRefused(status)
}

// Angel One registers IPv4 addresses only.
const addressOf = ({ localAddress }: Egress) =>
  localAddress === null ? { family: 4 } : { localAddress, family: isIPv6(localAddress) ? 6 : 4 }

/** One for each account, so that neither connections nor addresses are ever shared. */
export function createAgent(
  url: string,
  egress: Egress,
  tunnelWithinMs = TUNNEL_WITHIN_MS,
): http.Agent {
  const options = {
    keepAlive: true,
    maxSockets: 32,
    timeout: IDLE_MS,
    ...addressOf(egress),
  }
  if (egress.proxyUrl) {
    const agent = new HttpsProxyAgent(egress.proxyUrl.reveal(), options)
    return withDeadline(agent, tunnelWithinMs)
  }
  return /^(https|wss):/.test(url) ? new https.Agent(options) : new http.Agent(options)
}

/**
 * A proxy that takes a connection and never opens the way would keep it for ever, and with `maxSockets` of
 * those nothing would go out any more, also when the proxy is well again.
 */
function withDeadline<Proxy extends string>(
  agent: HttpsProxyAgent<Proxy>,
  withinMs: number,
): HttpsProxyAgent<Proxy> {
  const connect = agent.connect.bind(agent)
  agent.connect = async (request, options) => {
    const late = new AbortController()
    agent.connectOpts = { ...agent.connectOpts, signal: late.signal }
    const timer = setTimeout(() => late.abort(), withinMs)
    return await connect(request, options).finally(() => clearTimeout(timer))
  }
  return agent
}
