// Limits and sizing of a follower. What would have been different on the last day is shown before anything
// can be saved, and only what was shown is saved.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AccountRow, EditBody, EditPreview, FollowerSettingsText } from '../shapes/accounts.ts'
import { Dialog, Trouble, useDoing } from './dialog.tsx'
import {
  changesOf,
  type EditForm,
  faultAt,
  formOf,
  isChange,
  type Marked,
  otherFaults,
  type SizingChoice,
} from './edit.ts'
import { calledOf, dayText, grouped, plural } from './format.ts'
import { useLive } from './live.ts'
import { useTell } from './notices.tsx'
import { Sideways } from './sideways.tsx'
import { Refusal } from './talk.ts'
import { LIMITS } from './words.ts'

const SIZINGS: readonly (readonly [SizingChoice, string, string | null])[] = [
  ['mirror', 'The same quantity as the master', null],
  ['multiplier', 'A multiple of the master’s', 'by, such as 0.5 or 1/3'],
  ['lots', 'Always the same lots', 'lots'],
  ['quantity', 'Always the same quantity', 'quantity'],
  ['proportional', 'In proportion to the capital', null],
]
const ROUNDINGS = [
  ['down', 'down, never more than asked'],
  ['nearest', 'to the nearest lot'],
  ['up', 'up'],
] as const

interface Props {
  readonly account: AccountRow
  readonly onClose: () => void
  readonly onDone: () => void
}

export function EditAccount(props: Props) {
  const { settings } = props.account
  return settings === null ? null : <Edit {...props} settings={settings} />
}

function Edit({ account, settings, onClose, onDone }: Props & { settings: FollowerSettingsText }) {
  const { talk } = useLive()
  const tell = useTell()
  const doing = useDoing()
  const [form, setForm] = useState(formOf(settings))
  const [shown, setShown] = useState<{ body: string; preview: EditPreview } | null>(null)
  const [marked, setMarked] = useState<Marked | null>(null)
  const fields = useRef<HTMLFormElement>(null)
  useEffect(() => {
    fields.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
  }, [marked])
  const body = changesOf(settings, form)
  const isShown = shown !== null && shown.body === JSON.stringify(body)
  const name = { name: account.name }
  const look = async (wanted: EditBody): Promise<void> => {
    const preview = await talk.write('/api/accounts/:name/preview', wanted, name)
    setShown({ body: JSON.stringify(wanted), preview })
  }
  const save = async (): Promise<void> => {
    const { text } = await talk.write('/api/accounts/:name/settings', body, name)
    tell(text)
    onDone()
  }
  const attempt = async (): Promise<void> => {
    setMarked(null)
    try {
      await (isShown ? save() : look(body))
    } catch (error) {
      if (!(error instanceof Refusal) || error.faults.length === 0) throw error
      const refused = { form, faults: error.faults }
      setMarked(refused)
      const others = otherFaults(refused)
      if (others.length > 0) throw error
      throw new Error(
        `${plural(error.faults.length, 'value is', 'values are')} not allowed; nothing is saved.`,
        { cause: error },
      )
    }
  }
  const faultOf = (field: Field) => faultAt(marked, form, field)
  return (
    <Dialog title={`Limits and sizing of ${calledOf(account)}`} onClose={onClose} isWide>
      <form
        ref={fields}
        onSubmit={(event) => {
          event.preventDefault()
          if (isChange(body)) void doing.run(attempt)
        }}
      >
        <div class="dialog-body columns">
          <Sizing form={form} onChange={setForm} faultOf={faultOf} />
          <Limits form={form} onChange={setForm} faultOf={faultOf} />
          <div class="whole">
            {shown !== null && isShown && <Difference preview={shown.preview} />}
            {!isShown && (
              <p class="soft">
                {isChange(body)
                  ? 'Look at what it would have changed before you save it.'
                  : 'Nothing is changed yet.'}
              </p>
            )}
            <Trouble text={doing.trouble} />
          </div>
        </div>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={!isChange(body) || doing.isDoing}>
            {isShown ? 'Save' : 'Show the difference'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

type Field = Parameters<typeof faultAt>[2]

interface Part {
  readonly faultOf: (field: Field) => string | null
  readonly form: EditForm
  readonly onChange: (form: EditForm) => void
}

function Sizing({ form, onChange, faultOf }: Part) {
  const fault = faultOf('sizing')
  return (
    <fieldset>
      <legend>Size of an entry</legend>
      {SIZINGS.map(([sizing, text, unit]) => (
        <div key={sizing} class="option">
          <label class="check">
            <input
              type="radio"
              name="sizing"
              checked={form.sizing === sizing}
              onChange={() =>
                onChange({ ...form, sizing, amount: unit === null ? '' : form.amount })
              }
            />
            {text}
          </label>
          {unit !== null && form.sizing === sizing && (
            <input
              aria-label={`${text}: ${unit}`}
              placeholder={unit}
              inputMode="decimal"
              value={form.amount}
              maxLength={LONGEST}
              required
              {...markOf('sizing', fault)}
              onInput={(event) => onChange({ ...form, amount: event.currentTarget.value })}
            />
          )}
          {form.sizing === sizing && <FaultNote field="sizing" fault={fault} />}
        </div>
      ))}
      <label class="field">
        <span>Rounded</span>
        <select
          value={form.rounding}
          onChange={(event) =>
            onChange({ ...form, rounding: event.currentTarget.value as EditForm['rounding'] })
          }
        >
          {ROUNDINGS.map(([rounding, text]) => (
            <option key={rounding} value={rounding}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}

function Limits({ form, onChange, faultOf }: Part) {
  return (
    <fieldset>
      <legend>Limits of entries; empty is no limit</legend>
      {LIMITS.map(({ key, name, unit }) => (
        <div key={key}>
          <label class="field beside">
            <span>
              {name}
              {unit === 'rupees' ? ', ₹' : ''}
            </span>
            <input
              inputMode="decimal"
              value={form.limits[key]}
              maxLength={LONGEST}
              placeholder="no limit"
              {...markOf(key, faultOf(key))}
              onInput={(event) =>
                onChange({ ...form, limits: { ...form.limits, [key]: event.currentTarget.value } })
              }
            />
          </label>
          <FaultNote field={key} fault={faultOf(key)} />
        </div>
      ))}
    </fieldset>
  )
}

/** As long as the server takes an amount. */
const LONGEST = 30

const markOf = (field: Field, fault: string | null) =>
  fault === null ? {} : { 'aria-invalid': true, 'aria-describedby': `fault-${field}` }

function FaultNote({ field, fault }: { field: Field; fault: string | null }) {
  return fault === null ? null : (
    <p id={`fault-${field}`} class="trouble">
      {fault}
    </p>
  )
}

/** More rows than a person reads are only counted. */
const ROWS = 40

function Difference({ preview }: { preview: EditPreview }) {
  const { day, isToday, signals, changed, quantityWas, quantityWould } = preview
  if (day === null)
    return (
      <p role="status">
        The master has not traded yet, so there is no day to compare with. It can be saved all the
        same.
      </p>
    )
  return (
    <div class="difference" role="status">
      <p>
        <strong>
          {isToday ? 'Today so far' : `On ${dayText(day)}`}, of {plural(signals, 'signal')}:{' '}
          {changed.length === 0
            ? 'nothing would have been different.'
            : `${plural(changed.length, 'entry', 'entries')} would have been different, ${grouped(quantityWas)} → ${grouped(quantityWould)} in all.`}
        </strong>
        {isToday && ' No day before today has signals.'}
      </p>
      {changed.length > 0 && (
        <Sideways label="What would have been different">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Signal</th>
                <th scope="col">Was</th>
                <th scope="col">Would have been</th>
              </tr>
            </thead>
            <tbody>
              {changed.slice(0, ROWS).map(({ signal, side, symbol, product, was, would }) => (
                <tr key={signal}>
                  <th scope="row">
                    #{signal} {side} {symbol} <span class="faint">{product}</span>
                  </th>
                  <td>{was}</td>
                  <td>{would}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {changed.length > ROWS && <p class="faint">and {changed.length - ROWS} more</p>}
        </Sideways>
      )}
    </div>
  )
}
