import { Command } from 'commander'
import { OptionError } from '../../text/option-error.ts'
import { messageOf } from '../../text/message-of.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { tokenIn } from '../../server/access.ts'

const HELP = `
Examples:
  rxrnn remove --token-file token wss://rxrnn.example.com/v1/learn/app`

export function removeCommand(context: CommandContext): Command {
  return withHelp(new Command('remove'), HELP)
    .summary('remove a model from a server')
    .description('Removes a shared model of a running rxrnn serve, and its checkpoints. Nobody may be connected to it.')
    .argument('<URL>', 'of the model, such as ws://127.0.0.1:8787/v1/learn/NAME')
    .option('--token-file <FILE>', 'a file that holds the token which the server wants')
    .action((url: string, { tokenFile }: { readonly tokenFile?: string }) => remove(url, tokenFile, context))
}

async function remove(url: string, tokenFile: string | undefined, { note }: CommandContext): Promise<void> {
  const address = addressOf(url)
  const headers: Record<string, string> = tokenFile === undefined ? {} : { authorization: `Bearer ${tokenIn(tokenFile)}` }
  const response = await fetch(address, { method: 'DELETE', headers }).catch((error: unknown) => {
    throw new Error(`cannot reach ${address.origin}: ${messageOf(error)}; is the server running?`, { cause: error })
  })
  const answer = (await response.text()).trim()
  if (!response.ok) throw new Error(`${url} is not removed: ${answer}`)
  note(`rxrnn: ${url} is removed`)
}

/** Where the server has the model that is learned at an address */
function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const [, name] = /^\/v1\/learn\/([^/]+)$/.exec(url?.pathname ?? '') ?? []
  if (url === undefined || name === undefined || !/^wss?:$/.test(url.protocol)) {
    throw new OptionError('URL', `URL is ${text}, but it must be that of a shared model, such as ws://127.0.0.1:8787/v1/learn/NAME`)
  }
  return new URL(`/v1/models/${name}`, url.href.replace(/^ws/, 'http'))
}
