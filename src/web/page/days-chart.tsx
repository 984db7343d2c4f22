// The days that the ledger remembers: what all followers together won on each, and a row of counts.
import type { History } from '../shapes/charts.ts'
import type { Amount, Mode } from '../shapes/said.ts'
import { Chart } from './chart.tsx'
import { dayText, percent, signedRupees } from './format.ts'
import { useAsked, useLive } from './live.ts'
import { NumberHeads, Numbers } from './numbers.tsx'
import { hrefOf } from './route.ts'
import type { Aligned } from './series.ts'
import { addAmounts } from './sums.ts'

export function Days({ mode }: { mode: Mode }) {
  const { talk } = useLive()
  const { value, trouble } = useAsked(() => talk.read('/api/history', { mode }), [mode])
  if (value === null)
    return (
      <p class="soft" role="status">
        {trouble ?? 'Asking for the days before …'}
      </p>
    )
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
        unit="day"
        table={<DaysTable days={totals} />}
      />
    </section>
  )
}

type DayTotal = History['days'][number] & { readonly profit: Amount; readonly slippage: Amount }

const COLUMNS = [
  'Signals',
  'Copied',
  'Placed',
  'Failed',
  'Skipped',
  'Success',
  'Profit',
  'Slippage',
]

function DaysTable({ days }: { days: readonly DayTotal[] }) {
  return (
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Day</th>
          <NumberHeads names={COLUMNS} />
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map((each) => (
          <tr key={each.day}>
            <th scope="row">
              <a href={hrefOf({ view: 'orders', query: { day: each.day } })}>{dayText(each.day)}</a>
            </th>
            <Numbers
              of={[
                ...[each.signals, each.copied, each.placed, each.failed, each.skipped],
                percent(each.successRate),
                ...[each.profit, each.slippage].map(signedRupees),
              ]}
            />
          </tr>
        ))}
      </tbody>
    </table>
  )
}
