// who uses the package need not have chosen the library that has Symbol.dispose
/// <reference lib="esnext.disposable" preserve="true" />
import type { Archive } from './archive.ts'
import type { Chunk } from './text/decoder.ts'
import { Encoder, type Run } from './text/encoder.ts'
import type { Model } from './network/model.ts'
import type { Prediction } from './network/prediction.ts'
import { type Place, type Segment, Segmenter } from './network/segment.ts'
import { StreamState, saveStream } from './network/stream.ts'
import type { Tape } from './network/tape.ts'
import { assertModel } from './operators/stages.ts'
import { showAs } from './text/inspect.ts'

/**
 * The learner without Observables: one stream on a plain object. Its numbers are those of the operators, to the bit.
 *
 *     const learner = new Learner(createModel())
 *     for (const line of lines) console.log(learner.predict().top(3), learner.learn(line))
 *     learner.end()
 */
export class Learner {
  readonly model: Model
  readonly #tape: ReturnType<Model['tape']>
  readonly #encoder: Encoder
  readonly #segmenter: Segmenter
  #last: number | undefined
  #offset = 0

  static {
    showAs(this.prototype, ({ model, offset }) => ({ offset, model }))
  }

  /** Starts a stream, or resumes where one was saved. Throws OptionError without a model. */
  constructor(model: Model, from?: StreamState)
  /** @internal */
  constructor(model: Model, from?: Place, tape?: Tape)
  constructor(model: Model, from?: Place, tape?: Tape) {
    assertModel('new Learner', model)
    this.model = model
    this.#tape = tape ?? model.tape(model.options, from instanceof StreamState ? from : undefined)
    this.#encoder = new Encoder(model.vocabulary)
    this.#segmenter = new Segmenter(model.options, from)
    this.#last = from?.last
    this.#offset = from?.offset ?? 0
  }

  /**
   * A learner of the same model that stands where this one does, to try a continuation: this one does not notice, unless the fork learns. Dispose of it.
   * A character that a chunk's edge cut is no part of it, and the window that is open stays this one's to learn.
   */
  fork(): Learner {
    const tape = this.#tape.copy(false)
    const last = this.#last
    const { symbols } = this.model
    const place = last === undefined ? undefined : { last, pending: tape.pending, offset: this.#offset, vocabularySize: symbols }
    return new Learner(this.model, place, tape)
  }

  /** Characters since the start of the stream */
  get offset(): number {
    return this.#offset
  }

  /**
   * Saves where the stream stands; a character that a chunk's edge cut is no part of it. Throws before the first character.
   * @internal
   */
  transfer(archive: Archive): void {
    if (this.#last === undefined) throw new RangeError('a stream without a character has nothing to save')
    saveStream(archive, this.#tape, this.model.symbols, this.#last, this.#offset)
  }

  /** The distribution over the character that comes next */
  predict(): Prediction {
    return this.model.lookAhead(this.#tape, this.#last)
  }

  /** Reads on and learns. Returns the loss of each character in nats, from before it was learned from. */
  learn(text: Chunk): Float64Array {
    return this.#read(this.#encoder.push(text))
  }

  /** Reads on without learning from this text: nothing of the model changes for it. Returns the loss of each character in nats. */
  observe(text: Chunk): Float64Array {
    return this.#read(this.#encoder.push(text, () => this.model.symbols))
  }

  /** Learns from what is left of the last window and frees the stream's state. Returns the losses of characters that were held back. */
  end(): Float64Array {
    const losses = this.#read(this.#encoder.flush())
    for (const segment of this.#segmenter.flush()) this.#advance(segment)
    this.dispose()
    return losses
  }

  /** Frees the stream's state; learns nothing more. The model lives on. */
  dispose(): void {
    this.#tape.free()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #read(runs: Iterable<Run>): Float64Array {
    const losses: Float64Array[] = []
    for (const run of runs) for (const segment of this.#segmenter.push(run)) losses.push(this.#advance(segment))
    return losses.length === 1 ? losses[0]! : joined(losses)
  }

  #advance(segment: Segment): Float64Array {
    const { tape, first, to } = this.model.forward(this.#tape, segment)
    const losses = this.model.losses(tape, first, to)
    this.#last = segment.next
    this.#offset = segment.offset
    if (segment.closes && this.model.backward(tape) > 0) this.model.optimizer.apply()
    return losses
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
