// The head of every view: the mode in capitals, what the time is there, the health of what everything hangs
// on, the names of the views, and the words that must always be in reach.
import { useState } from 'preact/hooks'
import type { Overview } from '../shapes/overview.ts'
import { Brand } from './brand.tsx'
import { ago, clock, dayOf, dayText } from './format.ts'
import { useKnown, useLive, useNow } from './live.ts'
import { Mark } from './mark.tsx'
import { hrefOf, VIEWS, type View } from './route.ts'
import { useSteer } from './steer.tsx'
import { applyTheme, nextTheme, rememberedTheme, type Theme } from './theme.ts'
import { marketText, type Tone } from './words.ts'

const NAMES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  orders: 'Orders',
  accounts: 'Accounts',
  charts: 'Charts',
}

export function Bar({ view, onPassword }: { view: View; onPassword: () => void }) {
  const overview = useKnown((known) => known.overview)
  const steer = useSteer()
  const isHalted = overview?.standing.halted ?? false
  const isPaused = overview?.standing.everybodyPaused ?? false
  return (
    <header class="bar">
      {overview !== null && <ModeBand overview={overview} />}
      <div class="tools">
        <Brand />
        <nav class="views" aria-label="Views">
          {VIEWS.map((each) => (
            <a
              key={each}
              href={hrefOf({ view: each })}
              aria-current={each === view ? 'page' : false}
            >
              {NAMES[each]}
            </a>
          ))}
        </nav>
        {overview !== null && <Health overview={overview} />}
        <div class="steer">
          {overview !== null && (
            <>
              {isHalted || isPaused ? (
                <button type="button" onClick={() => steer({ kind: 'resume', follower: null })}>
                  Resume
                </button>
              ) : (
                <button type="button" onClick={() => steer({ kind: 'pause', follower: null })}>
                  Pause
                </button>
              )}
              <button
                type="button"
                class="danger"
                disabled={isHalted}
                aria-keyshortcuts="Control+Alt+H"
                title="Ctrl+Alt+H, then Enter"
                onClick={() => steer({ kind: 'halt' })}
              >
                HALT
              </button>
            </>
          )}
          <Menu onPassword={onPassword} />
        </div>
      </div>
    </header>
  )
}

function ModeBand({ overview: { site, standing, markets } }: { overview: Overview }) {
  const { choose } = useLive()
  const isLive = site.mode === 'live'
  const other = site.modes.find((mode) => mode !== site.mode)
  const now = useNow()
  const time = new Date(now + 5.5 * 3_600_000).toISOString()
  return (
    <div class={`mode ${standing.halted ? 'halted' : isLive && !site.isDemo ? 'live' : 'paper'}`}>
      <strong>{site.isDemo ? 'DEMO' : isLive ? 'LIVE' : 'DRY RUN'}</strong>
      {standing.halted && <strong>HALTED</strong>}
      <span class="saying">
        {site.isDemo
          ? 'a simulated broker, nothing is real'
          : isLive
            ? 'real orders are placed'
            : 'nothing is sent to a broker'}
      </span>
      {other !== undefined && (
        <button type="button" class="other-mode" onClick={() => choose(other)}>
          Show {other === 'live' ? 'live' : 'the dry run'}
        </button>
      )}
      <ul class="markets" aria-label="Markets">
        {marketText(markets, dayOf(site.at)).map(({ text, tone }) => (
          <li key={text}>
            <Mark tone={tone}>{text}</Mark>
          </li>
        ))}
      </ul>
      <span class="clock">
        <span class="date">{dayText(dayOf(time))} </span>
        {clock(time)} IST
      </span>
    </div>
  )
}

function Health({ overview }: { overview: Overview }) {
  const now = useNow()
  return (
    <ul class="health" aria-label="Health">
      {lifeOf(overview, now).map(({ text, tone }) => (
        <li key={text.split(' ')[0]}>
          <Mark tone={tone}>{text}</Mark>
        </li>
      ))}
    </ul>
  )
}

function lifeOf({ site, master }: Overview, now: number): readonly { text: string; tone: Tone }[] {
  if (site.engine === null) return [{ text: 'No engine runs', tone: 'bad' }]
  const { lastReadingAt, isStale, stream } = master
  const read =
    lastReadingAt === null
      ? 'Master not read yet'
      : `Master read ${ago(Math.max(0, now - Date.parse(lastReadingAt)))}`
  return [
    { text: read, tone: lastReadingAt === null ? 'busy' : isStale ? 'bad' : 'good' },
    ...(stream === null
      ? []
      : [
          stream === 'connected'
            ? { text: 'Stream connected', tone: 'good' as const }
            : { text: 'Stream down, book is read', tone: 'warn' as const },
        ]),
  ]
}

const THEMES: Readonly<Record<Theme, string>> = {
  auto: 'Colours: as the machine',
  light: 'Colours: light',
  dark: 'Colours: dark',
}

function Menu({ onPassword }: { onPassword: () => void }) {
  const { talk, enter } = useLive()
  const [theme, setTheme] = useState(rememberedTheme())
  const turn = (): void => {
    const next = nextTheme(theme)
    setTheme(next)
    applyTheme(next)
  }
  return (
    <details
      class="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.currentTarget.open = false
        event.currentTarget.querySelector('summary')?.focus()
      }}
      onFocusOut={(event) => {
        const to = event.relatedTarget
        if (!(to instanceof Node) || !event.currentTarget.contains(to))
          event.currentTarget.open = false
      }}
    >
      <summary>Menu</summary>
      <div class="menu-items">
        <button type="button" class="quiet" onClick={turn}>
          {THEMES[theme]}
        </button>
        <button type="button" class="quiet" onClick={onPassword}>
          Change the password
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => void talk.write('/api/sign-out', {}).then(enter, () => location.reload())}
        >
          Sign out
        </button>
      </div>
    </details>
  )
}
