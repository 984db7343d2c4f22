// Nothing leaves this machine while tests run. Loaded before everything else into the test workers, their
// threads and the processes they start (NODE_OPTIONS=--require, the one that threads obey too), so it is
// plain CommonJS. It stands where every client ends up: http, https, fetch, ws and axios all connect a
// net.Socket. A refused connection also leaves a line in a file that the end of the run reads, because the
// code under test is made to survive a failed connection and would say nothing.
'use strict'

const { Socket: Datagram } = require('node:dgram')
const dns = require('node:dns')
const { appendFileSync } = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const net = require('node:net')
const { threadId } = require('node:worker_threads')

const installed = Symbol.for('lockstep.loopbackOnly')

function isLoopback(host) {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  const ipv4 = name.replace(/^::ffff:/, '')
  return net.isIPv4(ipv4) && ipv4.startsWith('127.')
}

function refuse(what) {
  const error = new Error(`a test may only talk to this machine, and this would reach ${what}`)
  error.code = 'ELOOPBACKONLY'
  const file = process.env.LOOPBACK_VIOLATIONS
  const who = `process ${process.pid}, thread ${threadId}, ${process.argv.slice(1).join(' ')}`
  const from = (error.stack ?? '').split('\n').slice(3).join('\n')
  if (file !== undefined) appendFileSync(file, `${what} (${who})\n${from}\n`)
  return error
}

/** What net.Socket's connect(options | port, host | path | [options, …]) is asked for. */
function optionsOf(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  if (typeof first === 'object' && first !== null) return first
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { path: first }
  return { host: typeof second === 'string' ? second : undefined }
}

/** A look-up that the caller brought along (msw does) is judged by the addresses that it gives. */
function watchLookup(lookup) {
  return (name, options, callback) =>
    lookup(name, options, (error, address, ...rest) => {
      const addresses = [address].flat().filter((found) => found !== undefined)
      const far = addresses.map((found) => found.address ?? found).find((ip) => !isLoopback(ip))
      if (error || far === undefined) callback(error, address, ...rest)
      else callback(refuse(`${name} at ${far}`))
    })
}

function guardSockets() {
  const connect = net.Socket.prototype.connect
  net.Socket.prototype.connect = function (...args) {
    const options = optionsOf(args)
    const host = options.host ?? 'localhost'
    const ownLookup = net.isIP(host) === 0 && options.lookup
    if (ownLookup) options.lookup = watchLookup(ownLookup)
    if (options.path || ownLookup || isLoopback(host)) return connect.apply(this, args)
    const error = refuse(host)
    // As a real failure would: later, when the caller has put up its listeners.
    process.nextTick(() => this.destroy(error))
    return this
  }
  for (const method of ['send', 'connect']) {
    const original = Datagram.prototype[method]
    Datagram.prototype[method] = function (...args) {
      const host = args.find((arg, index) => index > 0 && typeof arg === 'string')
      if (host !== undefined && !isLoopback(host)) throw refuse(`${host} (datagram)`)
      return original.apply(this, args)
    }
  }
}

function guardNames() {
  const needsNoQuestion = (name) => !name || net.isIP(name) !== 0 || isLoopback(name)
  const { lookup } = dns
  dns.lookup = (name, ...rest) => {
    if (needsNoQuestion(name)) return lookup(name, ...rest)
    const error = refuse(`the name server, for ${name}`)
    process.nextTick(rest.at(-1), error)
  }
  const { lookup: lookupPromise } = dns.promises
  dns.promises.lookup = async (name, ...rest) => {
    if (needsNoQuestion(name)) return lookupPromise(name, ...rest)
    throw refuse(`the name server, for ${name}`)
  }
  for (const [of, isPromise] of [
    [dns, false],
    [dns.promises, true],
  ]) {
    for (const method of Object.keys(of).filter((key) => /^(resolve|reverse)/.test(key))) {
      of[method] = (name, ...rest) => {
        const error = refuse(`the name server, for ${name}`)
        if (isPromise) return Promise.reject(error)
        process.nextTick(rest.at(-1), error)
      }
    }
  }
}

if (!globalThis[installed]) {
  globalThis[installed] = true
  guardSockets()
  guardNames()
  syncBuiltinESMExports()
}
