import type { RequestListener, ServerResponse } from 'node:http'
import type { Access } from './access.ts'
import type { Preset } from '../network/options.ts'
import { type Dashboard, sendFile } from './dashboard.ts'
import type { Metrics } from './metrics.ts'

const TEXT = 'text/plain; charset=utf-8'

export interface PagesOptions {
  readonly isReady: () => boolean
  readonly metrics: Metrics
  readonly access: Access
  /** Whether a request is to a name of this server, and not to one that a foreign page made point to it */
  readonly isAddressed: Access
  readonly dashboard: Dashboard
  /** What can be chosen here */
  readonly offer: () => Offer
}

/** What a server offers to learn with */
export interface Offer {
  /** The names of the shared models; undefined where there can be none */
  readonly models: readonly string[] | undefined
  /** Those that a private learner may ask for, the server's own first */
  readonly presets: readonly Preset[]
  /** Whether shared models may be sampled */
  readonly sampling: boolean
}

/**
 * Answers plain HTTP: the dashboard, /healthz for who watches the process, /readyz for who sends it clients, /metrics for Prometheus, /v1/models for who
 * wants to choose one. The dashboard holds no secret; what it connects to asks for the token.
 */
export function pages({ isReady, metrics, access, isAddressed, dashboard, offer }: PagesOptions): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    // a body is nothing that is wanted here
    request.resume()
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET is answered here\n')
    const file = dashboard.get(path)
    if (file !== undefined) return sendFile(response, file)
    if (path === '/healthz') return answer(response, 200, 'ok\n')
    if (path === '/readyz') return isReady() ? answer(response, 200, 'ready\n') : answer(response, 503, 'stopping\n')
    if (path === '/v1/models') {
      if (!access(request)) return answer(response, 401, 'a token is needed\n')
      if (!isAddressed(request)) return answer(response, 403, 'this server has another name: give it with --origin\n')
      return answer(response, 200, JSON.stringify(offer()), 'application/json')
    }
    if (path !== '/metrics') return answer(response, 404, 'This is a WebSocket server: connect to /v1/learn with ws://\n')
    if (!access(request)) return answer(response, 401, 'a token is needed\n')
    metrics.registry.metrics().then(
      (text) => answer(response, 200, text, metrics.registry.contentType),
      () => answer(response, 500, 'the metrics could not be collected\n'),
    )
  }
}

function answer(response: ServerResponse, status: number, text: string, type: string = TEXT): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }).end(text)
}
