// The launcher on small projects of its own: what it installs, which Node it takes, and that signals and
// exit codes are the program's. An older Node is played by the present one with an older number.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const { carriedNodes } = createRequire(import.meta.url)('../../scripts/launch.cjs') as {
  carriedNodes: Record<string, string>
}
const carriedNode = carriedNodes[`${process.platform}-${process.arch}`] as string
const interruptModule = pathToFileURL(resolve('src/cli/interrupt.ts')).href

/** Says what it was given; `wait` makes it say how often it was told to stop before it ends with 7. */
const program = `
import { listenForInterrupt } from ${JSON.stringify(interruptModule)}
const [what] = process.argv.slice(2)
if (what === 'wait') {
  let heard = 0
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => { heard += 1 })
  let requests = 0
  const interrupt = listenForInterrupt(process, () => performance.now(), () => { requests += 1 })
  interrupt.signal.addEventListener('abort', () => {
    requests += 1
    setTimeout(() => {
      console.log('heard ' + heard + ', requests ' + requests)
      process.exit(7)
    }, 150)
  })
  setInterval(() => {}, 1000)
  console.log('ready')
} else if (what === 'die') {
  process.kill(process.pid, 'SIGKILL')
} else if (what === 'plain') {
  setInterval(() => {}, 1000)
  console.log('ready')
} else {
  console.log(JSON.stringify({ args: process.argv.slice(2), file: process.argv[1], pid: process.pid }))
  process.exitCode = Number(what ?? 0)
}
`

interface Project {
  readonly root: string
  /** A start as npm or a shell does it. */
  start(args: readonly string[], how?: { old?: boolean; group?: boolean }): Running
}

interface Running {
  readonly child: ChildProcess
  readonly said: () => { out: string; err: string }
  readonly hears: (text: string) => Promise<void>
  readonly end: Promise<{ code: number | null; signal: string | null; out: string; err: string }>
}

function makeProject({ installed }: { installed: boolean }): Project {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-launch-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, content: string | object) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const manifest = { name: 'small', version: '1.0.0', dependencies: { noun: 'file:noun' } }
  const start = 'exec node scripts/launch.cjs src/main.js --about "what it does"'
  write('package.json', { ...manifest, type: 'module', scripts: { start } })
  write('noun/package.json', { name: 'noun', version: '1.0.0' })
  const packages = {
    noun: { version: '1.0.0' },
    'node_modules/noun': { resolved: 'noun', link: true },
  }
  write('package-lock.json', {
    name: 'small',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, ...packages },
  })
  write('src/main.js', program)
  write(
    'old-node.cjs',
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.9.0' } })",
  )
  cpSync('scripts/launch.cjs', join(root, 'scripts/launch.cjs'))
  cpSync('bin', join(root, 'bin'), { recursive: true })
  if (installed) {
    write('node_modules/.package-lock.json', { packages })
    symlinkSync('../noun', join(root, 'node_modules/noun'))
    const carried = join(root, 'node_modules', carriedNode)
    mkdirSync(dirname(carried), { recursive: true })
    symlinkSync(process.execPath, carried)
  }

  return {
    root,
    start: (args, { old = false, group = false } = {}) => {
      const before = old ? ['--require', join(root, 'old-node.cjs')] : []
      const child = spawn(
        process.execPath,
        [...before, join(root, 'scripts/launch.cjs'), 'src/main.js', ...args],
        { cwd: tmpdir(), detached: group },
      )
      return follow(child)
    },
  }
}

function follow(child: ChildProcess): Running {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    said: () => ({ out, err }),
    hears: async (text) => {
      while (!(out + err).includes(text)) {
        await Promise.race([
          once(child.stdout as NonNullable<typeof child.stdout>, 'data'),
          once(child.stderr as NonNullable<typeof child.stderr>, 'data'),
        ])
      }
    },
    end: once(child, 'close').then(([code, signal]) => ({ code, signal, out, err })),
  }
}

describe.each([
  ['on a Node that is new enough', false],
  ['on an older Node, with the carried one', true],
])('%s', (_, old) => {
  it('hands on the arguments and the exit code, and keeps --about for itself', async () => {
    const project = makeProject({ installed: true })
    const { code, out, err } = await project.start(['--about', 'what it does', '3', '--x', 'y z'], {
      old,
    }).end
    expect(JSON.parse(out)).toMatchObject({
      args: ['3', '--x', 'y z'],
      file: join(project.root, 'src/main.js'),
    })
    expect({ code, err }).toEqual({ code: 3, err: '' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on, once', async (signal) => {
    const running = makeProject({ installed: true }).start(['wait'], { old })
    await running.hears('ready')
    running.child.kill(signal)
    expect(await running.end).toMatchObject({ code: 7, out: 'ready\nheard 1, requests 1\n' })
  })

  it('lets the program count a Ctrl-C of the whole group as one request', async () => {
    const running = makeProject({ installed: true }).start(['wait'], { old, group: true })
    await running.hears('ready')
    process.kill(-(running.child.pid as number), 'SIGINT')
    const { code, out } = await running.end
    expect(out).toMatch(/^ready\nheard [12], requests 1\n$/)
    expect(code).toBe(7)
  })

  it('ends by the signal that ended the program', async () => {
    const project = makeProject({ installed: true })
    expect(await project.start(['die'], { old }).end).toMatchObject({ signal: 'SIGKILL' })
    const running = project.start(['plain'], { old })
    await running.hears('ready')
    running.child.kill('SIGTERM')
    expect(await running.end).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})

it('needs no second process on a Node that is new enough', async () => {
  const running = makeProject({ installed: true }).start([])
  const { out } = await running.end
  expect(JSON.parse(out).pid).toBe(running.child.pid)
})

describe('without a Node that is new enough', () => {
  it('says so when none is carried', async () => {
    const project = makeProject({ installed: true })
    rmSync(join(project.root, 'node_modules', carriedNode))
    const { code, out, err } = await project.start([], { old: true }).end
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(
      /^lockstep: needs Node 24 or newer; this one is 20\.9\.0, and .*Install Node 24/,
    )
    expect(err).not.toContain('    at ')
  })

  it('says so when the carried one does not run here', async () => {
    const project = makeProject({ installed: true })
    const carried = join(project.root, 'node_modules', carriedNode)
    rmSync(carried)
    writeFileSync(carried, '\u007fELF of another machine')
    chmodSync(carried, 0o755)
    const { code, err } = await project.start([], { old: true }).end
    expect(code).toBe(2)
    expect(err).toMatch(/needs Node 24 or newer.*does not run here/)
  })
})

describe('what is installed', () => {
  const installing = /^lockstep: installing what package-lock\.json lists \((.*)\) …$/m

  it('is installed when nothing is there, and not again', async () => {
    const project = makeProject({ installed: false })
    const first = await project.start([]).end
    expect(first.err.match(installing)?.[1]).toBe('nothing is installed yet')
    expect(JSON.parse(first.out)).toMatchObject({ args: [] }) // stdout is the program's alone
    expect(first.code).toBe(0)
    expect(await project.start([]).end).toMatchObject({ code: 0, err: '' })
    expect(existsSync(join(project.root, '.installing'))).toBe(false)
  })

  it.each<[string, string, (root: string) => void]>([
    [
      'npm never finished',
      'the last installation was not finished',
      (root) => rmSync(join(root, 'node_modules/.package-lock.json')),
    ],
    [
      'npm was cut off while writing its list',
      'the last installation was not finished',
      (root) => writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages": {'),
    ],
    [
      'a package is gone',
      'noun is missing',
      (root) => rmSync(join(root, 'node_modules/noun'), { recursive: true }),
    ],
    [
      'the lockfile has moved on',
      'noun is not the version listed',
      (root) =>
        writeFileSync(
          join(root, 'node_modules/.package-lock.json'),
          JSON.stringify({ packages: { 'node_modules/noun': { version: '0.9.0' } } }),
        ),
    ],
  ])('is installed again when %s', async (_, reason, damage) => {
    const project = makeProject({ installed: true })
    damage(project.root)
    const { code, err } = await project.start([]).end
    expect(err.match(installing)?.[1]).toBe(reason)
    expect(code).toBe(0)
    expect(await project.start([]).end).toMatchObject({ code: 0, err: '' })
  })

  it('is installed once by two starts at the same time', async () => {
    const project = makeProject({ installed: false })
    const ends = await Promise.all([project.start([]).end, project.start([]).end])
    expect(ends.map(({ code }) => code)).toEqual([0, 0])
    expect(ends.filter(({ err }) => installing.test(err))).toHaveLength(1)
    expect(existsSync(join(project.root, '.installing'))).toBe(false)
  })

  it('is not waited for when the start that was installing is dead', async () => {
    const project = makeProject({ installed: false })
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'close')
    writeFileSync(join(project.root, '.installing'), String(dead.pid))
    expect(await project.start([]).end).toMatchObject({ code: 0 })
    expect(existsSync(join(project.root, '.installing'))).toBe(false)
  })

  it('is waited for while the npm of a killed start is still at it', async () => {
    const project = makeProject({ installed: false })
    const npm = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    onTestFinished(() => void npm.kill('SIGKILL'))
    writeFileSync(join(project.root, '.installing'), `999999999 ${npm.pid}`)
    const running = project.start([])
    await running.hears('waiting for it')
    npm.kill('SIGKILL')
    const { code, err } = await running.end
    expect(err).toMatch(installing)
    expect(code).toBe(0)
  })

  it('starts nothing when npm refuses', async () => {
    const project = makeProject({ installed: false })
    writeFileSync(join(project.root, 'package.json'), '{ "dependencies": { "verb": "file:verb" } }')
    const { code, out, err } = await project.start([]).end
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('npm ci failed')
    expect(existsSync(join(project.root, '.installing'))).toBe(false)
  })
})

it.each(['SIGINT', 'SIGTERM'] as const)(
  'hears a %s that npm is given, and npm ends as it',
  async (signal) => {
    const { root } = makeProject({ installed: true })
    const running = follow(spawn('npm', ['start', '--', 'wait'], { cwd: root }))
    await running.hears('ready')
    running.child.kill(signal)
    const { code, out } = await running.end
    expect(out).toContain('heard 1, requests 1')
    expect(code).toBe(7)
  },
)

it('is bin/lockstep too, through a link and from anywhere', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-bin-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(resolve('bin/lockstep'), join(folder, 'copier'))
  const node = dirname(process.execPath)
  const child = spawn(join(folder, 'copier'), ['--version'], {
    cwd: folder,
    env: { ...process.env, PATH: `${node}:${process.env.PATH}` },
  })
  expect(await follow(child).end).toMatchObject({ code: 0, out: '0.1.0\n', err: '' })
})
