import { describe, expect, it } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'

async function run(...args: string[]) {
  let out = ''
  let complaints = ''
  const exitCode = await runProgram(
    args,
    {
      version: '1.2.3',
      write: (text) => {
        out += text
      },
      complain: (text) => {
        complaints += text
      },
    },
    [
      (program, end) => {
        program.command('validate').action(() => end(0))
      },
    ],
  )
  return { exitCode, out, complaints }
}

describe('the command line', () => {
  it('lists its commands when asked for nothing', async () => {
    const { exitCode, out, complaints } = await run()
    expect(exitCode).toBe(0)
    expect(out).toContain('Usage: lockstep')
    expect(out).toContain('validate')
    expect(complaints).toBe('')
  })

  it.each([
    [
      'an unknown command',
      ['valdate'],
      "error: unknown command 'valdate'\n(Did you mean validate?)",
    ],
    ['an unknown option', ['validate', '--jsn'], "error: unknown option '--jsn'"],
    ['an unknown option of the program', ['--versio'], "error: unknown option '--versio'"],
  ])('refuses %s with the nearest name and exit code 2', async (_, args, complaint) => {
    const { exitCode, out, complaints } = await run(...args)
    expect(exitCode).toBe(2)
    expect(complaints).toContain(complaint)
    expect(complaints).not.toContain('at ')
    expect(out).toBe('')
  })

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({ exitCode: 0, out: '1.2.3\n' })
  })
})
