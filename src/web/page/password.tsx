// A new password: every other session ends by it.
import { useState } from 'preact/hooks'
import { Dialog, Trouble, useDoing } from './dialog.tsx'
import { useLive } from './live.ts'
import { useTell } from './notices.tsx'

export function Password({ onClose }: { onClose: () => void }) {
  const { talk, enter } = useLive()
  const tell = useTell()
  const doing = useDoing()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  return (
    <Dialog title="Change the password" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void doing.run(async () => {
            enter(await talk.write('/api/password', { current, next }))
            tell('The password is changed. Every other session has ended.')
            onClose()
          })
        }}
      >
        <div class="dialog-body">
          <label class="field">
            <span>Password until now</span>
            <input
              type="password"
              value={current}
              autocomplete="current-password"
              required
              onInput={(event) => setCurrent(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>New password, at least 10 characters</span>
            <input
              type="password"
              value={next}
              autocomplete="new-password"
              minLength={10}
              required
              onInput={(event) => setNext(event.currentTarget.value)}
            />
          </label>
          <Trouble text={doing.trouble} />
        </div>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={doing.isDoing}>
            Change it
          </button>
        </div>
      </form>
    </Dialog>
  )
}
