// One uPlot chart: drawn anew when its data, the width or the colours change. Everything it shows stands in
// a table beside it as well, so that nobody needs the drawing.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { grouped } from './format.ts'
import { type Aligned, marksOf, spanOf } from './series.ts'
import { Sideways } from './sideways.tsx'

export interface Drawn {
  readonly name: string
  /** 0 to 7: its colour and its dashes, which tell lines apart without colours too. */
  readonly look: number
  readonly isBar?: boolean
}

interface ChartProps {
  readonly title: string
  readonly data: Aligned
  readonly lines: readonly Drawn[]
  readonly unit: 'time' | 'day'
  /** The same as a table. */
  readonly table: ComponentChildren
}

export const COLOURS = 8
const DASHES: readonly number[][] = [
  [],
  [7, 4],
  [2, 3],
  [10, 3, 2, 3],
  [],
  [7, 4],
  [2, 3],
  [10, 3, 2, 3],
]
const HEIGHT = 220
/** Of the mark of a day, with the gap beside it. */
const DAY_WIDTH = 60

export function Chart({ title, data, lines, unit, table }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [theme, setTheme] = useState(0)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const watcher = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    watcher.observe(element)
    const turned = (): void => setTheme((before) => before + 1)
    const machine = matchMedia('(prefers-color-scheme: dark)')
    machine.addEventListener('change', turned)
    addEventListener('themechange', turned)
    return () => {
      watcher.disconnect()
      machine.removeEventListener('change', turned)
      removeEventListener('themechange', turned)
    }
  }, [])
  const shape = JSON.stringify(lines)
  const chart = useRef<uPlot | null>(null)
  useEffect(() => {
    if (place.current === null || width === 0) return
    const made = new uPlot(options({ width, lines, unit }), data, place.current)
    chart.current = made
    return () => {
      chart.current = null
      made.destroy()
    }
  }, [width, theme, shape, unit])
  useEffect(() => chart.current?.setData(data), [data])
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <ul class="legend" aria-hidden="true">
        {lines.map(({ name, look }) => (
          <li key={name}>
            <Key look={look} /> {name}
          </li>
        ))}
      </ul>
      <div ref={place} aria-hidden="true" class="drawing" />
      <details>
        <summary>As a table</summary>
        <Sideways label={`${title}, as a table`}>{table}</Sideways>
      </details>
    </figure>
  )
}

function Key({ look }: { look: number }) {
  return (
    <svg class={`key line-${look}`} viewBox="0 0 22 8" aria-hidden="true" focusable="false">
      <path
        d="M0 4h22"
        stroke="currentColor"
        stroke-width="2.5"
        stroke-dasharray={DASHES[look]?.join(' ')}
      />
    </svg>
  )
}

type OptionsOf = Pick<ChartProps, 'lines' | 'unit'> & { readonly width: number }

function options({ width, lines, unit }: OptionsOf): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => resolved(style.getPropertyValue(name))
  const axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '11px Inter, system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Asia/Kolkata'),
    scales: {
      x: { time: true, range: (chart, from, to) => spanOf(chart.data[0], from, to, unit) },
    },
    axes: [
      {
        ...axis,
        ...(unit === 'day' ? { splits: (chart) => marksOf(chart.data[0], width / DAY_WIDTH) } : {}),
        values: (_, splits) =>
          eachOnce(
            splits.map((seconds) => (unit === 'day' ? dayAt(seconds) : timeAt(seconds, splits))),
          ),
      },
      { ...axis, size: 76, values: (_, splits) => splits.map(rupeesShort) },
    ],
    series: [
      {},
      ...lines.map(({ name, look, isBar }) => ({
        label: name,
        stroke: colour(`--line-${look}`),
        width: 2,
        dash: DASHES[look] ?? [],
        points: { show: false },
        ...(isBar ? { fill: colour(`--line-${look}`), paths: barPaths() } : { paths: stepPaths() }),
      })),
    ],
  }
}

const rupeesShort = (value: number): string => grouped(String(Math.round(value * 100) / 100))

// Money stands still between two fills: a slope would show figures that never were.
function stepPaths(): uPlot.Series.PathBuilder {
  const make = uPlot.paths.stepped
  if (make === undefined) throw new Error('this uPlot draws no steps')
  return make({ align: 1 })
}

function barPaths(): uPlot.Series.PathBuilder {
  const make = uPlot.paths.bars
  if (make === undefined) throw new Error('this uPlot draws no bars')
  return make({ size: [0.7, 48] })
}

const IST_MS = 5.5 * 3_600_000
const istText = (seconds: number): string => new Date(seconds * 1000 + IST_MS).toISOString()
/** With its seconds where two marks may lie in one minute. */
const timeAt = (seconds: number, [first = 0, second = first]: readonly number[]): string =>
  istText(seconds).slice(11, second - first < 60 ? 19 : 16)
/** Marks that are closer than a second would say the same twice. */
const eachOnce = (texts: readonly string[]): string[] =>
  texts.map((text, index) => (text === texts[index - 1] ? '' : text))
const dayAt = (seconds: number): string => {
  const [, month = '', day = ''] = istText(seconds).slice(0, 10).split('-')
  return `${Number(day)}.${Number(month)}.`
}

/** A canvas knows no light-dark(): the browser is asked which of the two it is. */
function resolved(value: string): string {
  const probe = document.createElement('i')
  probe.style.color = value
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}
