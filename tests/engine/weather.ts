// Bad weather by where it strikes: what a broker and a network do to placing, to changing, to reading and to
// the stream. Each may strike again and again for some seconds, and no promise may depend on that it doesn't.
import { type Fault, fault } from '../../src/simulator/faults.ts'

export const PLACING: readonly (() => Fault)[] = [
  () => fault.reset('after'),
  () => fault.lostReply(),
  () => fault.delay(1500),
  () => fault.delay(2500, 'after'),
  () => fault.serverError('after'),
  () => fault.internalError('after'),
  () => fault.emptyBody(200, 'after'),
  () => fault.cutJson(),
  () => fault.blockPage(200, 'after'),
  () => fault.softLimit(),
  () => fault.rateLimitText(),
  () => fault.tooMany(),
  () => fault.invalidToken(),
  () => fault.sessionExpired(),
  () => fault.unauthorized(),
]
export const LOST_REQUESTS: readonly (() => Fault)[] = [
  () => fault.lostRequest(),
  () => fault.reset('before'),
  () => fault.serverError('before'),
  () => fault.internalError('before'),
  () => fault.emptyBody(200, 'before'),
]
export const CHANGING: readonly (() => Fault)[] = [
  () => fault.ignored(),
  () => fault.reset('before'),
  () => fault.reset('after'),
  () => fault.lostReply(),
  () => fault.serverError('before'),
  () => fault.softLimit(),
  () => fault.invalidToken(),
  () => fault.delay(1500),
]
export const READING: readonly (() => Fault)[] = [
  () => fault.reset('before'),
  () => fault.serverError('before'),
  () => fault.delay(2000, 'after'),
  () => fault.rateLimitText(),
  () => fault.softLimit(),
  () => fault.cutJson(),
  () => fault.invalidToken(),
  () => fault.lostReply(),
]
export const READING_BOOK: readonly (() => Fault)[] = [
  ...READING,
  () => fault.staleBook(3000),
  () => fault.staleBook(12_000),
  () => fault.reorderedRows(),
  () => fault.unreadableRow(),
]
export const STREAMING: readonly (() => Fault)[] = [
  () => fault.duplicatedFrame(),
  () => fault.staleFrame(),
  () => fault.greetingFrame(),
  () => fault.droppedFrame(),
  () => fault.unreadableFrame(),
  () => fault.lateFrame(3000),
  () => fault.deadStream(),
  () => fault.closedStream(),
]
