import type { Figures, FromLearner } from './messages.ts'

// characters of JSON that may be on their way to a client: from the first on telemetry waits, from the second on everything
const TELEMETRY_LIMIT = 16 * 1024
const LIMIT = 64 * 1024

/**
 * The events of one connection on their way to its client. Telemetry that the client does not read gives way to newer; while too much waits to be read,
 * `full` reports that nothing more should be made.
 */
export class EventQueue {
  readonly #id: number
  readonly #post: (message: FromLearner) => void
  readonly #figures: Figures
  readonly #telemetry = new Map<string, () => object>()
  #waiting = 0

  constructor(id: number, post: (message: FromLearner) => void, figures: Figures) {
    this.#id = id
    this.#post = post
    this.#figures = figures
  }

  get full(): boolean {
    return this.#waiting >= LIMIT
  }

  send(event: object): void {
    const json = JSON.stringify(event)
    this.#waiting += json.length
    this.#post({ kind: 'event', id: this.#id, json })
  }

  /** An event that the next one of its kind may replace; it is made when it is sent */
  replaceable(kind: string, make: () => object): void {
    if (this.#waiting < TELEMETRY_LIMIT) return this.send(make())
    if (this.#telemetry.has(kind)) this.#figures.coalesced += 1
    this.#telemetry.set(kind, make)
  }

  /** So many characters of JSON have left for the client */
  flushed(length: number): void {
    this.#waiting -= length
    if (this.#waiting >= TELEMETRY_LIMIT) return
    for (const make of this.#telemetry.values()) this.send(make())
    this.#telemetry.clear()
  }
}
