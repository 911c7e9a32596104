import { EMPTY, finalize, ignoreElements, type Observable, tap } from 'rxjs'
import { NAME, PROTOCOL } from '../../streams/websocket/protocol.ts'
import type { Connection } from '../../streams/websocket/websocket-server.ts'
import type { Preset } from '../network/options.ts'
import { namesIn } from '../text/list-of.ts'
import { type Opening, SERVED_TYPES } from './messages.ts'
import type { Metrics } from './metrics.ts'
import type { Pool } from './pool.ts'
import type { Channel } from './learner-proxy.ts'
import { Rate } from './rate.ts'
import { routeOf } from './route.ts'
import type { KnownModels } from './known-models.ts'
import type { LogEntry } from './messages.ts'

export interface GatewayOptions {
  readonly pool: Pool
  readonly metrics: Metrics
  readonly known: KnownModels
  readonly log: (entry: LogEntry) => void
  /** Characters per second of each connection */
  readonly maxRate: number | undefined
  /** Those that a private learner may have */
  readonly presets: readonly Preset[]
}

const POLICY = 1008
const TRY_AGAIN_LATER = 1013
// the longest that a timer can wait, in milliseconds
const FOR_EVER = 2 ** 31 - 1
const DEFAULT_TYPES = 'line,prediction'
const DEFAULT_PRODUCER = 'default'

/** Brings connections and their learners together */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #connections = new Set<Connection>()

  constructor(options: GatewayOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#connections.size
  }

  /** Takes nothing more from anybody */
  pause(): void {
    for (const connection of this.#connections) connection.hold(FOR_EVER)
  }

  /** Lets a connection learn until its client has gone */
  hold(connection: Connection): Observable<never> {
    const { pool, metrics, known, presets } = this.#options
    const opening = openingOf(connection, presets)
    if (typeof opening === 'string') return this.#refuse(connection, POLICY, opening)
    // handshakes that came together may all have been let in
    if (known.refusal(opening) !== undefined) return this.#refuse(connection, TRY_AGAIN_LATER, 'there are too many models')
    if (opening.name !== undefined) known.add(opening.name)
    const channel = pool.open(opening, {
      event: (json, sent) => {
        metrics.events.inc()
        connection.sendText(json, sent)
      },
      settle: (length) => connection.settle(length),
      close: (code, reason) => this.#close(connection, code, reason, opening.name),
    })
    return this.#feed(connection, channel)
  }

  #refuse(connection: Connection, code: number, reason: string): Observable<never> {
    this.#close(connection, code, reason)
    return EMPTY
  }

  #close(connection: Connection, code: number, reason: string, model?: string): void {
    const { remoteAddress: address } = connection
    connection.close(code, reason)
    // what is wrong with a query is said with words of its own, which have nothing of the client's
    this.#options.log({
      level: 'info',
      event: 'closed',
      message: 'a connection was closed',
      address,
      status: code,
      reason,
      ...(model !== undefined && { model }),
    })
  }

  #feed(connection: Connection, channel: Channel): Observable<never> {
    const { metrics, maxRate } = this.#options
    const rate = maxRate === undefined ? undefined : new Rate(maxRate)
    this.#connections.add(connection)
    metrics.connections.inc()
    return connection.frames$.pipe(
      tap((frame) => {
        metrics.received.inc(frame.length)
        channel.frame(frame)
        const wait = rate?.take(frame.length) ?? 0
        if (wait > 0) connection.hold(wait)
      }),
      ignoreElements(),
      finalize(() => {
        this.#connections.delete(connection)
        metrics.connections.dec()
        channel.gone()
      }),
    )
  }
}

/** What the client wants, or a message about what is wrong with it */
function openingOf({ path, query, protocol }: Connection, presets: readonly Preset[]): Omit<Opening, 'id'> | string {
  const route = routeOf(path)
  const types = namesIn(query.get('events') ?? DEFAULT_TYPES, SERVED_TYPES)
  const producer = query.get('producer') ?? DEFAULT_PRODUCER
  if (route === undefined) return 'there is no such path'
  if (types === undefined) return `events must be one or more of ${SERVED_TYPES.join(',')}`
  const named = query.get('preset')
  const preset = presets.find((one) => one === named)
  if (named !== null && (preset === undefined || route.name !== undefined)) {
    return `preset is for private learners, and one of ${presets.join(',')} on this server`
  }
  if (!NAME.test(producer)) return 'producer must be 1 to 64 of a-z, 0-9, _ and -, the first no _ or -'
  return { ...route, protocol: protocol === PROTOCOL ? PROTOCOL : 'plain', producer, types, preset }
}
