// The options of the scripts: what is read, what is refused and how plainly, what the help tells.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  above0,
  flag,
  interpret,
  oneOf,
  text,
  texts,
  whole,
  wholes,
} from '../../scripts/options.ts'

const OPTIONS = {
  minutes: above0('how long', 60),
  seed: whole('which one', 1, 1),
  from: whole('may be left out', undefined),
  followers: wholes('how many each', undefined),
  only: text('a name'),
  quick: flag('less of everything'),
  join: texts('adds up'),
  mutant: oneOf('alone', ['a', 'b']),
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
      join: undefined,
      mutant: undefined,
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

test('what follows an option that takes several is its own, up to the next one', () => {
  expect(read('--join', 'a.json', 'b.json', '--mutant', 'b')).toMatchObject({
    values: { join: ['a.json', 'b.json'], mutant: 'b' },
  })
  expect(read('--join', 'a.json', '--quick', 'b.json')).toMatchObject({
    wrong: expect.stringContaining('"b.json" is no option'),
  })
})

test.each([
  [['--mutant', 'c'], '--mutant takes one of a, b, not "c"'],
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
  --quick            less of everything
  --join TEXT…       adds up
  --mutant NAME      alone`,
  })
})

test.each([
  ['soak', 'soak', '--seed', 'a whole number from 1'],
  ['storm', 'storm', '--minutes', 'a number above 0'],
  ['simulator', 'simulator', '--port', 'a whole number from 0'],
  ['simulate', 'simulate', '--seeds', 'a whole number from 1'],
  ['mutants', 'mutants', '--only', 'one of doubtIsNo, '],
  ['bench', 'bench/speed', '--followers', 'whole numbers with commas between'],
  ['bench:web', 'bench/web', '--browsers', 'a whole number from 1'],
  ['bench:ledger', 'bench/ledger', '--intents', 'a whole number from 1'],
  ['bench:kept', 'bench/kept', '--orders', 'a whole number from 1'],
])('npm run %s says what there is, and what is wrong', (script, file, option, allowed) => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [`scripts/${file}.ts`, ...args], { encoding: 'utf8' })
  const help = run('--help')
  expect(help.stdout).toContain(`npm run ${script} -- [options]`)
  expect(help.stdout).toContain(option)
  expect(help.status).toBe(0)
  const wrong = run(option, 'x')
  expect(wrong.stderr).toContain(`npm run ${script}: ${option} takes ${allowed}`)
  expect(wrong.status).toBe(2)
})
