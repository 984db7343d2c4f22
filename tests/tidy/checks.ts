// The rules of the house that no type or linter can hold. Each takes a tree and says what is wrong with
// it, one line a finding: the file, what was found, and what to do instead.
import { posix } from 'node:path'
import { codeOf, importsOf, isCode, type SourceFile, type Tree } from './tree.ts'

export type Check = (tree: Tree) => readonly string[]

// --- what may import what ----------------------------------------------------------------------

interface Edges {
  /** Other rooms of src. */
  readonly rooms: readonly string[]
  /** npm packages; Node's own modules too where `node` is true. */
  readonly packages: readonly string[]
  readonly node: boolean
}

/** Dependencies point one way: domain ← decide ← engine ← main. Nothing downstream calls back upstream. */
export const edges: Readonly<Record<string, Edges>> = {
  domain: { rooms: [], packages: [], node: false },
  decide: { rooms: ['domain'], packages: [], node: false },
  'ports.ts': { rooms: ['domain'], packages: [], node: false },
  config: { rooms: ['domain'], packages: ['dotenv', 'yaml', 'zod'], node: true },
  ledger: { rooms: ['domain', 'ports.ts'], packages: ['better-sqlite3'], node: true },
  broker: {
    rooms: ['domain', 'ports.ts'],
    packages: ['axios', 'https-proxy-agent', 'otplib', 'p-retry', 'ws', 'zod'],
    node: true,
  },
  report: { rooms: ['domain', 'ports.ts'], packages: ['pino'], node: true },
  web: {
    rooms: ['domain', 'ports.ts', 'web/shapes'],
    packages: ['hono', '@hono/node-server', 'zod'],
    node: true,
  },
  // What both sides of the page say to each other: types, so that neither needs the other to run.
  'web/shapes': { rooms: [], packages: [], node: false },
  // Runs in the browser: of the rest it knows the shapes of what is said, and nothing else.
  'web/page': { rooms: ['web/shapes'], packages: ['preact', 'uplot'], node: false },
  simulator: { rooms: ['domain'], packages: ['otplib', 'ws', 'zod'], node: true },
  engine: { rooms: ['domain', 'decide', 'ports.ts'], packages: [], node: true },
  answers: {
    rooms: ['domain', 'decide', 'ports.ts', 'config', 'report', 'cli', 'web', 'web/shapes'],
    packages: [],
    node: true,
  },
  'page-opener.ts': {
    rooms: ['answers', 'assemble.ts', 'cli', 'config', 'domain', 'ports.ts', 'web'],
    packages: [],
    node: true,
  },
  'page-process.ts': { rooms: ['cli', 'config'], packages: [], node: true },
  'chance.ts': { rooms: ['ports.ts'], packages: [], node: false },
  'clock.ts': { rooms: ['domain', 'ports.ts'], packages: [], node: false },
  'assemble.ts': {
    rooms: [
      'domain',
      'ports.ts',
      'chance.ts',
      'clock.ts',
      'config',
      'ledger',
      'broker/angelone',
      'broker/paper',
      'engine',
      'cli',
    ],
    packages: [],
    node: true,
  },
  'demonstrate.ts': {
    rooms: ['domain', 'ports.ts', 'config', 'simulator', 'cli', 'assemble.ts'],
    packages: [],
    node: true,
  },
  'inspect.ts': {
    rooms: ['domain', 'ports.ts', 'chance.ts', 'config', 'ledger', 'broker/angelone', 'cli'],
    packages: [],
    node: true,
  },
  cli: { rooms: ['config', 'report', 'domain', 'ports.ts'], packages: ['commander'], node: true },
}

/** `domain` for src/domain/…, `broker/paper` for src/broker/paper/…, `main.ts` for src/main.ts. */
function roomOf(path: string): string {
  const [first = '', second = '', third] = path.slice('src/'.length).split('/')
  const isFolder = third !== undefined
  return isFolder && (first === 'broker' || first === 'web') ? `${first}/${second}` : first
}

export const checkImports: Check = (tree) =>
  sourceOf(tree).flatMap((file) => {
    const room = roomOf(file.path)
    if (room === 'main.ts') return []
    const allowed = edges[room] ?? edges[room.split('/')[0] ?? '']
    if (allowed === undefined) {
      return [`${file.path}: src/${room} is no room of the plan; give it a row in the import table`]
    }
    return importsOf(file).flatMap((imported) => judgeImport(file, room, allowed, imported))
  })

function judgeImport(file: SourceFile, room: string, allowed: Edges, imported: string): string[] {
  if (imported.startsWith('node:')) {
    return allowed.node ? [] : [`${file.path} imports ${imported}: src/${room} knows no outside`]
  }
  if (!imported.startsWith('.')) {
    const name = imported.split('/', imported.startsWith('@') ? 2 : 1).join('/')
    if (allowed.packages.includes(name)) return []
    return [`${file.path} imports ${name}: src/${room} may use ${list(allowed.packages)}`]
  }
  const target = posix.join(posix.dirname(file.path), imported)
  const targetRoom = target.startsWith('src/') ? roomOf(target) : target
  const isAllowed = [targetRoom, target.slice('src/'.length)].some((it) =>
    allowed.rooms.includes(it),
  )
  if (targetRoom === room || isAllowed) return []
  return [`${file.path} imports ${target}: src/${room} may see ${list(allowed.rooms)}`]
}

const list = (names: readonly string[]) => (names.length === 0 ? 'nothing' : names.join(', '))

// --- domain and decide are pure ----------------------------------------------------------------

const impure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b/, 'reads a clock: time is an argument'],
  [/\bMath\.random\b|\bcrypto\b/, 'takes a chance: randomness is an argument'],
  [
    /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
    'sets a timer: a turn decides, it never waits',
  ],
  [/\bprocess\b|\bglobalThis\b/, 'reaches for the process'],
  [/\basync\b|\bawait\b|\bPromise\b/, 'is asynchronous: a decision is made at once'],
  [/\bconsole\b/, 'writes to the console: it gives its reasons back'],
  [/\bfetch\b|\bXMLHttpRequest\b|\bWebSocket\b/, 'reaches for the network'],
]

export const checkPurity: Check = (tree) =>
  sourceOf(tree)
    .filter(({ path }) => /^src\/(domain|decide)\//.test(path))
    .flatMap((file) => find(file, codeOf(file.text), impure))

export const checkEnvironment: Check = (tree) =>
  tree
    .filter((file) => isCode(file) && /^(src|scripts)\/.*\.ts$/.test(file.path))
    .filter(({ path }) => !path.startsWith('src/config/'))
    .flatMap((file) =>
      find(file, codeOf(file.text), [
        [/\bprocess\s*\.\s*env\b|\bprocess\s*\[/, 'reads the environment: only src/config does'],
      ]),
    )

export const checkExactNumbers: Check = (tree) =>
  sourceOf(tree).flatMap((file) =>
    find(file, codeOf(file.text), [
      [/\bparseFloat\b/, 'parses a binary float: numbers are exact (src/domain/numbers.ts)'],
    ]),
  )

// --- what only the ledger may claim ------------------------------------------------------------

export const checkRecorded: Check = (tree) =>
  sourceOf(tree)
    .filter(({ path }) => !path.startsWith('src/ledger/'))
    .flatMap((file) =>
      find(file, codeOf(file.text), [
        [
          /\bas (unknown as )?(readonly )?Recorded(Intent|Attempt|Signal|Plan)\b/,
          'claims that something is recorded: only src/ledger can know',
        ],
      ]),
    )

// --- files and folders -------------------------------------------------------------------------

/** The floor plan. A broker that nothing crosses a wire for has no wire, map and classify. */
const everyBroker = ['index', 'client', 'limits']
const overTheWire = ['wire', 'map', 'classify']
const withoutWire = ['paper']

export const checkBrokers: Check = (tree) => {
  const brokers = new Map<string, Set<string>>()
  for (const { path } of tree) {
    const [, broker = '', file = ''] = path.match(/^src\/broker\/([^/]+)\/([^/]+)\.ts$/) ?? []
    if (broker !== '') brokers.set(broker, (brokers.get(broker) ?? new Set()).add(file))
  }
  return [...brokers].flatMap(([broker, files]) =>
    [...everyBroker, ...(withoutWire.includes(broker) ? [] : overTheWire)]
      .filter((room) => !files.has(room))
      .map((room) => `src/broker/${broker} has no ${room}.ts: every broker has the same rooms`),
  )
}

const sayNothing =
  /^(utils?|helpers?|common|shared|types?|managers?|misc|lib|constants|interfaces?)$/

export const checkNames: Check = (tree) =>
  tree
    .filter(({ path }) => /^(src|tests|scripts)\//.test(path))
    .flatMap(({ path }) => {
      const parts = path.split('/').map((part) => part.replace(/\..*$/, ''))
      const empty = parts.find((part) => sayNothing.test(part))
      const found: string[] = []
      if (empty !== undefined) found.push(`${path}: "${empty}" says nothing about what is inside`)
      if (parts.at(-1) === 'index' && !/^src\/broker\/[^/]+\/index\.ts$/.test(path)) {
        found.push(`${path}: an index is for a broker's folder only; import the file itself`)
      }
      if (path.startsWith('src/') && parts.length > 4) {
        found.push(`${path}: more than two levels under src`)
      }
      return found
    })

export const checkHeads: Check = (tree) =>
  tree
    .filter((file) => isCode(file) && /^(src|scripts)\//.test(file.path))
    .filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*)/.test(text))
    .map(({ path }) => `${path} does not begin by saying what it is for and must never do`)

// --- leftovers ---------------------------------------------------------------------------------

export const checkLeftovers: Check = (tree) =>
  tree
    .filter(({ path }) => !path.startsWith('tests/tidy'))
    .flatMap((file) =>
      find(file, file.text, [
        [/\b(TODO|FIXME|XXX|HACK)\b/, 'has a leftover: do it, or write down where it is planned'],
      ]),
    )

export const checkTests: Check = (tree) =>
  tree
    .filter((file) => isCode(file) && /^tests\/.*\.test\.ts$/.test(file.path))
    .flatMap((file) =>
      find(file, codeOf(file.text), [
        [
          /\b(it|test|describe|bench)\b[\w.]*\.(skip|only|todo|fails)\b|\.(skipIf|runIf)\(|\bx(it|describe)\(/,
          'leaves a test out: every test runs everywhere',
        ],
        [/\bvi\.(mock|doMock|hoisted)\b/, 'mocks a module: use a real part or hand in a fake'],
      ]),
    )

const workplace: readonly (readonly [RegExp, string])[] = [
  [/\/work\/|\/tmp\/brief|\bworktree\b/, 'names a place where it was written'],
  [
    /\bshared\/\w+\.md|\b(design|house-style|smartapi|stack|peers|anchors|measured)\.md\b/,
    'names a paper that is not in the project',
  ],
  [/\b(claude|anthropic|assistant|chatbot|llm|colleague|co-founder)\b/i, 'names who wrote it'],
  [/\bissue #?\d{1,2}\b/i, 'names a task: say what and why instead'],
]

export const checkWorkplace: Check = (tree) =>
  tree
    .filter(({ path }) => !path.startsWith('tests/tidy'))
    .flatMap((file) => find(file, file.text, workplace))

// --- the README tells the truth ----------------------------------------------------------------

/** The pages that tell people what to type. */
const pages = ['README.md', 'docs/operating.md']

export const checkReadme: Check = (tree) => {
  if (!tree.some(({ path }) => path === 'README.md')) return ['README.md is missing']
  const manifest = tree.find(({ path }) => path === 'package.json')
  const scripts = Object.keys(JSON.parse(manifest?.text ?? '{}').scripts ?? {})
  const commands = tree
    .filter(({ path }) => path.startsWith('src/cli/'))
    .flatMap(({ text }) => [...text.matchAll(/\.command\(\s*'([a-z]+)/g)].map((match) => match[1]))
  return tree
    .filter(({ path }) => pages.includes(path))
    .flatMap(({ path, text }) => [
      ...[...text.matchAll(/(?:`|bin\/|^ *|\$ )lockstep ([a-z]+)|lockstep -- ([a-z]+)/gm)]
        .filter((match) => !commands.includes(match[1] ?? match[2]))
        .map(([said]) => `${path}: "${said.trim()}", and there is no such command`),
      ...[...text.matchAll(/(?:`|^ *)npm (?:run )?([a-z][a-z:-]*)/gm)]
        .filter(([, script = '']) => ![...scripts, 'ci', 'run'].includes(script))
        .map(([said]) => `${path}: "${said}", and package.json has no such script`),
    ])
}

// --- the npm scripts ---------------------------------------------------------------------------

/** With `exec`, so that npm's signals reach the program (docs/decisions/carried-node.md). */
const goodScript = /^exec node scripts\/launch\.cjs (\S+) --about "[^"]+"( [a-z]+)?$/

export const checkScripts: Check = (tree) => {
  const manifest = tree.find(({ path }) => path === 'package.json')
  const scripts = Object.entries<string>(JSON.parse(manifest?.text ?? '{}').scripts ?? {})
  return scripts.flatMap(([name, script]) => {
    const file = script.match(goodScript)?.[1]
    if (file === undefined) {
      return [`package.json: ${name} is not: exec node scripts/launch.cjs <file> --about "why"`]
    }
    return tree.some(({ path }) => path === file) ? [] : [`package.json: ${name} has no ${file}`]
  })
}

function sourceOf(tree: Tree): Tree {
  return tree.filter((file) => isCode(file) && file.path.startsWith('src/'))
}

function find(
  file: SourceFile,
  text: string,
  patterns: readonly (readonly [RegExp, string])[],
): readonly string[] {
  return patterns.flatMap(([pattern, complaint]) => {
    const found = text.match(pattern)
    return found === null ? [] : [`${file.path} ${complaint} (${found[0].trim()})`]
  })
}
