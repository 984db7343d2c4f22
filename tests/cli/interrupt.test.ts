import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { listenForInterrupt } from '../../src/cli/interrupt.ts'

function hearAt(...timesMs: readonly number[]) {
  const program = new EventEmitter()
  let nowMs = 0
  let endings = 0
  const interrupt = listenForInterrupt(
    program,
    () => nowMs,
    () => {
      endings += 1
    },
  )
  for (const timeMs of timesMs) {
    nowMs = timeMs
    program.emit('SIGINT')
  }
  return { stopping: interrupt.signal.aborted, endings, interrupt, program }
}

describe('being told to stop', () => {
  it.each([
    ['nothing', [], false, 0],
    ['one request', [10], true, 0],
    ['one keypress that arrives three times', [10, 12, 60], true, 0],
    ['a second request', [10, 900], true, 1],
    ['a keypress and its echoes, twice', [10, 12, 900, 901], true, 2],
    ['somebody who presses in panic', [0, 200, 400, 600], true, 1],
  ])('%s', (_, timesMs, stopping, endings) => {
    expect(hearAt(...timesMs)).toMatchObject({ stopping, endings })
  })

  it('counts a Ctrl-C and a SIGTERM as requests of one kind', () => {
    const { program, interrupt } = hearAt()
    program.emit('SIGTERM')
    expect(interrupt.signal.aborted).toBe(true)
  })

  it('leaves nothing behind once the program has ended in order', () => {
    const { program, interrupt } = hearAt(10)
    interrupt.ignore()
    expect(program.eventNames()).toEqual([])
  })
})
