import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Access } from './access.ts'
import type { Preset } from '../network/options.ts'
import { type Dashboard, sendFile } from './dashboard.ts'
import type { Removal } from './messages.ts'
import type { Metrics } from './metrics.ts'

const TEXT = 'text/plain; charset=utf-8'

export interface PagesOptions {
  /** Why no clients should be sent here; undefined when they can be */
  readonly unready: () => Promise<string | undefined>
  readonly metrics: Metrics
  readonly access: Access
  /** Whether clients must know a token */
  readonly hasToken: boolean
  /** Whether a request is to a name of this server, and not to one that a foreign page made point to it */
  readonly isAddressed: Access
  readonly dashboard: Dashboard
  /** What can be chosen here */
  readonly offer: () => Offer
  /** Removes a shared model */
  readonly remove: (name: string) => Promise<Removal | 'unknown'>
}

/** What a server offers to learn with */
export interface Offer {
  /** The names of the shared models; undefined where there can be none */
  readonly models: readonly string[] | undefined
  /** Those that a private learner may ask for, the server's own first */
  readonly presets: readonly Preset[]
  /** Whether shared models may be sampled */
  readonly sampling: boolean
  /** Whether producers of shared models may judge their alerts */
  readonly verdicts: boolean
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly type?: string
}

const REMOVALS: Readonly<Record<Removal | 'unknown', Answer>> = {
  removed: { status: 200, text: 'removed\n' },
  unknown: { status: 404, text: 'there is no such model\n' },
  'in-use': { status: 409, text: 'the model is in use: end the connections to it first\n' },
  failed: { status: 500, text: 'the model could not be removed; the log of the server says why\n' },
}

/**
 * Answers plain HTTP: the dashboard, /healthz for who watches the process, /readyz for who sends it clients, /metrics for Prometheus, /v1/models for who
 * wants to choose one, or to remove one. The dashboard holds no secret; what it connects to asks for the token.
 */
export function pages(options: PagesOptions): RequestListener {
  return (request, response) => {
    // a body is nothing that is wanted here
    request.resume()
    const file = options.dashboard.get(pathOf(request))
    if (file !== undefined && isRead(request)) return sendFile(response, file)
    answerOf(request, options).then(
      ({ status, text, type }) => answer(response, status, text, type),
      () => answer(response, 500, 'that failed\n'),
    )
  }
}

async function answerOf(request: IncomingMessage, options: PagesOptions): Promise<Answer> {
  const path = pathOf(request)
  const [, model] = /^\/v1\/models\/([^/]*)$/.exec(path) ?? []
  if (model !== undefined && request.method === 'DELETE') return refusalOf(request, options) ?? REMOVALS[await options.remove(model)]
  if (!isRead(request)) return { status: 405, text: 'only GET is answered here\n' }
  switch (path) {
    case '/healthz':
      return { status: 200, text: 'ok\n' }
    case '/readyz': {
      const reason = await options.unready()
      return reason === undefined ? { status: 200, text: 'ready\n' } : { status: 503, text: `${reason}\n` }
    }
    case '/v1/models':
      return refusalOf(request, options) ?? { status: 200, text: JSON.stringify(options.offer()), type: 'application/json' }
    case '/metrics': {
      const { registry } = options.metrics
      return refusalOf(request, options) ?? { status: 200, text: await registry.metrics(), type: registry.contentType }
    }
    default:
      return { status: 404, text: 'This is a WebSocket server: connect to /v1/learn with ws://\n' }
  }
}

/** Who knows the token may call the server what they like: a foreign page does not know it */
function refusalOf(request: IncomingMessage, { access, hasToken, isAddressed }: PagesOptions): Answer | undefined {
  if (!access(request)) return { status: 401, text: 'a token is needed\n' }
  return hasToken || isAddressed(request) ? undefined : { status: 403, text: 'this server has another name: give it with --origin\n' }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0]!
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function answer(response: ServerResponse, status: number, text: string, type: string = TEXT): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }).end(text)
}
