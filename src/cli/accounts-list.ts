// `lockstep accounts list`: the accounts as they are set up. No secret: a client code is masked, a proxy is
// only said to be there.
import type { Config } from '../config/config.ts'
import { type Account, maskCode } from '../domain/account.ts'
import { type AddAccountsCommand, type ConfigOption, requireConfig } from './accounts-parts.ts'
import { exitCodes } from './program.ts'
import { formatTable } from './table.ts'

export const addAccountsList: AddAccountsCommand = (accounts, { reach }, terminal, end) => {
  accounts
    .command('list')
    .description('every account that is set up')
    .option('--config <file>', 'settings file in place of lockstep.yaml')
    .option('--json', 'the same for programs')
    .addHelpText('after', '\nExample: lockstep accounts list')
    .action((options: ConfigOption & { readonly json?: true }) => {
      const rows = rowsOf(requireConfig(reach, options))
      if (options.json) terminal.write(`${JSON.stringify({ accounts: rows })}\n`)
      else if (rows.length === 0)
        terminal.write('no account is set up: lockstep accounts add MASTER\n')
      else terminal.write(describeRows(rows))
      end(exitCodes.done)
    })
}

const rowsOf = ({ accounts: { master, followers }, followers: settings }: Config) => [
  ...(master === null ? [] : [{ ...rowOf(master), state: 'master', mode: null }]),
  ...followers.map((account, index) => ({
    ...rowOf(account),
    state: settings[index]?.enabled === false ? 'disabled' : 'enabled',
    mode: settings[index]?.mode ?? null,
  })),
]

const rowOf = ({ name, label, clientCode, egress }: Account) => ({
  name,
  label,
  clientCode: maskCode(clientCode),
  goesOutBy: [
    ...(egress.localAddress === null ? [] : [egress.localAddress]),
    ...(egress.proxyUrl === null ? [] : ['a proxy']),
  ].join(', '),
})

function describeRows(rows: ReturnType<typeof rowsOf>): string {
  const head = (text: string) => ({ head: text, align: 'left' }) as const
  return formatTable(
    ['account', 'label', 'client code', 'state', 'mode', 'goes out by'].map(head),
    rows.map((row) => [
      row.name,
      row.label ?? '-',
      row.clientCode,
      row.state,
      row.mode ?? '-',
      row.goesOutBy || "the machine's own address",
    ]),
  )
}
