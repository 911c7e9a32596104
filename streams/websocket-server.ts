import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Observable } from 'rxjs'
import { type WebSocket, WebSocketServer } from 'ws'
import { Connection } from './connection.ts'

export { Connection } from './connection.ts'

export interface WebSocketServerOptions {
  readonly host?: string
  /** 0 takes a free port */
  readonly port: number
  /** Paths that may be connected to; others are answered with 404 */
  readonly paths?: readonly string[]
  /** Origins of web pages that may connect, matched exactly. A program that is no browser sends none and is let in. */
  readonly origins?: readonly string[]
  /** Bytes of one frame; a longer one closes its connection with 1009 */
  readonly maxPayload?: number
  readonly maxConnections?: number
  /** Milliseconds between two pings; a connection that answers neither is dropped */
  readonly heartbeat?: number
  /** Called once with the address that is listened on */
  readonly listening?: (address: Address) => void
  /** Answers requests that are no WebSocket's; by default 404 */
  readonly onRequest?: RequestListener
}

export interface Address {
  readonly host: string
  readonly port: number
}

// a frame of text that a person or a log line may fill, and 64 of them in a connection's queue are still small
const MAX_PAYLOAD = 1 << 20
const MAX_CONNECTIONS = 1024
const HEARTBEAT = 30_000
const GOING_AWAY = 1001
const CLOSE_PATIENCE = 1000

/**
 * WebSocket connections as they come. Listens while it is subscribed to; then it closes all connections (1001) and the port. Errors when the port
 * cannot be listened on. No compression, so that no small frame can become a large one.
 *
 *     webSocketServer({ port: 8787 }).pipe(mergeMap((connection) => connection.chunks$.pipe(learn(createModel()), ...)))
 */
export function webSocketServer(options: WebSocketServerOptions): Observable<Connection> {
  return new Observable((subscriber) => {
    const { host = '127.0.0.1', port, maxPayload = MAX_PAYLOAD, maxConnections = MAX_CONNECTIONS, heartbeat = HEARTBEAT } = options
    const http = createServer(options.onRequest ?? ((_, response) => response.writeHead(404).end('This is a WebSocket server: connect with ws://\n')))
    const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false })
    const alive = new WeakSet<WebSocket>()

    http.on('upgrade', (request, stream, head) => {
      stream.on('error', () => stream.destroy())
      const refusal = sockets.clients.size >= maxConnections ? 503 : refusalOf(request, options)
      if (refusal !== undefined) return refuse(stream, refusal)
      sockets.handleUpgrade(request, stream, head, (socket) => {
        alive.add(socket)
        socket.on('pong', () => alive.add(socket))
        subscriber.next(new Connection(socket, request))
      })
    })
    http.on('error', (error: NodeJS.ErrnoException) => subscriber.error(listenError(error, host, port)))
    http.listen(port, host, () => {
      const address = http.address()
      if (typeof address === 'object' && address !== null) options.listening?.({ host: address.address, port: address.port })
    })

    const beat = setInterval(() => {
      for (const socket of sockets.clients) {
        // one that is held back, by us or by its own reading, cannot answer in time
        if (socket.isPaused || socket.bufferedAmount > 0) continue
        if (!alive.delete(socket)) socket.terminate()
        else socket.ping()
      }
    }, heartbeat)

    return () => {
      clearInterval(beat)
      http.close()
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the server is going away')
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
        http.closeAllConnections()
      }, CLOSE_PATIENCE).unref()
    }
  })
}

/** The HTTP status with which a handshake is refused; undefined when it is welcome */
function refusalOf(request: IncomingMessage, { paths, origins = [] }: WebSocketServerOptions): number | undefined {
  const { origin } = request.headers
  if (origin !== undefined && !origins.includes(origin)) return 403
  const path = request.url?.split('?')[0] ?? ''
  return paths === undefined || paths.includes(path) ? undefined : 404
}

function refuse(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already; choose another port, or 0 for a free one',
    EACCES: 'permission denied; ports below 1024 are for the system, choose a higher one',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no such host',
  }
  return new Error(`cannot listen on ${host}:${port}: ${reasons[error.code ?? ''] ?? error.message}`, { cause: error })
}
