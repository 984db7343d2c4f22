// What only the owner of an account can put right: a login that the broker refused. `lockstep accounts verify`
// logs in once by hand and remembers it; then the program is started again, as it says itself.

import { planLogin, windowOf } from '../../src/broker/angelone/session.ts'
import { type AccountName, accountName } from '../../src/domain/ids.ts'
import { instant } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import type { DayPlan } from './day.ts'
import type { World } from './world.ts'

/** Every account that logs in nowhere until its owner acts. */
export function verifyStopped(plan: DayPlan, world: World): void {
  const names = ['MASTER', ...plan.followers.map(({ number }) => `FOLLOWER_${number}`)]
  const stopped = names.map((name) => accountName(name)).filter((name) => verify(world, name))
  if (stopped.length === 0) return
  world.say(`the owner verifies ${stopped.join(', ')}`)
  world.life()?.stop()
}

/** Whether there was anything to put right. */
function verify(world: World, name: AccountName): boolean {
  const now = world.now()
  return (
    world.atDesk((desk) => {
      const ledger = desk as Ledger
      const logins = ledger.logins(name, instant(0))
      if (planLogin(logins, () => true, now, true).kind !== 'stopped') return false
      const login = ledger.recordLogin(name, windowOf(now), String(logins.at(-1)?.secrets), now)
      ledger.recordLoginResult(login, 'accepted', now)
      return true
    }) ?? false
  )
}
