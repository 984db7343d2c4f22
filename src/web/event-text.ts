// One server-sent event as it goes over the wire. Its data is JSON on one line, so that nothing in it can
// end the event early or begin another.
import type { Events } from './shapes/events.ts'

export const eventText = <N extends keyof Events>(name: N, data: Events[N]): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
