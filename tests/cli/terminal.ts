// A terminal that remembers what was written to it, and the command line run on it.
import { type AddCommand, runProgram } from '../../src/cli/program.ts'

export async function runOn(commands: readonly AddCommand[], ...args: readonly string[]) {
  let out = ''
  let complaints = ''
  const exitCode = await runProgram(
    args,
    '1.2.3',
    {
      write: (text) => {
        out += text
      },
      complain: (text) => {
        complaints += text
      },
    },
    commands,
  )
  return { exitCode, out, complaints }
}
