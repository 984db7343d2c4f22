import { expect, test } from 'vitest'
import { createStage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
const FOLLOWERS = [1, 2, 3, 4, 5, 6]
const KILLS = 20
/** Every so many starts it is left until it copies; in between it is killed wherever its start has come to. */
const COPIES_EVERY = 3
const LONGEST_START_MS = 2500
/** Until the last of six orders has long been answered on a quick machine. */
const LONGEST_COPY_MS = 400

test(`killed at ${KILLS} random moments with six followers: every copy once, none lost`, async () => {
  // Each start comes half a minute later, with the next code; an entry is copied all the same.
  const yaml = 'maxAge: 60m\nmaxSlippage: off\n'
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: FOLLOWERS.length, yaml })
  const waits: string[] = []
  const wait = async (most: number): Promise<void> => {
    const ms = Math.floor(Math.random() * most)
    const begun = performance.now()
    await stage.until('its moment', () => performance.now() - begun >= ms)
    waits.push(String(ms))
  }
  let program = await stage.startCopying(...LIVE)
  // What is in doubt is sent again only where the book is known to show our tags.
  stage.trade('BUY', 50)
  await stage.until('all followed', () => stage.positions().every((one) => one === '50'))
  for (let kill = 1; kill <= KILLS; kill++) {
    stage.trade('BUY', 50)
    await wait(kill % COPIES_EVERY === 1 ? LONGEST_COPY_MS : LONGEST_START_MS)
    program.kill('SIGKILL')
    await program.ended
    const isToCopy = kill % COPIES_EVERY === 0 || kill === KILLS
    program = isToCopy ? await stage.startCopying(...LIVE) : stage.start(...LIVE)
  }
  const told = `killed after ${waits.join(', ')} ms`
  const all = String(50 * (KILLS + 1))
  await stage.until(
    `all followed, ${told}`,
    () => stage.positions().every((one) => one === all),
    60_000,
  )
  stage.trade('SELL', Number(all))
  await stage.until(`all are flat, ${told}`, () => stage.positions().every((one) => one === '0'))
  for (const follower of FOLLOWERS) {
    const bought = stage.orders(follower).filter((order) => order.startsWith('BUY'))
    expect(bought, `FOLLOWER_${follower}, ${told}`).toEqual(Array(KILLS + 1).fill('BUY 50'))
  }
  expect(stage.wrongs(), told).toEqual([])
  await stage.until('all is told', () => program.out().includes('6/6 filled'))
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain('Nothing is held, nothing is open.')
}, 240_000)
