// The newest few signals on the overview, with what came of each.
import { clock, grouped } from './format.ts'
import { useKnown } from './live.ts'
import { Mark } from './mark.tsx'
import { Side } from './orders.tsx'
import { Sideways } from './sideways.tsx'
import { useSignals } from './signals.ts'
import { summaryOf } from './words.ts'

const SHOWN = 8

export function Latest() {
  const mode = useKnown((known) => known.overview?.site.mode ?? 'paper')
  const { signals, isLoading, trouble } = useSignals(
    { mode, day: '', follower: '', outcome: '', symbol: '', side: '' },
    SHOWN,
  )
  return (
    <section aria-labelledby="latest">
      <div class="heading">
        <h2 id="latest">Latest signals</h2>
        <a href="#/orders">All orders</a>
      </div>
      {signals.length === 0 ? (
        <p class="soft" role="status">
          {trouble ?? (isLoading ? 'Asking …' : 'The master has traded nothing today.')}
        </p>
      ) : (
        <Sideways label="The latest signals as a table">
          <table class="plain latest">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Signal</th>
                <th scope="col" class="number">
                  Price
                </th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {signals.slice(0, SHOWN).map((signal) => (
                <tr key={signal.signal}>
                  <td>{clock(signal.seenAt)}</td>
                  <td>
                    <a href={`#/orders/${signal.signal}`}>#{signal.signal}</a>{' '}
                    <Side signal={signal} /> <b>{signal.symbol}</b>{' '}
                    <span class="faint">{signal.product}</span>
                  </td>
                  <td class="number">{signal.price === null ? '' : grouped(signal.price)}</td>
                  <td>
                    <Mark tone={summaryOf(signal).tone}>{summaryOf(signal).text}</Mark>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
    </section>
  )
}
