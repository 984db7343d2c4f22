// What the engine works with, handed in whole by `main`. The engine's rooms share nothing else.

import type { Calendar } from '../domain/calendar.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import type { Money } from '../domain/numbers.ts'
import type { SessionState } from '../domain/pulse.ts'
import type { EngineSettings, FollowerSettings } from '../domain/settings.ts'
import type { Windows } from '../domain/windows.ts'
import type {
  BrokerReader,
  BrokerWriter,
  Chance,
  Clock,
  EngineEvent,
  Instruments,
  Ledger,
  OrderStream,
} from '../ports.ts'

export interface Context {
  readonly clock: Clock
  readonly chance: Chance
  readonly ledger: Ledger
  readonly instruments: () => Instruments
  readonly calendar: Calendar
  readonly settings: EngineSettings
  readonly masterCapital: () => Money | null
  /** Whether the file that halts everything is there. */
  readonly isHaltedByFile: () => boolean
  /** Orders of another Lockstep in a book are left alone, and no reason to stop. */
  readonly takeOver: boolean
  /** Tells people; nothing that is told comes back. */
  readonly tell: (event: EngineEvent) => void
}

export interface MasterAccess {
  readonly account: AccountName
  readonly reader: BrokerReader
  /** null: readings only. */
  readonly stream: OrderStream | null
  readonly session: () => SessionState
  /** The longest `maxAge` of any follower: what is older is missed by all. */
  readonly entriesUpToMs: number
}

export interface FollowerAccess {
  readonly settings: FollowerSettings
  readonly mode: Mode
  readonly reader: BrokerReader
  readonly writer: BrokerWriter
  readonly stream: OrderStream | null
  readonly windows: Windows
  readonly capital: () => Money | null
  /** Stopped: its login was refused, and nothing can be sent for it. */
  readonly session: () => SessionState
}
