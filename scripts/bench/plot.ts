// A picture of a comparison: what there is more of to the right, milliseconds upwards, both by powers, since that is
// how they differ. Plain SVG of a few lines, readable on light and dark. Pure.
import { type Point, short } from './figures.ts'

export interface Curve {
  readonly name: string
  readonly color: string
  readonly points: readonly Point[]
}

const WIDTH = 720
const HEIGHT = 420
const LEFT = 64
const RIGHT = 170
const TOP = 40
const BOTTOM = 48

export function plotOf(title: string, across: string, curves: readonly Curve[]): string {
  const all = curves.flatMap(({ points }) => points)
  if (all.length === 0) throw new Error('there is nothing to plot')
  const x = scaleOf(
    all.map((point) => point.x),
    LEFT,
    WIDTH - RIGHT,
  )
  const y = scaleOf(
    all.map((point) => point.y),
    HEIGHT - BOTTOM,
    TOP,
  )
  const xs = [...new Set(all.map((point) => point.x))].sort((a, b) => a - b)
  const parts = [
    `<title>${title}</title>`,
    text(WIDTH / 2, 20, title, 'middle', 15),
    ...y.powers.flatMap((power) => [
      line(LEFT, y.at(power), WIDTH - RIGHT, y.at(power), '#8884'),
      text(LEFT - 8, y.at(power) + 4, `${power} ms`, 'end'),
    ]),
    ...xs.map((value) => text(x.at(value), HEIGHT - BOTTOM + 20, String(value), 'middle')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, 'middle'),
    ...curves.flatMap((curve) => drawn(curve, x.at, y.at)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" fill="#777">\n${parts.join('\n')}\n</svg>\n`
}

type Scale = (value: number) => number

function drawn({ name, color, points }: Curve, x: Scale, y: Scale): readonly string[] {
  const sorted = points.toSorted((a, b) => a.x - b.x)
  const path = sorted.map((point) => `${place(x(point.x))},${place(y(point.y))}`).join(' ')
  const end = sorted.at(-1)
  if (end === undefined) return []
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...sorted.map(
      (point) =>
        `<circle cx="${place(x(point.x))}" cy="${place(y(point.y))}" r="3" fill="${color}"/>`,
    ),
    text(x(end.x) + 10, y(end.y) + 4, `${name} ${short(end.y)}`, 'start', 12, color),
  ]
}

/** Powers of ten that hold the values, and where a value stands between the two ends. */
function scaleOf(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    powers: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
    at: (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  }
}

const place = (value: number): string => value.toFixed(1)

const line = (x1: number, y1: number, x2: number, y2: number, color: string): string =>
  `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${color}"/>`

function text(
  x: number,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end',
  size = 12,
  color = '#777',
): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}" font-size="${size}" fill="${color}">${words}</text>`
}
