import type { LearnerEvent } from '../alerts/events.ts'
import { prefixed } from '../checkpoint/archives.ts'
import type { Archive } from '../archive.ts'
import type { Model } from '../network/model.ts'
import { StreamState, saveStream } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'
import { type Listener, TracedStream } from '../inspect/traced-stream.ts'
import { SERVED_LINES } from './messages.ts'

/** What a producer's stream reports to its feeder */
export interface Feeder extends Listener {
  /** The characters up to there are safe */
  acknowledge(position: number): void
  /** Another connection feeds the stream from now on */
  replaced(): void
}

/** Where a saved producer stood */
export interface SavedProducer {
  readonly id: string
  readonly position: number
}

/** The stream of one client of a shared model, which outlives its connections and is part of the model's checkpoints */
export class Producer implements Listener {
  readonly id: string
  readonly stream: TracedStream
  readonly #model: Model
  readonly #state: StreamState | undefined
  readonly #tape: Tape
  /** Characters that were learned: where the client is to continue */
  #position: number
  /** When it learned the last time, or was loaded, in milliseconds of a clock that does not jump */
  #learnedAt = performance.now()
  /** Those that a checkpoint covers */
  #durable: number
  feeder: Feeder | undefined

  /** Starts a stream, or resumes where one was saved under a prefix. Throws RangeError when what was saved does not fit. */
  constructor(model: Model, { id, position }: SavedProducer, saved?: Archive) {
    this.id = id
    this.#position = position
    this.#durable = position
    this.#model = model
    // nothing is learned yet where all that was read is held back, since it may be a clock
    this.#state = saved?.has('stream.offset') === true ? new StreamState(saved, model.symbols) : undefined
    this.#tape = model.tape(model.options, this.#state)
    this.stream = new TracedStream(model, this, SERVED_LINES, { state: this.#state, tape: this.#tape })
    if (saved !== undefined) this.stream.transfer(saved)
  }

  event(event: LearnerEvent): void {
    this.feeder?.event(event)
  }

  failed(error: unknown): void {
    this.feeder?.failed(error)
  }

  get durable(): number {
    return this.#durable
  }

  get position(): number {
    return this.#position
  }

  /** So many characters more were learned */
  learned(characters: number): void {
    this.#position += characters
    this.#learnedAt = performance.now()
  }

  /** Milliseconds since it learned anything */
  get silence(): number {
    return performance.now() - this.#learnedAt
  }

  /** Whether it has read anything that could be saved */
  get begun(): boolean {
    return this.#position > 0
  }

  /** The characters up to there are safe */
  acknowledge(position: number): void {
    this.#durable = position
    this.feeder?.acknowledge(position)
  }

  save(archive: Archive, prefix: string): void {
    const place = this.stream.last ?? (this.#state && { next: this.#state.last, offset: this.#state.offset })
    const own = prefixed(archive, prefix)
    if (place !== undefined) saveStream(own, this.#tape, this.#model.symbols, place.next, place.offset)
    this.stream.transfer(own)
  }

  free(): void {
    this.#tape.free()
  }
}
