// Steering: each word of the person is asked for once, says what it will do, and is told with what came of
// it. The ledger is named in every one, so that a page left open never steers another than it shows.
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Overview, Owed, UnknownOrder } from '../shapes/overview.ts'
import type { Mode } from '../shapes/said.ts'
import type { Preview, Told } from '../shapes/steering.ts'
import { Confirm } from './dialog.tsx'
import { calledOf, clock, grouped } from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { useTell } from './notices.tsx'
import { Sideways } from './sideways.tsx'

export type Steering =
  | { readonly kind: 'pause'; readonly follower: string | null }
  | { readonly kind: 'resume'; readonly follower: string | null }
  | { readonly kind: 'flatten'; readonly follower: string | null }
  | { readonly kind: 'halt' }
  | { readonly kind: 'dismiss'; readonly owed: Owed }
  | { readonly kind: 'resolve'; readonly order: UnknownOrder }

interface Props {
  readonly steering: Steering
  readonly onClose: () => void
}

/** Everything that tells the engine something comes back through here. */
export function useSend(): (word: Promise<Told>) => Promise<void> {
  const tell = useTell()
  const { refresh } = useLive()
  return async (word) => {
    const { kind, text } = await word
    tell(text, kind === 'notActed')
    refresh()
  }
}

export function Steer({ steering, onClose }: Props) {
  const mode = useKnown((known) => known.overview?.site.mode ?? null)
  const overview = useKnown((known) => known.overview)
  if (mode === null || overview === null) return null
  const parts = { mode, overview, onClose }
  switch (steering.kind) {
    case 'halt':
      return <Halt {...parts} />
    case 'pause':
      return <Pause {...parts} follower={steering.follower} />
    case 'resume':
      return <Resume {...parts} follower={steering.follower} />
    case 'flatten':
      return <Flatten {...parts} follower={steering.follower} />
    case 'resolve':
      return <Resolve {...parts} order={steering.order} />
    default:
      return <Dismiss {...parts} owed={steering.owed} />
  }
}

interface Parts {
  readonly mode: Mode
  readonly overview: Overview
  readonly onClose: () => void
}

/** As the questions call them. */
export function whom({ followers }: Overview, follower: string | null): string {
  if (follower === null) return 'everybody'
  return calledOf(followers.find(({ name }) => name === follower) ?? { label: null, follower })
}

function Halt({ mode, onClose }: Parts) {
  const { talk } = useLive()
  const send = useSend()
  return (
    <Confirm
      title="HALT"
      action="Halt everything"
      isDangerous
      onClose={onClose}
      onConfirm={() => send(talk.write('/api/steer/halt', { mode }))}
    >
      <p>
        <strong>Nothing is sent any more, exits included</strong>, until you resume. It survives a
        restart.
      </p>
      <p>
        Positions stay open: followers have no protective stop at the broker. Flatten still works in
        a halt.
      </p>
    </Confirm>
  )
}

function Pause({ mode, overview, follower, onClose }: Parts & { follower: string | null }) {
  const { talk } = useLive()
  const send = useSend()
  return (
    <Confirm
      title={`Pause ${whom(overview, follower)}`}
      action="Pause"
      onClose={onClose}
      onConfirm={() => send(talk.write('/api/steer/pause', { mode, follower }))}
    >
      <p>No new entries. Exits of the master are still copied.</p>
    </Confirm>
  )
}

function Resume({ mode, overview, follower, onClose }: Parts & { follower: string | null }) {
  const { talk } = useLive()
  const send = useSend()
  const preview = useAsked(
    () => talk.read('/api/steer/resume', followerQuery(mode, follower)),
    [mode, follower],
  )
  return (
    <Confirm
      title={`Resume ${whom(overview, follower)}`}
      action="Resume"
      isReady={!preview.isAsking}
      onClose={onClose}
      onConfirm={() => send(talk.write('/api/steer/resume', { mode, follower }))}
    >
      <Lines {...preview} none="Nothing waits: copying simply goes on." />
    </Confirm>
  )
}

function Flatten({ mode, overview, follower, onClose }: Parts & { follower: string | null }) {
  const { talk } = useLive()
  const send = useSend()
  const preview = useAsked(
    () => talk.read('/api/steer/flatten', followerQuery(mode, follower)),
    [mode, follower],
  )
  return (
    <Confirm
      title={`Flatten ${whom(overview, follower)}`}
      action="Flatten"
      isDangerous
      typed={follower ?? 'everybody'}
      onClose={onClose}
      onConfirm={(typed) => send(talk.write('/api/steer/flatten', { mode, follower, typed }))}
    >
      <p>
        Open orders of Lockstep are cancelled, and everything it holds there is{' '}
        <strong>closed now</strong>. It works in a halt, and leaves {whom(overview, follower)}{' '}
        paused.
      </p>
      <Lines {...preview} none="Nothing is held and nothing rests." />
    </Confirm>
  )
}

function Dismiss({ mode, owed, onClose }: Parts & { owed: Owed }) {
  const { talk } = useLive()
  const send = useSend()
  return (
    <Confirm
      title={`Dismiss ${owed.id}`}
      action="It is mine now"
      onClose={onClose}
      onConfirm={() => send(talk.write('/api/steer/dismiss', { mode, id: owed.id }))}
    >
      <p>
        {grouped(owed.owed)} {owed.symbol} {owed.product} of {calledOf(owed)} is left to you.
        Lockstep never touches it again.
      </p>
    </Confirm>
  )
}

/** The person's word on what nobody else can say: looked up in the broker's own app first. */
function Resolve({ mode, order, onClose }: Parts & { order: UnknownOrder }) {
  const { talk } = useLive()
  const send = useSend()
  const [isThere, setIsThere] = useState(true)
  const [number, setNumber] = useState('')
  const body = { mode, id: order.id, order: isThere ? number.trim() : null }
  return (
    <Confirm
      title={`What became of ${order.id}?`}
      action="So it is"
      isReady={!isThere || number.trim() !== ''}
      onClose={onClose}
      onConfirm={() => send(talk.write('/api/steer/resolve', body))}
    >
      <p>
        Look into the broker’s own app: {calledOf(order)}, {order.side} {grouped(order.quantity)}{' '}
        {order.symbol} {order.product}, sent {clock(order.sentAt)}, tag <code>{order.tag}</code>.
      </p>
      <fieldset>
        <legend>It is</legend>
        <label class="check">
          <input type="radio" name="there" checked={isThere} onChange={() => setIsThere(true)} />
          in its order book
        </label>
        {isThere && (
          <label class="field">
            <span>The number of the order there</span>
            <input
              value={number}
              spellcheck={false}
              autocomplete="off"
              onInput={(event) => setNumber(event.currentTarget.value)}
            />
          </label>
        )}
        <label class="check">
          <input type="radio" name="there" checked={!isThere} onChange={() => setIsThere(false)} />
          nowhere there
        </label>
      </fieldset>
    </Confirm>
  )
}

const followerQuery = (mode: Mode, follower: string | null) =>
  follower === null ? { mode } : { mode, follower }

/** That it is known is spoken, not each of perhaps hundreds of lines; those are there to be read and scrolled. */
function Lines(props: {
  readonly value: Preview | null
  readonly trouble: string | null
  readonly none: string
}) {
  const { value, trouble, none } = props
  const lines = trouble === null && value !== null ? value.lines : []
  return (
    <div>
      <p role="status" class={trouble === null ? 'soft' : 'trouble'}>
        {trouble !== null
          ? `What would happen can’t be told: ${trouble}`
          : value === null
            ? 'Asking what would happen …'
            : lines.length === 0
              ? none
              : 'What will happen:'}
      </p>
      {lines.length > 0 && (
        <Sideways label="What will happen">
          <ul class="lines">
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Sideways>
      )}
    </div>
  )
}

/** HALT from anywhere by keyboard: Ctrl+Alt+H, then Enter. */
export function useHaltKey(onHalt: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || !event.altKey || event.code !== 'KeyH') return
      event.preventDefault()
      onHalt()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [onHalt])
}

const SteerContext = createContext<(steering: Steering) => void>(() => undefined)
export const SteerProvider = SteerContext.Provider
/** Opens the question; what it asks is done only after a yes. */
export const useSteer = () => useContext(SteerContext)
