// The guard that keeps tests on this machine (loopback-only.cjs), shown to bite.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import axios from 'axios'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { describe, expect, it, onTestFinished } from 'vitest'

const guard = resolve('tests/setup/loopback-only.cjs')

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-guard-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [exitCode] = await once(child, 'close')
  return { exitCode, output }
}

/**
 * Runs a script under the guard, with a file of its own for what it was caught at. It clears up by itself:
 * these tests run side by side, where `onTestFinished` may hang on to another test that ends first.
 */
async function caughtAt(script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-guard-'))
  try {
    const violations = join(folder, 'violations')
    writeFileSync(violations, '')
    await run(['--input-type=commonjs', '-e', script], {
      LOOPBACK_VIOLATIONS: violations,
      NODE_OPTIONS: `--require="${guard}"`,
    })
    return readFileSync(violations, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const swallow = "process.on('uncaughtException', () => {});"
const leave: readonly (readonly [string, string])[] = [
  ['net', "require('net').connect(80, '192.0.2.1').on('error', () => {})"],
  [
    'net with options',
    "require('net').connect({ port: 80, host: '192.0.2.1' }).on('error', () => {})",
  ],
  ['tls', "require('tls').connect(443, '192.0.2.1').on('error', () => {})"],
  ['http', "require('http').get('http://192.0.2.1/').on('error', () => {})"],
  ['https', "require('https').get('https://192.0.2.1/').on('error', () => {})"],
  ['IPv6', "require('net').connect(80, '2001:db8::1').on('error', () => {})"],
  ['fetch', "fetch('http://192.0.2.1/').catch(() => {})"],
  ['axios', "require('axios').get('http://192.0.2.1/').catch(() => {})"],
  ['ws', "new (require('ws'))('wss://192.0.2.1/').on('error', () => {})"],
  ['a name', "require('dns').lookup('example.com', () => {})"],
  ['a name, by promise', "require('dns/promises').lookup('example.com').catch(() => {})"],
  ['a name server', "require('dns').resolve4('example.com', () => {})"],
  [
    'a name with a look-up of its own',
    "require('net').connect({ port: 80, host: 'here.example', lookup: (n, o, done) => o.all ? done(null, [{ address: '192.0.2.1', family: 4 }]) : done(null, '192.0.2.1', 4) }).on('error', () => {})",
  ],
  [
    'a datagram',
    `${swallow} require('dgram').createSocket('udp4').unref().send('x', 53, '192.0.2.1')`,
  ],
  [
    'a thread',
    `new (require('worker_threads').Worker)("require('net').connect(80, '192.0.2.1').on('error', () => {})", { eval: true })`,
  ],
  [
    'a process it starts',
    `require('child_process').execFileSync(process.execPath, ['-e', "require('net').connect(80, '192.0.2.1').on('error', () => {})"])`,
  ],
  [
    'nobody waiting for it',
    "setTimeout(() => require('net').connect(80, '192.0.2.1').on('error', () => {}).unref(), 1)",
  ],
]

describe('the loopback guard', () => {
  it.concurrent.each(leave)('catches %s', async (_, script) => {
    expect(await caughtAt(script)).toMatch(/192\.0\.2\.1|2001:db8::1|example\.com/)
  })

  it('lets loopback pass, by number and by name', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    server.listen(0)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const hosts = ['127.0.0.1', 'localhost', '127.9.9.9']
    const calls = hosts.map(
      (host) => `fetch('http://${host}:${port}/').then((r) => console.log(r.status))`,
    )
    expect(await caughtAt(calls.join(';'))).toBe('')
    const statuses = await Promise.all(
      hosts.map(async (host) => (await fetch(`http://${host}:${port}/`)).status),
    )
    expect(statuses).toEqual([204, 204, 204])
  })

  it('lets a request that is answered by msw pass, since it goes nowhere', async () => {
    const server = setupServer(
      http.get('https://broker.example/hello', () => HttpResponse.text('ok')),
    )
    server.listen()
    onTestFinished(() => server.close())
    expect(await (await fetch('https://broker.example/hello')).text()).toBe('ok')
    expect((await axios.get('https://broker.example/hello')).data).toBe('ok')
  })

  /** A whole test run of one file, whose only test passes whatever happens to the connection. */
  async function runTests(host: string) {
    const folder = makeFolder()
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
    writeFileSync(
      join(folder, 'vitest.config.js'),
      `export default { test: { globalSetup: [${JSON.stringify(resolve('tests/setup/run.ts'))}] } }`,
    )
    writeFileSync(
      join(folder, 'late.test.js'),
      `import net from 'node:net'
       import { expect, it } from 'vitest'
       it('leaves late', () => {
         setTimeout(() => net.connect(9, '${host}').on('error', () => {}).unref(), 1).unref()
         return new Promise((resolve) => setTimeout(resolve, 30)).then(() => expect(1).toBe(1))
       })`,
    )
    return run([resolve('node_modules/vitest/vitest.mjs'), 'run', '--root', folder], {
      NODE_OPTIONS: '',
    })
  }

  it('fails the whole run for a connection that no test looked at', async () => {
    const { exitCode, output } = await runTests('192.0.2.1')
    expect(output).toContain('1 passed')
    expect(output).toContain('FAILED: something tried to leave this machine')
    expect(output).toContain('192.0.2.1')
    expect(exitCode).toBe(1)
  })

  it('passes the same run when the connection stays here', async () => {
    expect(await runTests('127.0.0.1')).toMatchObject({ exitCode: 0 })
  })
})
