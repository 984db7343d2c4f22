// One figure of every follower through the day: some of them drawn, all of them in the table.
import type { Point } from '../shapes/charts.ts'
import { Chart } from './chart.tsx'
import { clock, signedRupees } from './format.ts'
import { NumberHeads } from './numbers.tsx'
import { aligned, type Line } from './series.ts'

export function FollowerChart(props: {
  readonly title: string
  readonly lines: readonly Line[]
  readonly drawn: readonly string[]
}) {
  const { title, lines, drawn } = props
  const shown = lines.filter(({ name }) => drawn.includes(name))
  return (
    <Chart
      title={title}
      data={aligned(shown)}
      lines={shown.map(({ name }, look) => ({ name, look }))}
      unit="time"
      table={
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Follower</th>
              <NumberHeads names={['At the end', 'Lowest', 'Highest']} />
            </tr>
          </thead>
          <tbody>
            {lines.map(({ name, points }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {[points.at(-1), extreme(points, -1), extreme(points, 1)].map((point, at) => (
                  <td key={at} class="number">
                    {point === undefined ? '–' : signedRupees(point.value)}
                    {point !== undefined && at > 0 && (
                      <span class="faint"> {clock(point.at).slice(0, 5)}</span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  )
}

const extreme = (points: readonly Point[], sign: 1 | -1): Point | undefined =>
  points.toSorted((a, b) => sign * (Number(b.value) - Number(a.value)))[0]
