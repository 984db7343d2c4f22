// `lockstep accounts`: the accounts, which are in the vault or in `.env`, and in the settings file. None of it shows a
// secret, and none of it changes an engine that runs.
import { addAccountsAdd } from './accounts-add.ts'
import { addAccountsCheck } from './accounts-check.ts'
import { addAccountsEdit } from './accounts-edit.ts'
import { addAccountsList } from './accounts-list.ts'
import type { AccountsParts } from './accounts-parts.ts'
import { addAccountsVault } from './accounts-vault.ts'
import type { AddCommand } from './program.ts'

export function addAccounts(parts: AccountsParts): AddCommand {
  return (program, terminal, end) => {
    const accounts = program
      .command('accounts')
      .description(
        'list, add, remove, enable, disable, verify accounts, tell their balance, keep them encrypted',
      )
      .helpCommand(false)
      .addHelpText('after', '\nExample: lockstep accounts list')
    for (const add of [
      addAccountsList,
      addAccountsAdd,
      addAccountsEdit,
      addAccountsCheck,
      addAccountsVault,
    ])
      add(accounts, parts, terminal, end)
  }
}
