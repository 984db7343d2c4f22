import { expect, test } from 'vitest'
import { createStage } from './stage.ts'

test('mirror, fixed and multiplier: entries, a partial exit, and flat with the master', async () => {
  const stage = await createStage({
    followers: 3,
    yaml: `followers:
  FOLLOWER_2: { sizing: { mode: fixed, quantity: 30 } }
  FOLLOWER_3: { sizing: { mode: multiplier, by: 0.5 } }
`,
  })
  const { until, positions } = stage
  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  stage.trade('BUY', 100)
  await until('all followed', () => positions().join() === '100,30,50')
  stage.trade('SELL', 50)
  await until('all left half', () => positions().join() === '50,15,25')
  stage.trade('SELL', 50)
  await until('all are flat', () => positions().join() === '0,0,0')
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain('Nothing is held, nothing is open.\n')
})
