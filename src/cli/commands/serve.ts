import { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { needing } from '../flags/needs.ts'
import { withServeOptions } from './serve-flags.ts'
import type { ServiceOptions } from '../../server/service-options.ts'

const HELP = `
A connection to /v1/learn has a learner of its own. It sends text frames (characters) or binary frames (UTF-8), in pieces of any size, and gets a
JSON event a frame back: a line event for each line, and a prediction event with the likeliest next characters after each burst of text.
?events=prediction at the end of the address chooses which. With --models, /v1/learn/NAME is a model that all who connect to it share, and that is
saved; /v1/watch/NAME watches. The preset is small unless another one is asked for, so that a thousand private learners fit into 1.5 GB.
The dashboard, a page that shows how it learns, is at / on the same port; /healthz, /readyz and /metrics are answered there, too. docs/reference/protocol.md
and docs/reference/security.md describe all of it.

Examples:
  rxrnn serve --port 8787
  wscat -c ws://127.0.0.1:8787/v1/learn
  rxrnn serve --models state --host 0.0.0.0 --token-file token --tls-cert cert.pem --tls-key key.pem
  tail -F app.log | rxrnn send ws://127.0.0.1:8787/v1/learn/app`

export function serveCommand(context: CommandContext): Command {
  return withServeOptions(withHelp(new Command('serve'), HELP))
    .summary('a WebSocket server: text in, predictions out')
    .description('Serves learners over WebSocket until it is stopped.')
    .action(async (flags: ServiceOptions) => {
      const { serve } = await needing('ws', () => import('./serve-run.ts'))
      await serve(flags, context)
    })
}
