// Points of many followers on one axis of time, as a chart takes them. A drawing needs no exact numbers, so
// here, and only here, amounts become floats; every figure that is read stands in a table too. Pure.
import type { Point } from '../shapes/charts.ts'

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
}

/** Seconds, then a row of values for each line; null before its first point. A value holds until the next. */
export type Aligned = [number[], ...(number | null)[][]]

export function aligned(lines: readonly Line[]): Aligned {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => Date.parse(at))))]
  times.sort((a, b) => a - b)
  return [times.map((ms) => ms / 1000), ...lines.map(({ points }) => heldAt(points, times))]
}

function heldAt(points: readonly Point[], times: readonly number[]): (number | null)[] {
  let next = 0
  let value: number | null = null
  return times.map((time) => {
    for (;;) {
      const point = points[next]
      if (point === undefined || Date.parse(point.at) > time) return value
      value = Number(point.value)
      next += 1
    }
  })
}

/** Where an axis of days is marked: under its bars, as many of them as there is room for. */
export function marksOf(days: ArrayLike<number>, most: number): number[] {
  const every = Math.max(1, Math.ceil(days.length / most))
  return Array.from(days).filter((_, index) => index % every === 0)
}

const ROOM = { day: 43_200, time: 0 } as const
const AROUND_ONE = { day: 43_200, time: 60 } as const

/**
 * From where to where the axis of time goes, in seconds. A bar stands on its day: without room beside it the first
 * and the last would be halves. Around a single point uPlot, left alone, draws some years.
 */
export function spanOf(
  times: ArrayLike<number>,
  from: number,
  to: number,
  unit: 'day' | 'time',
): [number, number] {
  const first = times[0]
  return first !== undefined && first === times[times.length - 1]
    ? [first - AROUND_ONE[unit], first + AROUND_ONE[unit]]
    : [from - ROOM[unit], to + ROOM[unit]]
}

/** The followers that are drawn when nobody has chosen: those with the largest figure, win or loss. */
export function largest(lines: readonly Line[], count: number): readonly string[] {
  const sizeOf = ({ points }: Line): number => Math.abs(Number(points.at(-1)?.value ?? 0))
  return lines
    .toSorted((a, b) => sizeOf(b) - sizeOf(a))
    .slice(0, count)
    .map(({ name }) => name)
}
