// The one failure of the memory that copying goes on with: entries stop, what closes goes on.

/** Whether a ledger threw this because the disk is full. Any ledger says so by its `kind`. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'kind' in error && error.kind === 'diskFull'
