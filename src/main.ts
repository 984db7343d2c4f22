// The program: the only place where the parts are put together. Started by scripts/launch.cjs, which sees
// to a Node that is new enough before anything here is read.
import packageJson from '../package.json' with { type: 'json' }
import { runProgram } from './cli/program.ts'
import { addValidate } from './cli/validate.ts'
import { loadConfig } from './config/config.ts'
import { readProcessEnvironment } from './config/environment.ts'

process.exitCode = await runProgram(
  process.argv.slice(2),
  packageJson.version,
  {
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  },
  [
    addValidate({
      load: (configFile) =>
        loadConfig({ env: readProcessEnvironment(), cwd: process.cwd(), configFile }),
    }),
  ],
)
