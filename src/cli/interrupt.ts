// Being told to stop. The first request asks for an orderly end: stop watching, finish what is being sent,
// write the record. A second one ends the program at once; nothing is lost by that.
//
//   running → (request) → stopping → (request, later than the same keypress) → gone
//
// A Ctrl-C reaches every process of a terminal's group, and npm and the launcher pass on what they got, so
// one keypress may arrive up to three times within milliseconds. Nobody but the receiver can tell that it
// was one, and taken for two it would cut off an orderly end.

export interface Interrupt {
  /** Aborts on the first request. */
  readonly signal: AbortSignal
  /** Stops listening, for a program that has ended in order. */
  ignore(): void
}

export interface Interruptible {
  on(name: NodeJS.Signals, listener: () => void): unknown
  off(name: NodeJS.Signals, listener: () => void): unknown
}

const requests: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** Longer than npm takes to pass a signal on, shorter than a person who presses again on purpose. */
const samePressMs = 500

export function listenForInterrupt(
  program: Interruptible,
  monotonicMs: () => number,
  endAtOnce: () => void,
): Interrupt {
  const controller = new AbortController()
  let firstAtMs: number | null = null

  const hear = () => {
    const nowMs = monotonicMs()
    if (firstAtMs === null) {
      firstAtMs = nowMs
      controller.abort()
    } else if (nowMs - firstAtMs > samePressMs) {
      endAtOnce()
    }
  }

  for (const request of requests) program.on(request, hear)
  return {
    signal: controller.signal,
    ignore: () => {
      for (const request of requests) program.off(request, hear)
    },
  }
}
