// The program: the only place where the parts are put together. Started by scripts/launch.cjs, which sees
// to a Node that is new enough before anything here is read.
import packageJson from '../package.json' with { type: 'json' }
import { runProgram } from './cli/program.ts'

process.exitCode = await runProgram(
  process.argv.slice(2),
  {
    version: packageJson.version,
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  },
  [],
)
