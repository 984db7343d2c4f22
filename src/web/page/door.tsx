// Before anything is shown: the password, or on first use the code that stands in the terminal and a new
// password. Nothing of the accounts is behind this door until it is opened.
import { useEffect, useState } from 'preact/hooks'
import type { SessionState } from '../shapes/session.ts'
import { Brand } from './brand.tsx'
import { Trouble, useDoing } from './dialog.tsx'
import { duration } from './format.ts'
import { useLive } from './live.ts'
import { Refusal } from './talk.ts'

type Shut = Extract<SessionState, { kind: 'new' | 'signedOut' }>

export function Door({ session }: { session: Shut }) {
  const { talk, enter } = useLive()
  const [code, setCode] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const doing = useDoing()
  const [waitMs, wait] = useWait(session.waitMs)
  const isNew = session.kind === 'new'
  const differs = isNew && again !== '' && again !== password
  const come = async (): Promise<void> => {
    try {
      enter(
        isNew
          ? await talk.write('/api/setup', { code: code.trim(), password })
          : await talk.write('/api/sign-in', { password }),
      )
    } catch (error) {
      if (error instanceof Refusal && error.waitMs > 0) wait(error.waitMs)
      setPassword('')
      setAgain('')
      throw error
    }
  }
  return (
    <main class="door">
      <Brand />
      <h1>{isNew ? 'Set a password' : 'Sign in'}</h1>
      {isNew && (
        <p class="soft">
          This page has no password yet. Lockstep has printed a code in its terminal: it shows that
          you are the one who started it.
        </p>
      )}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (!differs) void doing.run(come)
        }}
      >
        {isNew && (
          <label class="field">
            <span>Code from the terminal</span>
            <input
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
              autocomplete="one-time-code"
              autocapitalize="off"
              spellcheck={false}
              required
              autofocus
            />
          </label>
        )}
        <label class="field">
          <span>{isNew ? 'New password, at least 10 characters' : 'Password'}</span>
          <input
            type="password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
            autocomplete={isNew ? 'new-password' : 'current-password'}
            minLength={isNew ? 10 : undefined}
            required
            autofocus={!isNew}
          />
        </label>
        {isNew && (
          <label class="field">
            <span>The same again</span>
            <input
              type="password"
              value={again}
              onInput={(event) => setAgain(event.currentTarget.value)}
              autocomplete="new-password"
              aria-invalid={differs}
              required
            />
          </label>
        )}
        <Trouble text={differs ? 'The two are not the same.' : doing.trouble} />
        <button type="submit" class="primary" disabled={doing.isDoing || waitMs > 0}>
          {waitMs > 0
            ? `Wait ${duration(Math.ceil(waitMs / 1000) * 1000)}`
            : isNew
              ? 'Set password and go in'
              : 'Sign in'}
        </button>
      </form>
      <p class="faint">Lockstep {session.version}</p>
    </main>
  )
}

/** Counts down what the server wants us to wait. */
function useWait(first: number): readonly [number, (ms: number) => void] {
  const [until, setUntil] = useState(performance.now() + first)
  const [now, setNow] = useState(performance.now())
  const isWaiting = until > now
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => setNow(performance.now()), 500)
    return () => clearInterval(timer)
  }, [isWaiting])
  return [
    Math.max(0, until - now),
    (ms) => {
      setNow(performance.now())
      setUntil(performance.now() + ms)
    },
  ]
}
