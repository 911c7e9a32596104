import { createServer, type IncomingMessage, type RequestListener, ServerResponse, STATUS_CODES, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { Observable, type Subscription } from 'rxjs'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { clientAddress, isTrusted, networkOf, trusting } from './client-address.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { ConnectionLimits } from './connection-limits.ts'

export { Connection, type ConnectionOptions } from './connection.ts'

export interface WebSocketServerOptions extends ConnectionOptions {
  readonly host?: string
  /** 0 takes a free port */
  readonly port: number
  /** Certificate and key in PEM; with them the server speaks TLS (wss:) only */
  readonly tls?: Certificate | undefined
  /** Certificates that replace the one in `tls`, for connections from then on */
  readonly tls$?: Observable<Certificate> | undefined
  /** Paths that may be connected to; others are answered with 404 */
  readonly paths?: readonly string[]
  /** Origins of web pages that may connect, matched exactly, or what says of one. A program that is no browser sends none and is let in. */
  readonly origins?: readonly string[] | ((origin: string) => boolean)
  /** Subprotocols that are spoken, the preferred one first */
  readonly protocols?: readonly string[]
  /** Bytes of one frame; a longer one closes its connection with 1009 */
  readonly maxPayload?: number
  /** WebSockets. As many sockets more, but at least 256, may be without one: in a handshake, refused, or asking for a page. */
  readonly maxConnections?: number
  /** WebSockets of one address; of IPv6 a /64 is one. As many sockets more, but at least 64, may be without one. */
  readonly maxPerAddress?: number
  /** Proxies, as addresses or ranges such as 10.0.0.0/8, whose X-Forwarded-For names the client */
  readonly trustProxy?: readonly string[]
  /** Milliseconds that a client may take for each of TLS, its request and its handshake */
  readonly handshakeTimeout?: number
  /** Milliseconds that a client may take to read the answer to a request that is no WebSocket's */
  readonly responseTimeout?: number
  /** Milliseconds between two pings; a connection that answers neither is dropped. 30 seconds, or half of idleTimeout if that is less. */
  readonly heartbeat?: number
  /** Called once with the address that is listened on */
  readonly listening?: (address: Address) => void
  /** Called once when nothing is open any more, a second after the end at the latest */
  readonly closed?: () => void
  /** Answers requests that are no WebSocket's; by default 404 */
  readonly onRequest?: RequestListener
  /** The last to be asked about a handshake: returns the HTTP status to refuse it with, or undefined to let it in */
  readonly admit?: (request: IncomingMessage) => number | undefined
  /** Told of each refused handshake, with its HTTP status and the client's address */
  readonly refused?: (status: number, address: string) => void
  /** Told of each socket that had to make room for another one, with its address */
  readonly dropped?: (address: string) => void
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** A certificate chain and its key, in PEM */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

// a frame of text that a person or a log line may fill, and 64 of them in a connection's queue are still small
const MAX_PAYLOAD = 1 << 20
// of one message: each may keep the bytes of the network that it came with
const MAX_FRAGMENTS = 128
const MAX_CONNECTIONS = 1024
const HANDSHAKE_TIMEOUT = 10_000
const RESPONSE_TIMEOUT = 60_000
const HEARTBEAT = 30_000
const GOING_AWAY = 1001
const CLOSE_PATIENCE = 1000
// what is recorded today cannot be read with a key that is stolen later
const FORWARD_SECRET = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20'

/**
 * WebSocket connections as they come. Listens while it is subscribed to; then it closes all connections (1001) and the port. Errors when the port
 * cannot be listened on. No compression, so that no small frame can become a large one. Throws RangeError when `trustProxy` has something else than addresses.
 *
 *     webSocketServer({ port: 8787 }).pipe(mergeMap((connection) => connection.chunks$.pipe(learn(createModel()), ...)))
 */
export function webSocketServer(options: WebSocketServerOptions): Observable<Connection> {
  const trusted = trusting(options.trustProxy ?? [])
  return new Observable((subscriber) => {
    const { host = '127.0.0.1', port, handshakeTimeout = HANDSHAKE_TIMEOUT, responseTimeout = RESPONSE_TIMEOUT } = options
    // a quiet client must have been asked before it is taken for dead
    const { idleTimeout = Infinity, heartbeat = Math.min(HEARTBEAT, idleTimeout / 2) } = options
    const { maxConnections = MAX_CONNECTIONS, maxPerAddress = Infinity, dropped = () => {} } = options
    const { http, renewal } = createHttp(options)
    const sockets = createSockets(options)
    const limits = new ConnectionLimits({ maxConnections, maxPerAddress, dropped })
    const alive = new WeakSet<WebSocket>()

    http.on('connection', (socket: Socket) => {
      const { remoteAddress } = socket
      if (remoteAddress === undefined) socket.destroy()
      else limits.arrived(socket, networkOf(remoteAddress), isTrusted(trusted, remoteAddress))
    })
    http.on('request', (request, response) => destroyAfter(responseTimeout, request.socket, response))
    http.on('upgrade', (request: IncomingMessage, stream: Socket, head) => {
      stream.on('error', () => stream.destroy())
      if (!wantsWebSocket(request)) return answerPlainly(http, request, stream)
      const deadline = destroyAfter(handshakeTimeout, stream, stream)
      const client = clientAddress(request, trusted)
      const refusal = refusalOf(request, options) ?? limits.refusal(networkOf(client)) ?? options.admit?.(request)
      if (refusal !== undefined) {
        options.refused?.(refusal, client)
        return refuse(stream, refusal)
      }
      sockets.handleUpgrade(request, stream, head, (socket) => {
        clearTimeout(deadline)
        alive.add(socket)
        socket.on('pong', () => alive.add(socket))
        const released = limits.upgraded(stream, networkOf(stream.remoteAddress ?? ''), networkOf(client))
        subscriber.next(new Connection(socket, request, { ...options, remoteAddress: client, released }))
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
      renewal?.unsubscribe()
      http.close(options.closed)
      for (const socket of sockets.clients) {
        socket.close(GOING_AWAY, 'the server is going away')
        socket.resume()
      }
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
        limits.clear()
      }, CLOSE_PATIENCE).unref()
    }
  })
}

/** The server, and what gives it new certificates */
function createHttp({ tls, tls$, onRequest, handshakeTimeout = HANDSHAKE_TIMEOUT }: WebSocketServerOptions): {
  readonly http: Server
  readonly renewal?: Subscription | undefined
} {
  const limits = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.min(1000, handshakeTimeout),
    maxHeaderSize: 8192,
  }
  const answer: RequestListener = onRequest ?? ((_, response) => response.writeHead(404).end('This is a WebSocket server: connect with ws://\n'))
  if (tls === undefined) return { http: createServer(limits, answer) }
  const http = createSecureServer({ ...limits, ...secured(tls), handshakeTimeout }, answer)
  return { http, renewal: tls$?.subscribe((certificate) => http.setSecureContext(secured(certificate))) }
}

function secured({ cert, key }: Certificate): SecureContextOptions {
  return { cert, key, ciphers: FORWARD_SECRET, honorCipherOrder: true }
}

function createSockets({ maxPayload = MAX_PAYLOAD, protocols = [] }: WebSocketServerOptions): WebSocketServer {
  // @types/ws does not have all of them yet
  const options: ServerOptions & { readonly maxFragments: number } = {
    noServer: true,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
    // one frame a turn of the event loop: a thousand tiny ones in one packet hold nobody up
    allowSynchronousEvents: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  }
  return new WebSocketServer(options)
}

/** The HTTP status with which a handshake is refused for what it asks for; undefined when that is in order */
function refusalOf({ headers, url }: IncomingMessage, { paths, origins = [] }: WebSocketServerOptions): number | undefined {
  const mayConnect = typeof origins === 'function' ? origins : (origin: string) => origins.includes(origin)
  if (headers.origin !== undefined && !mayConnect(headers.origin)) return 403
  return paths === undefined || paths.includes(url?.split('?')[0] ?? '') ? undefined : 404
}

function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase().includes('websocket') === true
}

/** A client cannot insist on another protocol: one that is not spoken here is answered in HTTP/1.1 */
function answerPlainly(http: Server, request: IncomingMessage, stream: Socket): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(stream)
  response.once('finish', () => hangUp(stream))
  http.emit('request', request, response)
}

function refuse(stream: Duplex, status: number): void {
  hangUp(stream, `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Ends a socket once what was written has left; its other half is never waited for */
function hangUp(stream: Duplex, answer = ''): void {
  stream.once('finish', () => stream.destroy())
  stream.end(answer)
}

/** Destroys a socket unless something of it closes in time */
function destroyAfter(milliseconds: number, socket: Duplex, closes: { once(event: 'close', listener: () => void): unknown }): NodeJS.Timeout {
  const deadline = setTimeout(() => socket.destroy(), milliseconds)
  closes.once('close', () => clearTimeout(deadline))
  return deadline
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already; choose another port; port 0 is a free one',
    EACCES: 'permission denied; ports below 1024 are for the system, choose a higher one',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no such host',
    EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  }
  return new Error(`cannot listen on ${host}:${port}: ${reasons[error.code ?? ''] ?? error.message}`, { cause: error })
}
