import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { ignoreElements, merge, mergeMap, type Observable, Subject } from 'rxjs'
import { PROTOCOL } from '../../streams/websocket/protocol.ts'
import { type Address, type Connection, webSocketServer } from '../../streams/websocket/websocket-server.ts'
import type { GivenOptions } from '../network/options.ts'
import { type Access, accessBy, ownOrigins, readNow } from './access.ts'
import { Gateway } from './gateway.ts'
import type { ServiceOptions } from './service-options.ts'
import { readDashboard } from './dashboard.ts'
import { KnownModels } from './known-models.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Offer, pages } from './pages.ts'
import { Pool } from './pool.ts'
import { routeOf } from './route.ts'

// bytes or characters of a connection that may wait for its learner
const INCOMING_LIMIT = 64 * 1024

/** The server and its learners */
export class Service {
  readonly #flags: ServiceOptions
  readonly #log: Logger
  readonly #access: Access
  readonly #known: KnownModels
  readonly #offer: () => Offer
  readonly #pool: Pool
  readonly #metrics: Metrics
  readonly #conversations: Gateway
  readonly #death$ = new Subject<never>()
  /** Those of the server's own page */
  #ownOrigins: readonly string[] = []
  #stopping = false
  #close: () => void = () => {}
  /** Resolves when all connections have closed after the end of `run` */
  readonly closed: Promise<void> = new Promise((resolve) => (this.#close = resolve))

  constructor(flags: ServiceOptions, model: GivenOptions, log: Logger) {
    const { workers, models, maxModels, checkpointEvery, maxProducers, maxRate, allowSampling = false, tokenFile } = flags
    const { preset: own = 'default' } = model
    const presets = [own, ...flags.presets.filter((preset) => preset !== own)]
    this.#flags = flags
    this.#offer = () => ({ models: models === undefined ? undefined : this.#known.names, presets, sampling: allowSampling })
    this.#log = log
    this.#access = accessBy(tokenFile)
    this.#known = new KnownModels(models, maxModels)
    this.#pool = new Pool({
      workers,
      settings: { model, models, checkpointEvery, maxProducers, allowSampling },
      log: (level, message) => log[level](message),
      died: (error) => this.#death$.error(error),
    })
    this.#metrics = createMetrics(() => this.#pool.figures())
    this.#conversations = new Gateway(this.#pool, this.#metrics, { maxRate, presets })
  }

  /** Serves while it is subscribed to, then sends everybody away (1001). Errors when it cannot listen, and when a learner's thread has died. */
  run(listening: (address: Address) => void): Observable<never> {
    const connections$ = this.#listen(listening).pipe(mergeMap((connection) => this.#conversations.hold(connection)))
    return merge(connections$, this.#death$).pipe(ignoreElements())
  }

  /** Lets nobody in any more, learns what has come, and saves */
  async drain(): Promise<void> {
    this.#stopping = true
    this.#conversations.pause()
    this.#log.info({ connections: this.#conversations.size }, 'stopping: learns what has come, and saves')
    await this.#pool.stop(this.#flags.drainTimeout * 1000)
  }

  #listen(listening: (address: Address) => void): Observable<Connection> {
    const { host, port, origin, tlsCert, tlsKey, maxMessage, maxConnections, maxPerAddress, handshakeTimeout, idleTimeout } = this.#flags
    return webSocketServer({
      host,
      port,
      origins: (page) => origin.includes(page) || this.#ownOrigins.includes(page),
      tls: tlsCert === undefined || tlsKey === undefined ? undefined : { cert: readNow(tlsCert), key: readNow(tlsKey) },
      protocols: [PROTOCOL],
      maxPayload: maxMessage,
      maxConnections,
      maxPerAddress,
      handshakeTimeout: handshakeTimeout * 1000,
      idleTimeout: idleTimeout * 1000,
      incomingLimit: INCOMING_LIMIT,
      onRequest: pages({
        isReady: () => !this.#stopping,
        metrics: this.#metrics,
        access: this.#access,
        isAddressed: (request) => this.#isAddressed(request),
        dashboard: readDashboard(),
        offer: this.#offer,
      }),
      admit: (request) => this.#admit(request),
      refused: (status) => this.#metrics.refused.inc({ status }),
      listening: (address) => {
        this.#ownOrigins = ownOrigins(tlsCert === undefined ? 'http' : 'https', host, address.port)
        listening(address)
      },
      closed: () => this.#close(),
    })
  }

  /** A page that names this machine by a name of its own does not know the token; where there is none, the name must be ours */
  #isAddressed({ headers }: IncomingMessage): boolean {
    const { origin, tokenFile } = this.#flags
    return tokenFile !== undefined || [...origin, ...this.#ownOrigins].some((known) => known.endsWith(`//${headers.host}`))
  }

  #admit(request: IncomingMessage): number | undefined {
    if (this.#stopping) return 503
    if (!this.#access(request)) return 401
    const route = routeOf(request.url?.split('?')[0] ?? '')
    return route === undefined ? 404 : this.#known.refusal(route)
  }
}
