// The accounts: who they are, how each copies, and everything one does to them. Secrets travel from here to
// the server only, and are forgotten here as soon as they are sent.
import { useState } from 'preact/hooks'
import type { AccountList, AccountRow, KeyedBody } from '../shapes/accounts.ts'
import { AddAccount } from './account-add.tsx'
import { EditAccount } from './account-settings.tsx'
import { Confirm, useDoing } from './dialog.tsx'
import { calledOf, dayAndTime, rupees } from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { Mark } from './mark.tsx'
import { useTell } from './notices.tsx'
import { AskPassphrase, usePassphrase } from './passphrase.tsx'
import { textOf } from './talk.ts'
import { limitsText, sizingText } from './words.ts'

type Open =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit'; readonly account: AccountRow }
  | { readonly kind: 'remove'; readonly account: AccountRow }

export function Accounts() {
  const { talk } = useLive()
  const news = useKnown(({ changed }) =>
    changed?.topics.includes('accounts') ? changed.revision : 0,
  )
  const [turns, setTurns] = useState(0)
  const again = (): void => setTurns((before) => before + 1)
  const { value, trouble } = useAsked(() => talk.read('/api/accounts'), [turns, news])
  const [open, setOpen] = useState<Open | null>(null)
  const close = (): void => setOpen(null)
  const done = (): void => {
    close()
    again()
  }
  const canEdit = value !== null && value.faults.length === 0
  return (
    <>
      <div class="heading">
        <h1>Accounts</h1>
        <button
          type="button"
          class="primary"
          disabled={!canEdit}
          onClick={() => setOpen({ kind: 'add' })}
        >
          Add an account …
        </button>
      </div>
      {value === null ? (
        <p class="empty" role="status">
          {trouble ?? 'Asking for the accounts …'}
        </p>
      ) : (
        <>
          <Notes list={value} trouble={trouble} />
          <Table
            list={value}
            onEdit={(account) => setOpen({ kind: 'edit', account })}
            onRemove={(account) => setOpen({ kind: 'remove', account })}
            onChanged={again}
          />
        </>
      )}
      {open?.kind === 'add' && value !== null && (
        <AddAccount list={value} onClose={close} onDone={done} />
      )}
      {open?.kind === 'edit' && (
        <EditAccount account={open.account} onClose={close} onDone={done} />
      )}
      {open?.kind === 'remove' && value !== null && (
        <Remove account={open.account} list={value} onClose={close} onDone={done} />
      )}
    </>
  )
}

function Notes({ list, trouble }: { list: AccountList; trouble: string | null }) {
  return (
    <>
      {trouble !== null && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      {list.faults.length > 0 && (
        <div class="fault-list" role="alert">
          <p>
            <Mark tone="bad">The settings are wrong, so nothing here can be changed:</Mark>
          </p>
          <ul>
            {list.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </div>
      )}
      {list.isEngineRunning && (
        <p class="soft">
          An engine runs: what is changed here holds from its next start, and it does the logins
          itself, so verifying and reading balances waits until it is stopped.
        </p>
      )}
    </>
  )
}

/** Breaks between the day and the time, and nowhere else. */
function Moment({ of }: { of: string }) {
  const [day, time] = dayAndTime(of).split(', ')
  return (
    <>
      <span class="whole-word">{day},</span> <span class="whole-word">{time}</span>
    </>
  )
}

interface RowActions {
  readonly onEdit: (account: AccountRow) => void
  readonly onRemove: (account: AccountRow) => void
  readonly onChanged: () => void
}

function Table({ list, ...actions }: { list: AccountList } & RowActions) {
  // With wrong settings nobody knows which there are.
  if (list.accounts.length === 0)
    return list.faults.length > 0 ? null : <p class="empty">No account is set up yet.</p>
  return (
    <table class="plain stacking">
      <thead>
        <tr>
          <th scope="col">Account</th>
          <th scope="col">Client code</th>
          <th scope="col">Verified</th>
          <th scope="col">Goes out by</th>
          <th scope="col">Copies</th>
          <th scope="col">Sizing</th>
          <th scope="col">Limits</th>
          <th scope="col">
            <span class="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.accounts.map((account) => (
          <Row key={account.name} account={account} list={list} {...actions} />
        ))}
      </tbody>
    </table>
  )
}

function Row(props: { account: AccountRow; list: AccountList } & RowActions) {
  const { account, list, onEdit, onRemove, onChanged } = props
  const { name, label, clientCode, goesOutBy, verifiedAt, settings, isMaster } = account
  const canEdit = list.faults.length === 0
  return (
    <tr>
      <th scope="row" data-label="Account">
        <span>
          {calledOf(account)}
          {label !== null && <span class="faint"> {name}</span>}
        </span>
      </th>
      <td data-label="Client code" class="mono">
        {clientCode}
        {account.isInVault && <span class="faint"> in the vault</span>}
      </td>
      <td data-label="Verified">
        {verifiedAt === null ? <span class="soft">never</span> : <Moment of={verifiedAt} />}
      </td>
      <td data-label="Goes out by">{goesOutBy}</td>
      <td data-label="Copies">
        {settings === null ? (
          <span class="soft">the master</span>
        ) : (
          <Mark tone={settings.enabled ? 'good' : 'plain'}>
            {settings.enabled ? 'enabled' : 'disabled'}
            {settings.mode === 'paper' ? ', on paper' : ''}
          </Mark>
        )}
      </td>
      <td data-label="Sizing">{settings === null ? '' : sizingText(settings.sizing)}</td>
      <td data-label="Limits" class="limits-cell">
        {settings === null ? '' : limitsText(settings.limits)}
      </td>
      <td class="row-actions">
        <Check account={account} list={list} onChecked={onChanged} />
        {settings !== null && (
          <>
            <Enable account={account} isOn={settings.enabled} {...{ canEdit, onChanged }} />
            <button type="button" disabled={!canEdit} onClick={() => onEdit(account)}>
              Limits and sizing<span class="hidden"> of {calledOf(account)}</span> …
            </button>
          </>
        )}
        {!isMaster && (
          <button type="button" class="quiet" disabled={!canEdit} onClick={() => onRemove(account)}>
            Remove<span class="hidden"> {calledOf(account)}</span> …
          </button>
        )}
      </td>
    </tr>
  )
}

const needsPassphrase = ({ vault }: AccountList, { isInVault }: AccountRow): boolean =>
  vault === 'passphrase' && isInVault

const CHECKS = { verify: 'Verify', balance: 'Balance' } as const
type CheckKind = keyof typeof CHECKS

/** Both log in, so a running engine, which does that itself, must not be disturbed. */
function Check(props: {
  readonly account: AccountRow
  readonly list: AccountList
  readonly onChecked: () => void
}) {
  const { account, list, onChecked } = props
  const { talk } = useLive()
  const tell = useTell()
  const doing = useDoing()
  const [asked, setAsked] = useState<CheckKind | null>(null)
  const check = async (what: CheckKind, body: KeyedBody): Promise<void> => {
    const name = { name: account.name }
    const { isGood, text, funds } = await talk.write(`/api/accounts/:name/${what}`, body, name)
    const said = funds === null ? text : `funds ${rupees(funds.net)}, used ${rupees(funds.used)}`
    tell(`${calledOf(account)}: ${said}`, !isGood)
    onChecked()
  }
  const begin = (what: CheckKind): void => {
    if (needsPassphrase(list, account)) setAsked(what)
    else
      void doing.run(() =>
        check(what, {}).catch((error) => tell(`${calledOf(account)}: ${textOf(error)}`, true)),
      )
  }
  return (
    <>
      {(['verify', 'balance'] as const).map((what) => (
        <button
          key={what}
          type="button"
          disabled={list.isEngineRunning || doing.isDoing}
          onClick={() => begin(what)}
        >
          {CHECKS[what]}
          <span class="hidden"> of {calledOf(account)}</span>
        </button>
      ))}
      {asked !== null && (
        <AskPassphrase
          title={`${CHECKS[asked]} of ${calledOf(account)}`}
          action="Log in once"
          onClose={() => setAsked(null)}
          onConfirm={(body) => check(asked, body)}
        />
      )}
    </>
  )
}

function Enable(props: {
  readonly account: AccountRow
  readonly isOn: boolean
  readonly canEdit: boolean
  readonly onChanged: () => void
}) {
  const { account, isOn, canEdit, onChanged } = props
  const { talk } = useLive()
  const tell = useTell()
  const doing = useDoing()
  const turn = async (): Promise<void> => {
    try {
      const body = { enabled: !isOn }
      const { text } = await talk.write('/api/accounts/:name/enabled', body, { name: account.name })
      tell(text)
      onChanged()
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true)
    }
  }
  return (
    <button type="button" disabled={!canEdit || doing.isDoing} onClick={() => void doing.run(turn)}>
      {isOn ? 'Disable' : 'Enable'}
      <span class="hidden"> {calledOf(account)}</span>
    </button>
  )
}

function Remove(props: {
  readonly account: AccountRow
  readonly list: AccountList
  readonly onClose: () => void
  readonly onDone: () => void
}) {
  const { account, list, onClose, onDone } = props
  const { talk } = useLive()
  const tell = useTell()
  const passphrase = usePassphrase(needsPassphrase(list, account))
  return (
    <Confirm
      title={`Remove ${calledOf(account)}`}
      action="Remove"
      isDangerous
      typed={account.name}
      isReady={passphrase.isTyped}
      onClose={onClose}
      onConfirm={async (typed) => {
        const body = { typed, ...passphrase.body }
        const { text } = await talk.write('/api/accounts/:name/remove', body, {
          name: account.name,
        })
        tell(text)
        onDone()
      }}
    >
      <p>
        Its keys are taken out of {account.isInVault ? 'the vault' : <code>.env</code>} and its
        settings out of <code>lockstep.yaml</code>. What it has traded stays in the ledger. An
        account that holds something can’t be removed.
      </p>
      {passphrase.field}
    </Confirm>
  )
}
