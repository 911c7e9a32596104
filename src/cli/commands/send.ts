import { Command } from 'commander'
import { concat, merge, tap } from 'rxjs'
import { RemoteLearner } from '../../../streams/websocket/websocket.ts'
import { EVENT_TYPES, type EventType } from '../../alerts/events.ts'
import { OptionError } from '../../text/option-error.ts'
import type { CommandContext } from '../context.ts'
import { textInput } from '../input.ts'
import { withHelp } from '../flags/help.ts'
import { needing } from '../flags/needs.ts'
import { listOption, NumberOption } from '../flags/options.ts'
import { tokenIn } from '../../server/access.ts'
import { finished } from '../run.ts'

const HELP = `
Reads standard input, or FILEs one after the other, only as fast as the server learns, and prints the server's events as JSON, one a line. When the
connection is lost it connects again and resumes where the server says: every character is learned once. It ends when the text has ended and the server
has all of it safe.

Examples:
  tail -F app.log | rxrnn send ws://127.0.0.1:8787/v1/learn/app | jq -r 'select(.alert).text'
  rxrnn send --resume --producer book ws://127.0.0.1:8787/v1/learn/library book.txt
  rxrnn send --token-file token wss://rxrnn.example.com/v1/learn/app app.log`

interface SendFlags {
  readonly events: readonly EventType[]
  readonly producer?: string
  readonly resume?: true
  readonly tokenFile?: string
  readonly buffer: number
}

export function sendCommand(context: CommandContext): Command {
  return withHelp(new Command('send'), HELP)
    .summary('pipe text to a server, print what it says')
    .description('Sends text to a learner of rxrnn serve and prints its events.')
    .argument('<URL>', 'such as ws://127.0.0.1:8787/v1/learn/NAME')
    .argument('[FILE...]', 'the files to read; - is standard input')
    .addOption(listOption('--events <TYPE,...>', 'which events to print', EVENT_TYPES).default(['line'], 'line'))
    .option('--producer <NAME>', 'the name of this stream, where several feed one model')
    .option('--resume', 'the text is sent from its start again: omit what the server has of it')
    .option('--token-file <FILE>', 'a file that holds the token which the server wants')
    .addOption(
      new NumberOption('--buffer <N>', 'characters to hold until the server has them safe', { min: 1, max: 1e9, integer: true }).default(1 << 20),
    )
    .action((url: string, paths: readonly string[], flags: SendFlags) => send(url, paths, flags, context))
}

async function send(url: string, paths: readonly string[], flags: SendFlags, context: CommandContext): Promise<void> {
  const { output, note } = context
  const { WebSocket } = await needing('ws', () => import('ws'))
  const remote = new RemoteLearner(addressOf(url, flags), {
    WebSocket,
    from: flags.resume === true ? 'beginning' : 'append',
    token: flags.tokenFile === undefined ? undefined : tokenIn(flags.tokenFile),
    buffer: flags.buffer,
    lost: (reason, delay) => note(`rxrnn: ${reason}; connects again in ${(delay / 1000).toFixed(1)} seconds`),
    forgotten: (characters) =>
      note(
        `rxrnn: the server has forgotten this producer: it continues without ${characters} characters that were acknowledged before and are not held any more`,
      ),
  })
  const ready = () => remote.ready() ?? output.ready()
  const text$ = concat(...(paths.length === 0 ? ['-'] : paths).map((path) => textInput(path, { ready }, context))).pipe(tap(remote))
  const printed$ = remote.events$.pipe(tap((event) => isPrinted(event, flags.events) && output.write(`${JSON.stringify(event)}\n`)))
  try {
    await finished(merge(text$, printed$), context)
  } finally {
    remote.close()
  }
}

function addressOf(text: string, { events, producer }: SendFlags): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') throw new OptionError('URL', `URL is ${text}, but it must begin with ws:// or wss://`)
  url.searchParams.set('events', events.join(','))
  if (producer !== undefined) url.searchParams.set('producer', producer)
  return url.href
}

/** Everything but what the connection itself needs */
function isPrinted(event: unknown, types: readonly string[]): boolean {
  return typeof event === 'object' && event !== null && 'type' in event && (types.includes(String(event.type)) || event.type === 'error')
}
