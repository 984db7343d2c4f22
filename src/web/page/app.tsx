// The page as a whole: the door while nobody is signed in, then the frame with one view in it, what is wrong
// with its own data, and the one question that may stand open.
import { Component, type ComponentChildren } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { Accounts } from './accounts.tsx'
import { Bar } from './bar.tsx'
import { Brand } from './brand.tsx'
import { Door } from './door.tsx'
import { ago, duration } from './format.ts'
import { STALE_MS, useKnown } from './live.ts'
import { Notices } from './notices.tsx'
import { Orders } from './orders.tsx'
import { OverviewView } from './overview.tsx'
import { Password } from './password.tsx'
import { type Route, useRoute, type View } from './route.ts'
import { Steer, type Steering, SteerProvider, useHaltKey } from './steer.tsx'

export function App() {
  const session = useKnown((known) => known.session)
  const trouble = useKnown((known) => known.trouble)
  if (session === null)
    return (
      <main class="door">
        <Brand />
        <h1 class="hidden">Lockstep</h1>
        <p role="status">
          {trouble === null ? 'Asking Lockstep …' : `${trouble.message} Trying again …`}
        </p>
      </main>
    )
  if (session.kind !== 'signedIn') return <Door key={session.kind} session={session} />
  return (
    <Notices>
      <Inside />
    </Notices>
  )
}

function Inside() {
  const route = useRoute()
  const [steering, setSteering] = useState<Steering | null>(null)
  const [isPassword, setIsPassword] = useState(false)
  const main = useRef<HTMLElement>(null)
  const isKnown = useKnown((known) => known.overview !== null)
  const isHalted = useKnown((known) => known.overview?.standing.halted ?? false)
  useHaltKey(
    useCallback(() => {
      if (isKnown && !isHalted) setSteering({ kind: 'halt' })
    }, [isKnown, isHalted]),
  )
  useFocusOnMove(route.view, main)
  return (
    <SteerProvider value={setSteering}>
      <div class={route.view === 'orders' ? 'frame filling' : 'frame'}>
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          Skip to the view
        </button>
        <div class="top">
          <Bar view={route.view} onPassword={() => setIsPassword(true)} />
          <OwnHealth />
        </div>
        <main ref={main} class={route.view === 'orders' ? 'view filling' : 'view'} tabIndex={-1}>
          <Net key={route.view}>
            <Shown route={route} />
          </Net>
        </main>
      </div>
      {steering !== null && <Steer steering={steering} onClose={() => setSteering(null)} />}
      {isPassword && <Password onClose={() => setIsPassword(false)} />}
    </SteerProvider>
  )
}

const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  orders: 'Orders',
  accounts: 'Accounts',
  charts: 'Charts',
}

/** A new view is where reading goes on; the first one is not jumped to. */
function useFocusOnMove(view: View, main: { readonly current: HTMLElement | null }): void {
  const isFirst = useRef(true)
  useEffect(() => {
    document.title = `${TITLES[view]} · Lockstep`
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    isFirst.current = false
  }, [view])
}

function Shown({ route }: { route: Route }) {
  const overview = useKnown((known) => known.overview)
  const trouble = useKnown((known) => known.trouble)
  if (route.view === 'accounts') return <Accounts />
  if (overview === null)
    return trouble === null ? (
      <Coming view={route.view}>Asking Lockstep how everything stands …</Coming>
    ) : (
      <div class="empty" role="alert">
        <h1>{trouble.kind === 'noLedger' ? 'There is nothing to show yet' : 'Nothing to show'}</h1>
        <p>{trouble.message}</p>
      </div>
    )
  switch (route.view) {
    case 'orders':
      return <Orders route={route} />
    case 'charts':
      return <LazyCharts route={route} />
    default:
      return <OverviewView overview={overview} />
  }
}

/** A view that is not there yet has its name already: a listener goes from heading to heading. */
function Coming({ view, children }: { view: View; children: string }) {
  return (
    <>
      <h1 class="hidden">{TITLES[view]}</h1>
      <p class="empty" role="status">
        {children}
      </p>
    </>
  )
}

type ChartsView = typeof import('./charts.tsx').Charts

/** Drawing charts is the larger part of the page, so it comes when it is asked for. */
function LazyCharts({ route }: { route: Route }) {
  const [view, setView] = useState<{ readonly Charts: ChartsView } | null>(null)
  const [isFailed, setIsFailed] = useState(false)
  useEffect(() => {
    import('./charts.tsx').then(setView, () => setIsFailed(true))
  }, [])
  if (isFailed) return <p class="empty">The charts could not be loaded. Reload the page.</p>
  return view === null ? (
    <Coming view="charts">Loading the charts …</Coming>
  ) : (
    <view.Charts route={route} />
  )
}

/** Says so when what is shown is old, and that it is being mended. */
function OwnHealth() {
  const line = useKnown((known) => known.line)
  const answeredAt = useKnown((known) => known.answeredAt)
  const trouble = useKnown((known) => known.trouble)
  const [now, setNow] = useState(performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const ageMs = answeredAt === null ? null : now - answeredAt
  const isOld = ageMs !== null && ageMs > STALE_MS
  if (line !== 'lost' && !isOld) return null
  return (
    <section class="notice bad" aria-label="The connection to Lockstep">
      <strong>
        {ageMs === null ? 'No connection to Lockstep' : `What you see is from ${ago(ageMs)}`}
      </strong>
      <span>
        {trouble?.kind === 'unreachable' || line === 'lost'
          ? 'The connection to Lockstep is lost; trying again by itself.'
          : (trouble?.message ?? `No answer for ${duration(ageMs ?? 0)}.`)}
      </span>
    </section>
  )
}

/** A view that breaks says so, and the others and HALT go on working. */
class Net extends Component<{ children: ComponentChildren }, { fault: string | null }> {
  override state = { fault: null }
  static override getDerivedStateFromError(error: unknown) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
  override render() {
    if (this.state.fault === null) return this.props.children
    return (
      <div class="empty" role="alert">
        <h1>This view has a fault</h1>
        <p>{this.state.fault}</p>
        <p>Copying is not touched by it. Reload the page, or use lockstep status.</p>
      </div>
    )
  }
}
