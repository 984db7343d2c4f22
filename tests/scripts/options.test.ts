// The options of the scripts: what is read, what is refused and how plainly, what the help tells.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { above0, flag, interpret, text, whole, wholes } from '../../scripts/options.ts'

const OPTIONS = {
  minutes: above0('how long', 60),
  seed: whole('which one', 1, 1),
  from: whole('may be left out', undefined),
  followers: wholes('how many each', undefined),
  only: text('a name'),
  quick: flag('less of everything'),
}
const read = (...args: string[]) => interpret('trial', 'What it does.', OPTIONS, args)

test('what is not said is as usual', () => {
  expect(read()).toEqual({
    values: {
      minutes: 60,
      seed: 1,
      from: undefined,
      followers: undefined,
      only: undefined,
      quick: false,
    },
  })
})

test('what is said is read, with or without the equals sign', () => {
  expect(
    read('--minutes', '1.5', '--seed=7', '--quick', '--followers', '1,20', '--only', 'x'),
  ).toMatchObject({
    values: { minutes: 1.5, seed: 7, quick: true, followers: [1, 20], only: 'x' },
  })
})

test.each([
  [['--seed', 'seven'], '--seed takes a whole number from 1, not "seven"'],
  [['--seed', '0'], '--seed takes a whole number from 1, not "0"'],
  [['--seed'], '--seed takes a whole number from 1, not ""'],
  [['--minutes', '0'], '--minutes takes a number above 0, not "0"'],
  [['--minutes', '-3'], '--minutes takes a number above 0, not "-3"'],
  [['--followers', '1;2'], '--followers takes whole numbers with commas between, not "1;2"'],
  [['--quick=yes'], '--quick takes nothing'],
  [['--sede', '7'], 'there is no --sede'],
  [['7'], '"7" is no option'],
])('%j is refused: %s', (args, says) => {
  expect(read(...args)).toEqual({
    wrong: `npm run trial: ${says}; -- --help tells what there is`,
  })
})

test('the help names each option with what it takes and what is usual', () => {
  const answer = read('--seed', '3', '--help')
  expect(answer).toEqual({
    help: `npm run trial -- [options]

What it does.

  --minutes N        how long (60)
  --seed N           which one (1)
  --from N           may be left out
  --followers N,N,…  how many each
  --only TEXT        a name
  --quick            less of everything`,
  })
})

test.each(['soak', 'storm', 'simulator'])(
  'npm run %s says what is wrong and ends with 2',
  (script) => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [`scripts/${script}.ts`, ...args], { encoding: 'utf8' })
    const help = run('--help')
    expect(help.stdout).toContain('--seed N')
    expect(help.status).toBe(0)
    const wrong = run('--seed', 'x')
    expect(wrong.stderr).toBe(
      `npm run ${script}: --seed takes a whole number from ${script === 'simulator' ? 0 : 1}, not "x"; -- --help tells what there is\n`,
    )
    expect(wrong.status).toBe(2)
  },
)
