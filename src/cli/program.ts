// The command line as a whole: finds the command, and turns every ending into an exit code of the contract
// (0 done, 1 failed, 2 the setup or the command line is wrong). What the user did wrong is answered without
// a stack trace; a fault of the program is one line that says where, and its stack with --debug.
import { Command, CommanderError } from 'commander'

export interface Terminal {
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
}

export const exitCodes = { done: 0, failed: 1, wrongSetup: 2 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A command that can't be done as it was given: told as it stands. Nothing was changed by it. */
export class Refusal extends Error {
  readonly exitCode: ExitCode
  constructor(message: string, exitCode: ExitCode = exitCodes.wrongSetup) {
    super(message)
    this.name = 'Refusal'
    this.exitCode = exitCode
  }
}

/** Adds one command to the program. `end` takes the exit code that its action came to. */
export type AddCommand = (
  program: Command,
  terminal: Terminal,
  end: (exitCode: ExitCode) => void,
) => void

export async function runProgram(
  args: readonly string[],
  version: string,
  terminal: Terminal,
  commands: readonly AddCommand[],
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done
  const program = new Command('lockstep')
    .description('Copies what one master brokerage account does to many follower accounts.')
    .version(version, '--version', 'tell the version')
    .option('--debug', 'tell where a fault of the program itself arose')
    .helpOption('--help', 'tell what a command does and takes')
    .helpCommand(false)
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.complain })
    .exitOverride()
  for (const add of commands) {
    add(program, terminal, (code) => {
      exitCode = code
    })
  }

  if (args.length === 0) {
    program.outputHelp()
    return exitCodes.done
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongSetup
    }
    if (error instanceof Refusal) {
      terminal.complain(`error: ${error.message}\n`)
      return error.exitCode
    }
    terminal.complain(describeFailure(error, program.opts().debug === true))
    return exitCodes.failed
  }
}

function describeFailure(error: unknown, withStack: boolean): string {
  if (!(error instanceof Error)) return `lockstep: unexpected: ${String(error)}\n`
  const where = error.stack?.match(/\(?(?:file:\/\/)?[^\s()]*\/(src\/[^\s()]+:\d+):\d+\)?/)?.[1]
  const line = `lockstep: unexpected: ${error.message}${where === undefined ? '' : ` (${where})`}\n`
  if (withStack) return `${line}${error.stack}\n`
  return `${line}This is a fault of the program. With --debug it tells where it arose.\n`
}
