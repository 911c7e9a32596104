import type { IncomingMessage } from 'node:http'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Logger } from 'pino'
import { defer, finalize, ignoreElements, merge, mergeMap, type Observable, Subject } from 'rxjs'
import { makeFolder } from '../../streams/files/make-folder.ts'
import { PROTOCOL } from '../../streams/websocket/protocol.ts'
import { type Address, type Connection, webSocketServer } from '../../streams/websocket/websocket-server.ts'
import type { GivenOptions } from '../network/options.ts'
import { ownOrigins } from './access.ts'
import { Credentials } from './credentials.ts'
import { LimitedLog } from './limited-log.ts'
import type { LogEntry, Removal } from './messages.ts'
import { counted } from '../text/counted.ts'
import { Gateway } from './gateway.ts'
import type { ServiceOptions } from './service-options.ts'
import { readDashboard } from './dashboard.ts'
import type { KnownModels } from './known-models.ts'
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
  /** What clients cause */
  readonly #clientLog: LimitedLog
  readonly #credentials: Credentials
  readonly #known: KnownModels
  readonly #offer: () => Offer
  readonly #pool: Pool
  readonly #metrics: Metrics
  readonly #gateway: Gateway
  readonly #death$ = new Subject<never>()
  /** Those of the server's own page */
  #ownOrigins: readonly string[] = []
  #stopping = false
  #close: () => void = () => {}
  /** Resolves when all connections have closed after the end of `run` */
  readonly closed: Promise<void> = new Promise((resolve) => (this.#close = resolve))

  constructor(flags: ServiceOptions, model: GivenOptions, known: KnownModels, log: Logger) {
    const {
      workers,
      models,
      checkpointEvery,
      maxProducers,
      keepProducers,
      maxRate,
      allowSampling = false,
      privateEvents = false,
      verdicts = false,
    } = flags
    const { preset: own = 'default' } = model
    const presets = [own, ...flags.presets.filter((preset) => preset !== own)]
    this.#flags = flags
    this.#offer = () => ({
      models: models === undefined ? undefined : this.#known.names,
      presets,
      sampling: allowSampling && !privateEvents,
      verdicts,
    })
    this.#log = log
    this.#clientLog = new LimitedLog(log)
    this.#credentials = new Credentials(flags, (entry) => this.#write(entry))
    this.#known = known
    this.#pool = new Pool({
      workers,
      settings: { model, models, checkpointEvery, maxProducers, keepProducers, maxRate, allowSampling, privateEvents, verdicts },
      // what is not saved at the end is said of each model
      log: (entry) => (this.#stopping ? this.#write(entry) : this.#clientLog.write(entry)),
      known: (name, there) => (there ? this.#known.add(name) : this.#known.delete(name)),
      died: (error) => this.#death$.error(error),
    })
    this.#metrics = createMetrics(() => this.#pool.figures())
    this.#gateway = new Gateway({
      pool: this.#pool,
      metrics: this.#metrics,
      known: this.#known,
      log: (entry) => this.#clientLog.write(entry),
      maxRate,
      presets,
    })
  }

  /** Serves while it is subscribed to, then sends everybody away (1001). Errors when it cannot listen, and when a learner's thread has died. */
  run(listening: (address: Address) => void): Observable<never> {
    const connections$ = this.#listen(listening).pipe(mergeMap((connection) => this.#gateway.hold(connection)))
    return defer(() => {
      this.#credentials.watch()
      return merge(connections$, this.#death$).pipe(
        ignoreElements(),
        finalize(() => this.#credentials.unwatch()),
      )
    })
  }

  /** Whether there are files of credentials that `reload` reads again */
  get reloads(): boolean {
    return this.#credentials.any
  }

  reload(): void {
    this.#credentials.reload()
  }

  /** Lets nobody in any more, learns what has come, and saves. Resolves with whether all shared models are saved. */
  async drain(): Promise<boolean> {
    this.#stopping = true
    this.#gateway.pause()
    this.#log.info({ event: 'stopping', connections: this.#gateway.size }, 'stopping: learns what has come, and saves')
    return this.#pool.stop(this.#flags.drainTimeout * 1000)
  }

  #write({ level, message, ...fields }: LogEntry): void {
    this.#log[level](fields, message)
  }

  #listen(listening: (address: Address) => void): Observable<Connection> {
    const { host, port, origin, tlsCert, maxMessage, maxConnections, maxPerAddress, trustProxy } = this.#flags
    const { handshakeTimeout, responseTimeout, idleTimeout } = this.#flags
    return webSocketServer({
      host,
      port,
      origins: (page) => origin.includes(page) || this.#ownOrigins.includes(page),
      tls: this.#credentials.certificate,
      tls$: this.#credentials.certificate$,
      protocols: [PROTOCOL],
      maxPayload: maxMessage,
      maxConnections,
      maxPerAddress,
      trustProxy,
      handshakeTimeout: handshakeTimeout * 1000,
      responseTimeout: responseTimeout * 1000,
      idleTimeout: idleTimeout * 1000,
      incomingLimit: INCOMING_LIMIT,
      onRequest: pages({
        unready: () => this.#unready(),
        metrics: this.#metrics,
        access: this.#credentials.access,
        hasToken: this.#flags.tokenFile !== undefined,
        isAddressed: (request) => this.#isAddressed(request),
        dashboard: readDashboard(),
        offer: this.#offer,
        remove: (name) => this.#remove(name),
      }),
      admit: (request) => this.#admit(request),
      refused: (status, address) => {
        this.#metrics.refused.inc({ status })
        this.#clientLog.write({ level: 'info', event: 'refused', message: 'a handshake was refused', status, address })
      },
      dropped: (address) => {
        this.#metrics.dropped.inc()
        this.#clientLog.write({ level: 'info', event: 'dropped', message: 'a socket without a connection made room for another one', address })
      },
      listening: (address) => {
        this.#ownOrigins = ownOrigins(tlsCert === undefined ? 'http' : 'https', host, address.port)
        listening(address)
      },
      closed: () => this.#close(),
    })
  }

  /** Why no clients should be sent here, if so */
  async #unready(): Promise<string | undefined> {
    const { models } = this.#flags
    if (this.#stopping) return 'stopping'
    const { failing } = this.#pool.figures()
    if (failing > 0) return `${counted(failing, 'model')} cannot be saved`
    if (models === undefined) return undefined
    // what was removed is made again
    return makeFolder(models)
      .then(() => access(models, constants.W_OK))
      .then(
        () => undefined,
        () => 'the folder of the models cannot be written',
      )
  }

  async #remove(name: string): Promise<Removal | 'unknown'> {
    return this.#known.has(name) ? this.#pool.remove(name) : 'unknown'
  }

  /** Whether a request names this server: a page elsewhere may have made a name of its own point here */
  #isAddressed({ headers }: IncomingMessage): boolean {
    const { origin } = this.#flags
    return [...origin, ...this.#ownOrigins].some((known) => known.endsWith(`//${headers.host}`))
  }

  #admit(request: IncomingMessage): number | undefined {
    if (this.#stopping) return 503
    if (!this.#credentials.access(request)) return 401
    const route = routeOf(request.url?.split('?')[0] ?? '')
    if (route === undefined) return 404
    // who watches reads the text of others
    if (route.mode === 'watch' && this.#flags.privateEvents === true) return 403
    return this.#known.refusal(route)
  }
}
