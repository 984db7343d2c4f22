// The project's own rules, read off its files. Every check is also run on a small tree that breaks it: a
// check that can't fail proves nothing.
import { describe, expect, it } from 'vitest'
import {
  type Check,
  checkBrokers,
  checkEnvironment,
  checkExactNumbers,
  checkHeads,
  checkImports,
  checkLeftovers,
  checkNames,
  checkPurity,
  checkReadme,
  checkRecorded,
  checkScripts,
  checkTests,
  checkWorkplace,
} from './tidy/checks.ts'
import { codeOf, makeTree, readTree, type Tree } from './tidy/tree.ts'

const project = readTree('.')

interface Rule {
  readonly name: string
  readonly check: Check
  /** Each breaks the rule in a way of its own; the finding must hold the text beside it. */
  readonly wrong: readonly (readonly [Tree, string])[]
}

const one = (path: string, text: string): Tree => makeTree({ [path]: text })
const importing = (path: string, imported: string) => one(path, `import { a } from '${imported}'\n`)

const rules: readonly Rule[] = [
  {
    name: 'imports point one way',
    check: checkImports,
    wrong: [
      [importing('src/domain/a.ts', '../decide/b.ts'), 'may see nothing'],
      [importing('src/decide/a.ts', '../ports.ts'), 'may see domain'],
      [importing('src/decide/a.ts', '../ledger/b.ts'), 'may see domain'],
      [importing('src/ports.ts', './decide/b.ts'), 'may see domain'],
      [importing('src/config/a.ts', '../ports.ts'), 'may see domain'],
      [importing('src/ledger/a.ts', '../broker/paper/index.ts'), 'may see domain, ports.ts'],
      [importing('src/broker/paper/a.ts', '../angelone/b.ts'), 'may see domain, ports.ts'],
      [importing('src/simulator/a.ts', '../ports.ts'), 'may see domain'],
      [importing('src/engine/a.ts', '../ledger/b.ts'), 'may see domain, decide, ports.ts'],
      [importing('src/cli/a.ts', '../engine/b.ts'), 'may see config, report'],
      [importing('src/report/a.ts', '../main.ts'), 'may see domain, ports.ts'],
      [importing('src/web/a.ts', '../report/b.ts'), 'may see domain, ports.ts'],
      [importing('src/web/page/a.tsx', '../app.ts'), 'may see web/shapes'],
      [importing('src/web/page/a.tsx', '../../domain/a.ts'), 'may see web/shapes'],
      [importing('src/web/a.ts', './page/app.tsx'), 'may see domain, ports.ts'],
      [importing('src/domain/a.ts', 'node:fs'), 'knows no outside'],
      [importing('src/decide/a.ts', 'zod'), 'may use nothing'],
      [importing('src/ledger/a.ts', 'axios'), 'may use better-sqlite3'],
      [one('src/decide/a.ts', "export * from '../engine/b.ts'"), 'may see domain'],
      [one('src/decide/a.ts', "const b = await import('../engine/b.ts')"), 'may see domain'],
      [importing('src/plumbing/a.ts', '../domain/b.ts'), 'no room of the plan'],
    ],
  },
  {
    name: 'domain and decide are pure',
    check: checkPurity,
    wrong: [
      [one('src/domain/a.ts', 'const now = Date.now()'), 'reads a clock'],
      [one('src/decide/a.ts', 'const now = new Date()'), 'reads a clock'],
      [one('src/decide/a.ts', 'const dice = Math.random()'), 'takes a chance'],
      [one('src/decide/a.ts', 'setTimeout(f, 1)'), 'sets a timer'],
      [one('src/decide/a.ts', 'if (process.platform) f()'), 'reaches for the process'],
      [one('src/domain/a.ts', 'export async function f() {}'), 'is asynchronous'],
      [one('src/domain/a.ts', 'type A = Promise<number>'), 'is asynchronous'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
      [one('src/domain/a.ts', 'const a = `${console.log(1)}`'), 'writes to the console'],
      [one('src/domain/a.ts', "const a = /'/; fetch('x')"), 'reaches for the network'],
    ],
  },
  {
    name: 'only the configuration reads the environment',
    check: checkEnvironment,
    wrong: [
      [one('src/cli/a.ts', 'const key = process.env.API_KEY'), 'only src/config'],
      [one('src/main.ts', "const key = process['env']"), 'only src/config'],
      [one('scripts/a.ts', 'const { env } = process.env'), 'only src/config'],
    ],
  },
  {
    name: 'numbers are exact',
    check: checkExactNumbers,
    wrong: [[one('src/broker/paper/map.ts', 'parseFloat(row.price)'), 'binary float']],
  },
  {
    name: 'only the ledger says that something is recorded',
    check: checkRecorded,
    wrong: [
      [one('src/engine/a.ts', 'lane.send(intent as RecordedIntent)'), 'only src/ledger'],
      [one('src/broker/paper/a.ts', 'x as unknown as RecordedAttempt'), 'only src/ledger'],
    ],
  },
  {
    name: 'brokers have the same rooms',
    check: checkBrokers,
    wrong: [
      [one('src/broker/acme/index.ts', ''), 'src/broker/acme has no classify.ts'],
      [one('src/broker/paper/index.ts', ''), 'src/broker/paper has no client.ts'],
    ],
  },
  {
    name: 'names say what is inside',
    check: checkNames,
    wrong: [
      [one('src/engine/utils.ts', ''), '"utils" says nothing'],
      [one('src/helpers/lane.ts', ''), '"helpers" says nothing'],
      [one('tests/common/lane.ts', ''), '"common" says nothing'],
      [one('src/decide/index.ts', ''), "a broker's folder only"],
      [one('src/broker/acme/wire/orders.ts', ''), 'more than two levels'],
    ],
  },
  {
    name: 'files begin by saying what they are for',
    check: checkHeads,
    wrong: [[one('src/engine/lane.ts', "import { a } from './a.ts'"), 'does not begin']],
  },
  {
    name: 'nothing is left over',
    check: checkLeftovers,
    wrong: [
      [one('src/engine/lane.ts', '// TODO later'), 'has a leftover'],
      [one('docs/operating.md', 'FIXME'), 'has a leftover'],
    ],
  },
  {
    name: 'every test runs, on real parts',
    check: checkTests,
    wrong: [
      [one('tests/a.test.ts', "it.skip('x', f)"), 'leaves a test out'],
      [one('tests/a.test.ts', "describe.concurrent.only('x', f)"), 'leaves a test out'],
      [one('tests/a.test.ts', "it.skipIf(isWindows)('x', f)"), 'leaves a test out'],
      [one('tests/a.test.ts', "vi.mock('../src/ledger/open.ts')"), 'mocks a module'],
    ],
  },
  {
    name: 'the project speaks of itself alone',
    check: checkWorkplace,
    wrong: [
      [one('README.md', 'see /work/main'), 'names a place'],
      [one('src/ports.ts', '// see shared/design.md'), 'names a paper'],
      [one('docs/a.md', 'Written by an assistant.'), 'names who'],
      [one('CHANGELOG.md', 'Fixes issue #12'), 'names a task'],
    ],
  },
  {
    name: 'the README and the page for operating tell the truth',
    check: checkReadme,
    wrong: [
      [makeTree({ 'README.md': 'Run `npm run fly`', 'package.json': '{}' }), 'no such script'],
      [makeTree({ 'README.md': 'Run `lockstep fly`', 'package.json': '{}' }), 'no such command'],
      [makeTree({ 'README.md': '    bin/lockstep fly', 'package.json': '{}' }), 'no such command'],
      [
        makeTree({
          'README.md': 'npm run lockstep -- fly',
          'package.json': '{"scripts":{"lockstep":""}}',
        }),
        'no such command',
      ],
      [
        makeTree({ 'README.md': '', 'docs/operating.md': 'Then `lockstep fly`.' }),
        'docs/operating.md: "`lockstep fly", and there is no such command',
      ],
      [makeTree({}), 'missing'],
    ],
  },
  {
    name: 'npm scripts go through the launcher and say what for',
    check: checkScripts,
    wrong: [
      [one('package.json', '{"scripts":{"fly":"node fly.ts"}}'), 'fly is not: exec node'],
      [
        one(
          'package.json',
          '{"scripts":{"fly":"exec node scripts/launch.cjs a.ts --about \\"x\\""}}',
        ),
        'fly has no a.ts',
      ],
    ],
  },
]

describe.each(rules)('$name', ({ check, wrong }) => {
  it('holds here', () => {
    expect(check(project)).toEqual([])
  })

  it.each(wrong.map(([tree, finding]) => ({ tree, finding })))(
    'is missed when broken: $finding',
    ({ tree, finding }) => {
      expect(check(tree).join('\n')).toContain(finding)
    },
  )
})

describe('the reading of code', () => {
  it('sees the project', () => {
    expect(project.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'package.json',
        'src/main.ts',
        'src/domain/numbers.ts',
        'bin/lockstep',
      ]),
    )
  })

  it.each([
    ['a comment', 'a // await\nb', 'a \nb'],
    ['a block comment', 'a /* await */ b', 'a  b'],
    ['a string', "f('await')", "f('')"],
    ['an escaped quote', "f('it\\'s await') + g", "f('') + g"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
    ['a template', 'f(`await ${now({ a: 1 })} await`) + g', "f('' (now({ a: 1 })) ) + g"],
    ['a regular expression', "x.replace(/['await]/, y)", 'x.replace(/./, y)'],
    ['a division', 'a / b / c', 'a / b / c'],
  ])('leaves out %s', (_, text, code) => {
    expect(codeOf(text)).toBe(code)
  })
})
