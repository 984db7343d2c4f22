// Why the ledger can't be used, in words for the trader: what is wrong, and what to do. Nothing is lost
// by any of these: what a method returned is on disk, what it threw for is not in the ledger.
import { assertNever } from '../domain/assert.ts'

export type UnusableKind =
  /** Another engine runs on it. */
  | 'held'
  /** An engine that started later has taken over: this one must stop. */
  | 'takenOver'
  | 'damaged'
  | 'notALedger'
  /** Written by a newer Lockstep. */
  | 'newer'
  /** Written by an older Lockstep, and nobody who may change it has opened it since. */
  | 'older'
  /** A paper ledger opened as live, or the other way round. */
  | 'wrongMode'
  | 'missing'
  | 'notWritable'
  | 'diskFull'
  /** Somebody else kept it locked for longer than we wait. */
  | 'busy'
  /** The disk failed a read or a sync: nothing that follows can be trusted. */
  | 'failing'

export class LedgerUnusable extends Error {
  readonly kind: UnusableKind
  constructor(kind: UnusableKind, what: string, options?: ErrorOptions) {
    super(`${what}. ${remedyFor(kind)}`, options)
    this.name = 'LedgerUnusable'
    this.kind = kind
  }
}

function remedyFor(kind: UnusableKind): string {
  switch (kind) {
    case 'held':
      return 'Stop that one first; once it is gone, killed or not, the next start takes over at once.'
    case 'takenOver':
      return 'This engine stops: only the latest one may write.'
    case 'damaged':
      return 'Keep the file, put the newest one of the backup folder in its place, and compare positions before going live.'
    case 'notALedger':
      return 'Move it away or name another file; if it was a ledger, take the newest backup.'
    case 'newer':
      return 'Update Lockstep, or use the backup made before the newer one opened it.'
    case 'older':
      return 'Start the engine once: it makes a backup and brings the file up to date.'
    case 'wrongMode':
      return 'Live and paper facts are kept in a file each; name the other file.'
    case 'missing':
      return 'Start the engine once, or name the right data folder.'
    case 'notWritable':
      return 'Give the user that runs Lockstep the right to write there.'
    case 'diskFull':
      return 'Free some space: nothing is sent that cannot be written down. An engine that had to stop for it goes on where it was when it is started again.'
    case 'busy':
      return 'Try again; if it stays so, look for a program that keeps the file open.'
    case 'failing':
      return 'Stop, check the disk, start again: what was recorded is looked up then.'
    default:
      return assertNever(kind)
  }
}

/** What the storage said, as one of the above; anything else is a bug and goes on as it is. */
export function explain(error: unknown, path: string): unknown {
  if (error instanceof LedgerUnusable || !(error instanceof Error) || !('code' in error))
    return error
  const kind = kindOf(String(error.code))
  return kind === null
    ? error
    : new LedgerUnusable(kind, `${path}: ${error.message}`, { cause: error })
}

// Evidence to kind, first match wins. A refused write is called a full disk because quotas and file
// size limits show as a plain write error.
const EVIDENCE: readonly (readonly [RegExp, UnusableKind])[] = [
  [/^SQLITE_CORRUPT/, 'damaged'],
  [/^SQLITE_NOTADB/, 'notALedger'],
  [/^(SQLITE_FULL|SQLITE_IOERR_WRITE|ENOSPC|EDQUOT|EFBIG)$/, 'diskFull'],
  [
    /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS|ENOTDIR|EEXIST)/,
    'notWritable',
  ],
  [/^(SQLITE_BUSY|SQLITE_LOCKED)/, 'busy'],
  [/^(SQLITE_IOERR|EIO)/, 'failing'],
]

const kindOf = (code: string): UnusableKind | null =>
  EVIDENCE.find(([pattern]) => pattern.test(code))?.[1] ?? null
