// How much was copied in each hour, and where the time of a copy goes: tables with bars in them.
import type { Charts } from '../shapes/charts.ts'
import { clock, duration } from './format.ts'
import { NumberHeads, Numbers } from './numbers.tsx'
import { Sideways } from './sideways.tsx'

const KINDS = ['copied', 'failed', 'skipped'] as const

export function Hours({ hours }: { hours: Charts['hours'] }) {
  const most = Math.max(1, ...hours.map((hour) => hour.copied + hour.failed + hour.skipped))
  return (
    <figure class="chart">
      <figcaption>Copies an hour</figcaption>
      <Sideways label="Copies an hour, as a table">
        <table class="plain bars">
          <thead>
            <tr>
              <th scope="col">From</th>
              <NumberHeads names={KINDS} />
              <th scope="col">
                <span class="hidden">Drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={hour.from}>
                <th scope="row">{clock(hour.from).slice(0, 5)}</th>
                <Numbers of={KINDS.map((kind) => hour[kind])} />
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

const STEP_NAMES: Readonly<Record<Charts['latency'][number]['step'], string>> = {
  seen: 'seen after the master’s fill',
  decided: 'decided',
  recorded: 'recorded',
  answered: 'answered by the broker',
  filled: 'filled',
  inAll: 'in all, fill to fill',
}

export function Latency({ latency }: { latency: Charts['latency'] }) {
  const most = Math.max(1, ...latency.map(({ p99Ms }) => p99Ms))
  return (
    <figure class="chart">
      <figcaption>Where time goes, of first attempts</figcaption>
      <Sideways label="Times of the steps">
        <table class="plain latency">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <NumberHeads names={['p50', 'p95', 'p99']} />
              <th scope="col">
                <span class="hidden">Drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {latency.map(({ step, p50Ms, p95Ms, p99Ms }) => (
              <tr key={step} class={step}>
                <th scope="row">{STEP_NAMES[step]}</th>
                <Numbers of={[p50Ms, p95Ms, p99Ms].map(duration)} />
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
