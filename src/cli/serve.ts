import { Command, Option } from 'commander'
import { EMPTY, finalize, ignoreElements, mergeMap, type Observable, tap } from 'rxjs'
import { type Connection, webSocketServer } from '../../streams/websocket-server.ts'
import { EVENT_TYPES, type EventType, events } from '../events.ts'
import { learn } from '../learn.ts'
import { createModel } from '../network/create.ts'
import type { CommandContext } from './context.ts'
import { eventTypes, type ModelFlags, modelFlags, number, withModelOptions } from './options.ts'
import { finished } from './run.ts'

const HELP = `
Each connection to /v1/learn has a learner of its own. It sends text frames (characters) or binary frames (UTF-8), in pieces of any size, and gets a
JSON event a frame back: a line event for each line, and a prediction event with the likeliest next characters after each burst of text.
?events=prediction at the end of the address chooses which.

Examples:
  rxrnn serve --port 8787
  wscat -c ws://127.0.0.1:8787/v1/learn`

interface ServeFlags {
  readonly host: string
  readonly port: number
  readonly origin: readonly string[]
}

export function serveCommand(context: CommandContext): Command {
  return withModelOptions(new Command('serve'))
    .summary('a WebSocket server: text in, predictions out')
    .description('Serves a learner over WebSocket until it is stopped.')
    .addOption(new Option('--host <HOST>', 'the address to listen on').default('127.0.0.1'))
    .addOption(
      new Option('--port <N>', 'the port to listen on; 0 takes a free one').argParser(number({ min: 0, max: 65535, integer: true })).default(8787),
    )
    .addOption(
      new Option('--origin <URL>', 'a web page that may connect, such as https://example.com (repeatable); programs that are no browsers always may')
        .argParser((url, before: readonly string[]) => [...before, url])
        .default([], 'none'),
    )
    .addHelpText('after', HELP)
    .action(async (flags: ServeFlags) => {
      const given = modelFlags({ ...flags })
      createModel(given).dispose()
      const connections$ = webSocketServer({
        host: flags.host,
        port: flags.port,
        origins: flags.origin,
        paths: ['/v1/learn'],
        listening: ({ host, port }) => context.note(`rxrnn: listening on ws://${host.includes(':') ? `[${host}]` : host}:${port}/v1/learn`),
      })
      await finished(connections$.pipe(mergeMap((connection) => converse(connection, given))), context)
    })
}

function requestedTypes({ query }: Connection): readonly EventType[] | undefined {
  try {
    return eventTypes(query.get('events') ?? 'line,prediction')
  } catch {
    return undefined
  }
}

/** One connection: its text is learned by a model of its own, and the events go back */
function converse(connection: Connection, given: ModelFlags): Observable<never> {
  const types = requestedTypes(connection)
  if (types === undefined) {
    connection.close(1008, `events must be one or more of ${EVENT_TYPES.join(',')}`)
    return EMPTY
  }
  const model = createModel(given)
  return connection.chunks$.pipe(
    learn(model),
    events(model, { types }),
    tap((event) => connection.send(event)),
    ignoreElements(),
    finalize(() => model.dispose()),
  )
}
