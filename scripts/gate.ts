// `npm test`: everything that must hold before a change is delivered, in one readable output. A step that
// passes is one line, a step that fails is shown whole. CI runs the same; there is no second, laxer gate.
// The quick steps run side by side, then the tests. Arguments go to vitest (`npm test -- tests/decide`).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { isChromiumThere, WITHOUT_CHROMIUM } from './chromium.ts'
import { locateProgram } from './programs.ts'

interface Step {
  readonly name: string
  readonly program: readonly string[]
  /** The part of the output that is worth reading when all is well. */
  readonly tell: (output: string) => string
}

interface Result {
  readonly step: Step
  readonly passed: boolean
  readonly output: string
  readonly seconds: string
}

const nothing = () => ''
const quick: readonly Step[] = [
  { name: 'types', program: [locateProgram('typescript', 'tsc'), '--noEmit'], tell: nothing },
  {
    name: 'types, page',
    program: [locateProgram('typescript', 'tsc'), '-p', 'src/web/page'],
    tell: nothing,
  },
  {
    name: 'lint, format',
    program: [locateProgram('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'],
    tell: nothing,
  },
  { name: 'dead code', program: [locateProgram('knip', 'knip'), '--no-progress'], tell: nothing },
]
const tests: Step = {
  name: 'tests',
  program: [locateProgram('vitest', 'vitest'), 'run', ...process.argv.slice(2)],
  tell: (output) => stripVTControlCharacters(output).match(/^ *Tests +(.*)$/m)?.[1] ?? '',
}

async function run(step: Step): Promise<Result> {
  const began = performance.now()
  const child = spawn(process.execPath, step.program, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = await once(child, 'close')
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  return {
    step,
    passed: code === 0,
    output: process.stdout.isTTY ? output : stripVTControlCharacters(output),
    seconds,
  }
}

function show({ step, passed, output, seconds }: Result): boolean {
  const verdict = passed ? 'ok' : 'FAILED'
  const told = passed ? step.tell(output) : ''
  console.log(
    `${step.name.padEnd(14)}${verdict.padEnd(8)}${`${seconds} s`.padStart(8)}  ${told}`.trimEnd(),
  )
  if (!passed) console.log(`\n${output.trimEnd()}\n`)
  return passed
}

const results: boolean[] = []
for (const running of quick.map(run)) results.push(show(await running))
results.push(show(await run(tests)))
if (!isChromiumThere)
  console.log(`${'in a browser'.padEnd(14)}LEFT OUT          ${WITHOUT_CHROMIUM}`)
if (results.includes(false)) {
  console.log(`\n${results.filter((passed) => !passed).length} of ${results.length} steps failed.`)
  process.exitCode = 1
}
