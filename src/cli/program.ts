// The command line as a whole: finds the command, and turns every ending into an exit code of the
// contract (0 done, 1 failed, 2 the setup or the command line is wrong). A user never sees a stack trace.
import { Command, CommanderError } from 'commander'

export interface Terminal {
  readonly version: string
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
}

/** What a command of the program is: it describes itself and gives back its exit code. */
export type AddCommand = (program: Command, end: (exitCode: number) => void) => void

const wrongSetup = 2

export async function runProgram(
  args: readonly string[],
  terminal: Terminal,
  commands: readonly AddCommand[],
): Promise<number> {
  let exitCode = 0
  const program = new Command('lockstep')
    .description('Copies what one master brokerage account does to many follower accounts.')
    .version(terminal.version)
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.complain })
    .showSuggestionAfterError()
    .exitOverride()
  for (const add of commands) {
    add(program, (code) => {
      exitCode = code
    })
  }

  if (args.length === 0) {
    program.outputHelp()
    return exitCode
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongSetup
    throw error
  }
}
