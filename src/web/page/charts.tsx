// The day and the days before as charts: profit and slippage of each follower, where time goes, how many
// copies an hour. Loaded when it is opened.
import { useState } from 'preact/hooks'
import type { Charts as ChartsOf } from '../shapes/charts.ts'
import { COLOURS } from './chart.tsx'
import { Hours, Latency } from './copying-charts.tsx'
import { Days } from './days-chart.tsx'
import { FollowerChart } from './follower-chart.tsx'
import { calledOf, dayText, plural } from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { Choice } from './order-filters.tsx'
import { hrefOf, type Route } from './route.ts'
import { type Line, largest } from './series.ts'

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
  const isAlone = one.label === null || all.filter(({ label }) => label === one.label).length === 1
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
