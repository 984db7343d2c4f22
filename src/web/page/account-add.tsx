// One more account: its keys go straight to the server, which writes them where only its owner reads them, and
// into the vault where there is one.
import { useState } from 'preact/hooks'
import type { AccountList } from '../shapes/accounts.ts'
import { Dialog, Trouble, useDoing } from './dialog.tsx'
import { useLive } from './live.ts'
import { useTell } from './notices.tsx'
import { usePassphrase } from './passphrase.tsx'

const FIELDS = [
  { key: 'label', name: 'Label, for people', isSecret: false, isNeeded: false },
  { key: 'clientId', name: 'Client code', isSecret: false, isNeeded: true },
  { key: 'apiKey', name: 'API key', isSecret: true, isNeeded: true },
  {
    key: 'pin',
    name: 'PIN (the four digits, not the web password)',
    isSecret: true,
    isNeeded: true,
  },
  { key: 'totpSecret', name: 'TOTP secret', isSecret: true, isNeeded: true },
] as const

type Values = Readonly<Record<(typeof FIELDS)[number]['key'], string>>
const EMPTY: Values = { label: '', clientId: '', apiKey: '', pin: '', totpSecret: '' }

export function AddAccount(props: {
  readonly list: AccountList
  readonly onClose: () => void
  readonly onDone: () => void
}) {
  const { list, onClose, onDone } = props
  const { nextName, vault } = list
  const { talk } = useLive()
  const tell = useTell()
  const doing = useDoing()
  const [values, setValues] = useState(EMPTY)
  const passphrase = usePassphrase(vault === 'passphrase')
  const add = async (): Promise<void> => {
    const { label, clientId, apiKey, pin, totpSecret } = values
    const { text } = await talk.write('/api/accounts', {
      clientId: clientId.trim(),
      apiKey: apiKey.trim(),
      pin: pin.trim(),
      totpSecret: totpSecret.replaceAll(/\s/g, ''),
      ...passphrase.body,
      ...(label.trim() === '' ? {} : { label: label.trim() }),
    })
    setValues(EMPTY)
    tell(text)
    onDone()
  }
  return (
    <Dialog title={`Add ${nextName}`} onClose={onClose}>
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          void doing.run(add)
        }}
      >
        <div class="dialog-body">
          <p class="soft">
            Only your own accounts and those of your immediate family. The keys are written to{' '}
            {vault === null ? <code>.env</code> : 'the vault, encrypted,'} on the machine that runs
            Lockstep and are shown nowhere again.
          </p>
          {FIELDS.map(({ key, name, isSecret, isNeeded }) => (
            <label key={key} class="field">
              <span>{name}</span>
              <input
                {...(isSecret ? { type: 'password' as const } : {})}
                name={key}
                value={values[key]}
                required={isNeeded}
                autocomplete={isSecret ? 'new-password' : 'off'}
                autocapitalize="off"
                spellcheck={false}
                onInput={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
              />
            </label>
          ))}
          {passphrase.field}
          <Trouble text={doing.trouble} />
        </div>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={doing.isDoing}>
            Add
          </button>
        </div>
      </form>
    </Dialog>
  )
}
