// `lockstep alerts test`: one message by each way that is set up, and what came of it. The address of a way
// is a secret and is shown nowhere.
import type { Config } from '../config/config.ts'
import type { AlertRoute } from '../domain/alert.ts'
import { type AlertPost, type Delivery, deliver } from '../report/alert-channels.ts'
import { requireConfig } from './accounts-parts.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import type { Reach } from './reach.ts'

interface AlertOptions {
  readonly config?: string
  readonly json?: true
}

export function addAlerts(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    const alerts = program
      .command('alerts')
      .description('what reaches you when you do not sit at the terminal')
      .helpCommand(false)
      .addHelpText('after', '\nExample: lockstep alerts test')
    alerts
      .command('test')
      .description('send one message by each way that is set up')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
      .option('--json', 'the same for programs')
      .addHelpText('after', '\nExample: lockstep alerts test')
      .action(async (options: AlertOptions) => {
        const { alerts: settings } = requireConfig(reach, options)
        if (settings.routes.length === 0) throw new Refusal(NO_WAY)
        const tried = await tryAll(settings, reach)
        if (options.json) terminal.write(`${JSON.stringify({ ways: tried })}\n`)
        else for (const each of tried) terminal.write(describe(each))
        end(tried.every(({ result }) => result === 'sent') ? exitCodes.done : exitCodes.failed)
      })
  }
}

const NO_WAY =
  'no way to tell you is set up: LOCKSTEP_TELEGRAM_TOKEN and LOCKSTEP_TELEGRAM_CHAT, LOCKSTEP_DISCORD_URL or LOCKSTEP_WEBHOOK_URL in .env'

interface Tried {
  readonly way: AlertRoute['kind']
  readonly kinds: readonly string[]
  readonly result: Delivery['kind']
  readonly why: string | null
}

/** Side by side: one that hangs delays nobody. */
function tryAll({ routes }: Config['alerts'], { clock }: Reach): Promise<readonly Tried[]> {
  const post: AlertPost = {
    mode: 'paper',
    head: 'Lockstep',
    alerts: [
      { kind: 'alarm', account: null, text: 'This is a test: alerts reach you.', at: clock.now() },
    ],
  }
  const never = new AbortController().signal
  return Promise.all(
    routes.map(async ({ route, kinds }) => {
      const delivery = await deliver(route, post, never)
      const why = delivery.kind === 'sent' ? null : delivery.why
      return { way: route.kind, kinds, result: delivery.kind, why }
    }),
  )
}

function describe({ way, kinds, result, why }: Tried): string {
  const what =
    result === 'sent' ? 'sent: it should be there now' : `NOT SENT: ${why}; ${REMEDIES[way]}`
  const told = kinds.length === 0 ? 'nothing (off in lockstep.yaml)' : kinds.join(', ')
  return `${way.padEnd(9)} ${what}\n          tells ${told}\n`
}

const REMEDIES: Readonly<Record<AlertRoute['kind'], string>> = {
  telegram:
    'check LOCKSTEP_TELEGRAM_TOKEN and LOCKSTEP_TELEGRAM_CHAT, and write to the bot once so that it may write to you',
  discord: 'check LOCKSTEP_DISCORD_URL: the webhook may have been deleted',
  webhook: 'check LOCKSTEP_WEBHOOK_URL and what answers there',
}
