// The day and the days before as charts: profit and slippage of each follower, where time goes, how many
// copies an hour. Loaded when it is opened.
import { useState } from 'preact/hooks'
import type { Amount, Charts as ChartsOf, History, Mode, Point } from '../shapes.ts'
import { Chart, COLOURS } from './chart.tsx'
import {
  calledOf,
  clock,
  dayText,
  duration,
  grouped,
  percent,
  plural,
  signedRupees,
} from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { Choice } from './order-filters.tsx'
import { hrefOf, type Route } from './route.ts'
import { type Aligned, aligned, type Line, largest } from './series.ts'
import { Sideways } from './sideways.tsx'
import { addAmounts } from './sums.ts'

export function Charts({ route }: { route: Route }) {
  const { talk } = useLive()
  const mode = useKnown((known) => known.overview?.site.mode ?? 'paper')
  const news = useKnown((known) => Math.floor((known.answeredAt ?? 0) / REFRESH_MS))
  const day = route.query.day ?? ''
  const query = day === '' ? { mode } : { mode, day }
  const charts = useAsked(() => talk.read('/api/charts', query), [mode, day, day === '' ? news : 0])
  const days = useAsked(() => talk.read('/api/days', { mode }), [mode])
  return (
    <>
      <div class="heading">
        <h1>Charts</h1>
        <Choice
          name="Day"
          value={day}
          onChoose={(chosen) =>
            location.replace(hrefOf({ view: 'charts', query: { day: chosen } }))
          }
        >
          <option value="">Today</option>
          {(days.value?.days ?? []).map((each) => (
            <option key={each.day} value={each.day}>
              {dayText(each.day)} · {each.signals}
            </option>
          ))}
        </Choice>
      </div>
      {charts.value === null ? (
        <p class="empty" role="status">
          {charts.trouble ?? 'Asking for the charts …'}
        </p>
      ) : (
        <Day charts={charts.value} />
      )}
      <Days mode={mode} />
    </>
  )
}

/** A day's charts cost the server a walk over its signals. */
const REFRESH_MS = 10_000

function Day({ charts }: { charts: ChartsOf }) {
  const [chosen, setChosen] = useState<readonly string[] | null>(null)
  const { followers, latency, hours, day } = charts
  const lines = (which: 'profit' | 'slippage'): readonly Line[] =>
    followers.map((each) => ({ name: nameOf(each, followers), points: each[which] }))
  if (
    followers.every(({ profit, slippage }) => profit.length + slippage.length === 0) &&
    hours.length === 0
  )
    return <p class="empty">Nothing was copied on {dayText(day)}.</p>
  const drawn = chosen ?? largest(lines('profit'), COLOURS)
  return (
    <>
      {followers.length > 1 && (
        <Chooser
          names={followers.map((each) => nameOf(each, followers))}
          chosen={drawn}
          onChoose={setChosen}
        />
      )}
      <div class="charts">
        <FollowerChart title={`Profit, ${dayText(day)}`} lines={lines('profit')} drawn={drawn} />
        <FollowerChart
          title="Slippage against the master, in rupees; above nothing is worse"
          lines={lines('slippage')}
          drawn={drawn}
        />
        <Hours hours={hours} />
        <Latency latency={latency} />
      </div>
    </>
  )
}

/** Two may be called the same. */
function nameOf(one: ChartsOf['followers'][number], all: ChartsOf['followers']): string {
  const isAlone = all.filter(({ label }) => label === one.label).length === 1
  return isAlone ? calledOf(one) : `${calledOf(one)} ${one.follower}`
}

function Chooser(props: {
  readonly names: readonly string[]
  readonly chosen: readonly string[]
  readonly onChoose: (names: readonly string[]) => void
}) {
  const { names, chosen, onChoose } = props
  return (
    <details class="chooser" open={names.length <= COLOURS}>
      <summary>
        {chosen.length} of {plural(names.length, 'follower')} drawn, {COLOURS} at most
      </summary>
      <fieldset>
        <legend class="hidden">Followers to draw</legend>
        {names.map((name) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              disabled={!chosen.includes(name) && chosen.length >= COLOURS}
              onChange={(event) =>
                onChoose(
                  event.currentTarget.checked
                    ? [...chosen, name]
                    : chosen.filter((each) => each !== name),
                )
              }
            />
            {name}
          </label>
        ))}
      </fieldset>
    </details>
  )
}

function FollowerChart(props: {
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
      format={rupeesShort}
      unit="time"
      table={
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Follower</th>
              <th scope="col" class="number">
                At the end
              </th>
              <th scope="col" class="number">
                Lowest
              </th>
              <th scope="col" class="number">
                Highest
              </th>
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

const rupeesShort = (value: number): string => grouped(String(Math.round(value * 100) / 100))

const KINDS = ['copied', 'failed', 'skipped'] as const

function Hours({ hours }: { hours: ChartsOf['hours'] }) {
  const most = Math.max(1, ...hours.map((hour) => hour.copied + hour.failed + hour.skipped))
  return (
    <figure class="chart">
      <figcaption>Copies an hour</figcaption>
      <Sideways label="Copies an hour, as a table">
        <table class="plain bars">
          <thead>
            <tr>
              <th scope="col">From</th>
              {KINDS.map((kind) => (
                <th key={kind} scope="col" class="number">
                  {kind}
                </th>
              ))}
              <th scope="col">
                <span class="hidden">Drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={hour.from}>
                <th scope="row">{clock(hour.from).slice(0, 5)}</th>
                {KINDS.map((kind) => (
                  <td key={kind} class="number">
                    {hour[kind]}
                  </td>
                ))}
                <td class="share" aria-hidden="true">
                  <span>
                    {KINDS.map((kind) => (
                      <i
                        key={kind}
                        class={kind}
                        style={{ width: `${(100 * hour[kind]) / most}%` }}
                      />
                    ))}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
    </figure>
  )
}

const STEP_NAMES: Readonly<Record<ChartsOf['latency'][number]['step'], string>> = {
  seen: 'seen after the master’s fill',
  decided: 'decided',
  recorded: 'recorded',
  answered: 'answered by the broker',
  filled: 'filled',
  inAll: 'in all, fill to fill',
}

function Latency({ latency }: { latency: ChartsOf['latency'] }) {
  const most = Math.max(1, ...latency.map(({ p99Ms }) => p99Ms))
  return (
    <figure class="chart">
      <figcaption>Where time goes, of first attempts</figcaption>
      <Sideways label="Times of the steps">
        <table class="plain latency">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p95
              </th>
              <th scope="col" class="number">
                p99
              </th>
              <th scope="col">
                <span class="hidden">Drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {latency.map(({ step, p50Ms, p95Ms, p99Ms }) => (
              <tr key={step} class={step}>
                <th scope="row">{STEP_NAMES[step]}</th>
                <td class="number">{duration(p50Ms)}</td>
                <td class="number">{duration(p95Ms)}</td>
                <td class="number">{duration(p99Ms)}</td>
                <td aria-hidden="true" class="spread">
                  <i class="p99" style={{ width: `${(100 * p99Ms) / most}%` }} />
                  <i class="p95" style={{ width: `${(100 * p95Ms) / most}%` }} />
                  <i class="p50" style={{ width: `${(100 * p50Ms) / most}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
    </figure>
  )
}

// --- the days before

function Days({ mode }: { mode: Mode }) {
  const { talk } = useLive()
  const { value, trouble } = useAsked(() => talk.read('/api/history', { mode }), [mode])
  if (value === null) return <p class="soft">{trouble ?? 'Asking for the days before …'}</p>
  if (value.days.length === 0) return null
  const totals = value.days.map((each) => ({
    ...each,
    profit: addAmounts(each.followers.map(({ profit }) => profit)),
    slippage: addAmounts(each.followers.map(({ slippage }) => slippage)),
  }))
  const data: Aligned = [
    totals.map(({ day }) => Date.parse(`${day}T12:00:00+05:30`) / 1000),
    totals.map(({ profit }) => Number(profit)),
  ]
  return (
    <section aria-labelledby="history">
      <h2 id="history">Day by day</h2>
      <Chart
        title="Profit of all followers together"
        data={data}
        lines={[{ name: 'profit', look: 0, isBar: true }]}
        format={rupeesShort}
        unit="day"
        table={<DaysTable days={totals} />}
      />
    </section>
  )
}

type DayTotal = History['days'][number] & { readonly profit: Amount; readonly slippage: Amount }

function DaysTable({ days }: { days: readonly DayTotal[] }) {
  const columns = [
    'Signals',
    'Copied',
    'Placed',
    'Failed',
    'Skipped',
    'Success',
    'Profit',
    'Slippage',
  ]
  return (
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Day</th>
          {columns.map((column) => (
            <th key={column} scope="col" class="number">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map((each) => (
          <tr key={each.day}>
            <th scope="row">
              <a href={hrefOf({ view: 'orders', query: { day: each.day } })}>{dayText(each.day)}</a>
            </th>
            <td class="number">{each.signals}</td>
            <td class="number">{each.copied}</td>
            <td class="number">{each.placed}</td>
            <td class="number">{each.failed}</td>
            <td class="number">{each.skipped}</td>
            <td class="number">{percent(each.successRate)}</td>
            <td class="number">{signedRupees(each.profit)}</td>
            <td class="number">{signedRupees(each.slippage)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
