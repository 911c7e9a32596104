import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { Observable } from 'rxjs'
import { type WebSocket, WebSocketServer } from 'ws'
import { Connection, type ConnectionOptions } from './connection.ts'

export { Connection, type ConnectionOptions } from './connection.ts'

export interface WebSocketServerOptions extends ConnectionOptions {
  readonly host?: string
  /** 0 takes a free port */
  readonly port: number
  /** Certificate and key in PEM; with them the server speaks TLS (wss:) only */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Paths that may be connected to; others are answered with 404 */
  readonly paths?: readonly string[]
  /** Origins of web pages that may connect, matched exactly, or what says of one. A program that is no browser sends none and is let in. */
  readonly origins?: readonly string[] | ((origin: string) => boolean)
  /** Subprotocols that are spoken, the preferred one first */
  readonly protocols?: readonly string[]
  /** Bytes of one frame; a longer one closes its connection with 1009 */
  readonly maxPayload?: number
  readonly maxConnections?: number
  /** Connections from one address */
  readonly maxPerAddress?: number
  /** Milliseconds that a client may take for its handshake */
  readonly handshakeTimeout?: number
  /** Milliseconds between two pings; a connection that answers neither is dropped */
  readonly heartbeat?: number
  /** Called once with the address that is listened on */
  readonly listening?: (address: Address) => void
  /** Called once when nothing is open any more, a second after the end at the latest */
  readonly closed?: () => void
  /** Answers requests that are no WebSocket's; by default 404 */
  readonly onRequest?: RequestListener
  /** The last to be asked about a handshake: returns the HTTP status to refuse it with, or undefined to let it in */
  readonly admit?: (request: IncomingMessage) => number | undefined
  /** Told of each refused handshake, with its HTTP status */
  readonly refused?: (status: number) => void
}

export interface Address {
  readonly host: string
  readonly port: number
}

// a frame of text that a person or a log line may fill, and 64 of them in a connection's queue are still small
const MAX_PAYLOAD = 1 << 20
const MAX_CONNECTIONS = 1024
const HANDSHAKE_TIMEOUT = 10_000
const HEARTBEAT = 30_000
const GOING_AWAY = 1001
const CLOSE_PATIENCE = 1000
// handshakes and other requests that may be under way beside the connections
const SPARE_SOCKETS = 256

/**
 * WebSocket connections as they come. Listens while it is subscribed to; then it closes all connections (1001) and the port. Errors when the port
 * cannot be listened on. No compression, so that no small frame can become a large one.
 *
 *     webSocketServer({ port: 8787 }).pipe(mergeMap((connection) => connection.chunks$.pipe(learn(createModel()), ...)))
 */
export function webSocketServer(options: WebSocketServerOptions): Observable<Connection> {
  return new Observable((subscriber) => {
    const { host = '127.0.0.1', port, heartbeat = HEARTBEAT } = options
    const http = createHttp(options)
    const sockets = createSockets(options)
    const addresses = new Addresses()
    const alive = new WeakSet<WebSocket>()

    http.on('upgrade', (request, stream, head) => {
      stream.on('error', () => stream.destroy())
      const refusal = refusalOf(request, options, sockets.clients.size, addresses)
      if (refusal !== undefined) return refuse(stream, refusal, options)
      sockets.handleUpgrade(request, stream, head, (socket) => {
        alive.add(socket)
        socket.on('pong', () => alive.add(socket))
        addresses.count(request, socket)
        subscriber.next(new Connection(socket, request, options))
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
      http.close(options.closed)
      for (const socket of sockets.clients) {
        socket.close(GOING_AWAY, 'the server is going away')
        socket.resume()
      }
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
        http.closeAllConnections()
      }, CLOSE_PATIENCE).unref()
    }
  })
}

function createHttp({ tls, onRequest, maxConnections = MAX_CONNECTIONS, handshakeTimeout = HANDSHAKE_TIMEOUT }: WebSocketServerOptions): Server {
  const limits = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.min(1000, handshakeTimeout),
    maxHeaderSize: 8192,
  }
  const answer: RequestListener = onRequest ?? ((_, response) => response.writeHead(404).end('This is a WebSocket server: connect with ws://\n'))
  const http = tls === undefined ? createServer(limits, answer) : createSecureServer({ ...limits, ...tls, handshakeTimeout }, answer)
  http.maxConnections = maxConnections + SPARE_SOCKETS
  return http
}

function createSockets({ maxPayload = MAX_PAYLOAD, protocols = [] }: WebSocketServerOptions): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    // one frame a turn of the event loop: a thousand tiny ones in one packet hold nobody up
    allowSynchronousEvents: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  })
}

/** How many connections each address has */
class Addresses {
  readonly #counts = new Map<string, number>()

  of({ socket: { remoteAddress = '' } }: IncomingMessage): number {
    return this.#counts.get(remoteAddress) ?? 0
  }

  count(request: IncomingMessage, socket: WebSocket): void {
    const { remoteAddress = '' } = request.socket
    this.#counts.set(remoteAddress, this.of(request) + 1)
    socket.once('close', () => {
      const left = this.#counts.get(remoteAddress)! - 1
      if (left > 0) this.#counts.set(remoteAddress, left)
      else this.#counts.delete(remoteAddress)
    })
  }
}

/** The HTTP status with which a handshake is refused; undefined when it is welcome */
function refusalOf(request: IncomingMessage, options: WebSocketServerOptions, connections: number, addresses: Addresses): number | undefined {
  const { paths, origins = [], maxConnections = MAX_CONNECTIONS, maxPerAddress = Infinity, admit } = options
  const { origin } = request.headers
  const mayConnect = typeof origins === 'function' ? origins : (origin: string) => origins.includes(origin)
  if (origin !== undefined && !mayConnect(origin)) return 403
  const path = request.url?.split('?')[0] ?? ''
  if (paths !== undefined && !paths.includes(path)) return 404
  if (connections >= maxConnections) return 503
  if (addresses.of(request) >= maxPerAddress) return 429
  return admit?.(request)
}

function refuse(stream: Duplex, status: number, { refused }: WebSocketServerOptions): void {
  refused?.(status)
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
