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

const POLICY = 1008
// the longest that a timer can wait, in milliseconds
const FOR_EVER = 2 ** 31 - 1
const DEFAULT_TYPES = 'line,prediction'
const DEFAULT_PRODUCER = 'default'

/** Brings connections and their learners together */
export class Gateway {
  readonly #pool: Pool
  readonly #metrics: Metrics
  readonly #maxRate: number | undefined
  readonly #presets: readonly Preset[]
  readonly #connections = new Set<Connection>()

  /** `maxRate` is in characters per second, for each connection; `presets` are those that a private learner may have */
  constructor(pool: Pool, metrics: Metrics, { maxRate, presets }: { readonly maxRate: number | undefined; readonly presets: readonly Preset[] }) {
    this.#pool = pool
    this.#metrics = metrics
    this.#maxRate = maxRate
    this.#presets = presets
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
    const opening = openingOf(connection, this.#presets)
    if (typeof opening === 'string') {
      connection.close(POLICY, opening)
      return EMPTY
    }
    const channel = this.#pool.open(opening, {
      event: (json, sent) => {
        this.#metrics.events.inc()
        connection.sendText(json, sent)
      },
      settle: (length) => connection.settle(length),
      close: (code, reason) => connection.close(code, reason),
    })
    return this.#feed(connection, channel)
  }

  #feed(connection: Connection, channel: Channel): Observable<never> {
    const rate = this.#maxRate === undefined ? undefined : new Rate(this.#maxRate)
    this.#connections.add(connection)
    this.#metrics.connections.inc()
    return connection.frames$.pipe(
      tap((frame) => {
        this.#metrics.received.inc(frame.length)
        channel.frame(frame)
        const wait = rate?.take(frame.length) ?? 0
        if (wait > 0) connection.hold(wait)
      }),
      ignoreElements(),
      finalize(() => {
        this.#connections.delete(connection)
        this.#metrics.connections.dec()
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
