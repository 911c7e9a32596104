import type { RequestListener, ServerResponse } from 'node:http'
import type { Access } from './access.ts'
import type { Metrics } from './metrics.ts'

const TEXT = 'text/plain; charset=utf-8'

/** Answers plain HTTP: /healthz for who watches the process, /readyz for who sends it clients, /metrics for Prometheus */
export function pages(isReady: () => boolean, metrics: Metrics, access: Access): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?')[0]
    // a body is nothing that is wanted here
    request.resume()
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET is answered here\n')
    if (path === '/healthz') return answer(response, 200, 'ok\n')
    if (path === '/readyz') return isReady() ? answer(response, 200, 'ready\n') : answer(response, 503, 'stopping\n')
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
