import { PROTOCOL } from '../../streams/websocket/protocol.ts'
import type { LearnerEvent, PredictionEvent, StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import type { LearnerContext, Session } from './learner-context.ts'
import { closeCodeOf } from './refusal.ts'
import { isAskedFor, type Opening } from './messages.ts'
import { EventQueue } from './event-queue.ts'
import type { SharedModel, Watcher } from './shared.ts'
import { messageOf } from '../text/message-of.ts'

// what a producer said of its alerts stays with it: JSON leaves it out
const UNSAID = { verdicts: undefined }

/** A connection that watches what the streams of a shared model say, and holds none of them up */
export class WatchingSession implements Session, Watcher {
  readonly #opening: Opening
  readonly #desk: LearnerContext
  readonly #outgoing: EventQueue
  #shared: SharedModel | undefined
  #missed = 0
  #gone = false
  #closed = false

  constructor(opening: Opening, desk: LearnerContext) {
    this.#opening = opening
    this.#desk = desk
    this.#outgoing = new EventQueue(opening.id, desk.post, desk.figures)
  }

  async open(): Promise<void> {
    try {
      this.#shared = await this.#desk.models.join(this.#opening.name!)
      this.#shared.watchers.add(this)
      if (this.#gone) this.#leave()
    } catch (error) {
      const { id, name } = this.#opening
      const reason = messageOf(error)
      this.#desk.post({
        kind: 'log',
        entry: { level: 'warn', event: 'unavailable', message: 'a model cannot be used', connection: id, model: name!, reason },
      })
      this.#close('unavailable', 'the model cannot be used now; the log of the server says why')
      this.#leave()
    }
  }

  frame(): void {
    this.#close('read-only', 'who watches sends nothing; /v1/learn/NAME is where text goes')
  }

  flushed(length: number): void {
    this.#outgoing.flushed(length)
    if (this.#missed === 0 || this.#outgoing.full) return
    this.#outgoing.send({ v: 1, type: 'missed', offset: this.#shared?.characters ?? 0, lines: this.#missed })
    this.#missed = 0
  }

  gone(): void {
    this.#gone = true
    if (this.#shared !== undefined) this.#leave()
  }

  alive(): void {
    if (this.#opening.protocol === PROTOCOL)
      this.#outgoing.replaceable('alive', () => ({ v: 1, type: 'alive', offset: this.#shared?.characters ?? 0 }))
  }

  watched(event: LearnerEvent, stream: string): void {
    if (!isAskedFor(event, this.#opening.types)) return
    if (event.type !== 'line') this.#outgoing.replaceable(event.type, () => ({ ...event, stream }))
    else if (this.#outgoing.full) this.#miss()
    else this.#outgoing.send({ ...event, ...UNSAID, ...(event.reason?.cause === 'verdict' && { reason: undefined }), stream })
  }

  expected(prediction: () => PredictionEvent, stream: string): void {
    if (this.#opening.types.includes('prediction')) this.#outgoing.replaceable('prediction', () => ({ ...prediction(), stream }))
  }

  get traces(): boolean {
    return this.#opening.types.includes('trace')
  }

  traced(trace: TraceEvent, stats: () => StatsEvent, stream: string): void {
    if (!this.traces) return
    this.#outgoing.replaceable('trace', () => ({ ...trace, stream }))
    this.#outgoing.replaceable('stats', () => ({ ...stats(), stream }))
  }

  #miss(): void {
    this.#missed += 1
    this.#desk.figures.missed += 1
  }

  #close(code: 'unavailable' | 'read-only', message: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#outgoing.send({ v: 1, type: 'error', offset: 0, code, message })
    this.#desk.post({ kind: 'close', id: this.#opening.id, code: closeCodeOf(code), reason: code })
  }

  #leave(): void {
    if (this.#shared?.watchers.delete(this) === true) void this.#desk.models.leave(this.#opening.name!)
    this.#desk.left(this.#opening.id)
  }
}
