// The passphrase of the vault, where something needs it: asked for once for each action, sent with it, and
// forgotten here when the question closes.
import { useState } from 'preact/hooks'
import type { KeyedBody } from '../shapes/accounts.ts'
import { Confirm } from './dialog.tsx'

export interface Passphrase {
  readonly isTyped: boolean
  /** What goes with the action. */
  readonly body: KeyedBody
  readonly field: preact.JSX.Element | null
}

/** `isWanted` false: nothing is asked, and nothing is sent. */
export function usePassphrase(isWanted: boolean): Passphrase {
  const [text, setText] = useState('')
  if (!isWanted) return { isTyped: true, body: {}, field: null }
  const field = (
    <label class="field">
      <span>Passphrase of the vault</span>
      <input
        type="password"
        value={text}
        required
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  )
  return { isTyped: text !== '', body: { passphrase: text }, field }
}

/** For an action that needs no other question. */
export function AskPassphrase(props: {
  readonly title: string
  readonly action: string
  readonly onConfirm: (body: KeyedBody) => Promise<void>
  readonly onClose: () => void
}) {
  const { title, action, onConfirm, onClose } = props
  const passphrase = usePassphrase(true)
  return (
    <Confirm
      title={title}
      action={action}
      isReady={passphrase.isTyped}
      onClose={onClose}
      onConfirm={() => onConfirm(passphrase.body)}
    >
      <p class="soft">
        The keys of this account are in the vault. The passphrase opens it for this once and is kept
        nowhere.
      </p>
      {passphrase.field}
    </Confirm>
  )
}
