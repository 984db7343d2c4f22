// The simulator without sockets, for a simulation that lives on a virtual clock: a request waits as the
// wire would have it wait, and comes back as what a client would have seen.
import type { Instant } from '../domain/time.ts'
import type { Gateway, Request } from './gateway.ts'

/** Time, as far as carrying needs it. */
export interface Waiting {
  now(): Instant
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export type Carried =
  | {
      readonly kind: 'reply'
      readonly status: number
      readonly contentType: string
      readonly text: string
      readonly date: Instant
      /** The connection ended before the promised length. */
      readonly isCut: boolean
    }
  | { readonly kind: 'reset' }
  /** The client gave up; whether the request took effect is for the broker to know. */
  | { readonly kind: 'gaveUp' }

export async function carryInProcess(
  gateway: Gateway,
  clock: Waiting,
  request: Request,
  giveUp: AbortSignal,
): Promise<Carried> {
  const plan = gateway.receive(request, clock.now())
  // What is on its way takes effect whether or not anybody still waits for the answer.
  const carried = clock.sleep(plan.waitMs).then(async (): Promise<Carried> => {
    const { waitMs, answer } = plan.run(clock.now())
    if (answer.kind === 'silence') return await aborted(giveUp)
    await clock.sleep(waitMs)
    if (answer.kind === 'reset') return { kind: 'reset' }
    const whole = typeof answer.body === 'string' ? answer.body : [...answer.body].join('')
    const { status, contentType, date, cutAfterBytes, pace } = answer
    if (pace) await clock.sleep(Math.ceil(whole.length / pace.bytes) * pace.everyMs)
    const isCut = cutAfterBytes !== null && cutAfterBytes < whole.length
    const text = isCut ? whole.slice(0, cutAfterBytes) : whole
    return { kind: 'reply', status, contentType, text, date, isCut }
  })
  return await Promise.race([carried, aborted(giveUp)])
}

const aborted = (signal: AbortSignal): Promise<Carried> =>
  new Promise((resolve) => {
    const end = (): void => resolve({ kind: 'gaveUp' })
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
