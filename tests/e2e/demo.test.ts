import { expect, test } from 'vitest'
import { createStage } from './stage.ts'

// Its story alone takes more than twenty seconds.
test('npm start without an account shows the demo, ends by itself and keeps every promise', async () => {
  const stage = await createStage({ withAccounts: false })
  const program = stage.start('start')
  expect(await program.ended).toEqual({ code: 0, signal: null })
  const out = program.out()
  expect(out).toMatch(/^No account is set up yet, so here is the demo\.\nThis is a demo: /)
  for (const told of [
    'DEMO  a simulated broker, nothing is real',
    'REJECTED RMS: margin exceeds',
    'UNKNOWN, looked up by its tag',
    '#5 3/3 filled',
    'Nothing is held, nothing is open.',
  ])
    expect(out).toContain(told)
  expect(out.match(/^ {2}kept /gm)).toHaveLength(5)
  expect(out).not.toContain('BROKEN')
}, 90_000)
