import { describe, expect, it } from 'vitest'
import { type AddCommand, Refusal } from '../../src/cli/program.ts'
import { runOn } from './terminal.ts'

const validate: AddCommand = (program, _terminal, end) => {
  program
    .command('validate')
    .option('--json')
    .action(() => end(0))
}
const fail: AddCommand = (program) => {
  program.command('fail').action(() => {
    throw new Error('bug: the lane is nowhere')
  })
}
const refuse: AddCommand = (program) => {
  program.command('refuse').action(() => {
    throw new Refusal('there is no such follower')
  })
}
const run = (...args: readonly string[]) => runOn([validate, fail, refuse], ...args)

describe('the command line', () => {
  it('lists its commands when asked for nothing', async () => {
    const { exitCode, out, complaints } = await run()
    expect(out).toContain('Usage: lockstep')
    expect(out).toContain('validate')
    expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: '' })
  })

  it.each([
    ['an unknown command', ['valdate'], "unknown command 'valdate'\n(Did you mean validate?)"],
    ['an unknown option', ['validate', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
    ['an unknown option of the program', ['--versio'], "'--versio'\n(Did you mean --version?)"],
    ['a word too many', ['validate', 'now'], 'too many arguments'],
  ])('refuses %s with the nearest name and exit code 2', async (_, args, complaint) => {
    const { exitCode, out, complaints } = await run(...args)
    expect(complaints).toContain(complaint)
    expect(complaints).not.toContain('    at ')
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  })

  it('tells a fault of its own in a line, and where with --debug', async () => {
    const plain = await run('fail')
    expect(plain.exitCode).toBe(1)
    expect(plain.complaints).toMatch(/^lockstep: unexpected: bug: the lane is nowhere\n.*--debug/)
    expect(plain.complaints).not.toContain('    at ')
    expect((await run('fail', '--debug')).complaints).toContain('program.test.ts')
  })

  it('tells a refusal as it stands', async () => {
    expect(await run('refuse')).toEqual({
      exitCode: 2,
      out: '',
      complaints: 'error: there is no such follower\n',
    })
  })

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({ exitCode: 0, out: '1.2.3\n' })
  })
})
