import { load, save } from '../checkpoint/checkpoint.ts'
import type { Hasher } from '../checkpoint/seal.ts'
import { type LineEvent, lineEvent } from '../alerts/events.ts'
import { textOf } from '../text/characters.ts'
import { Learner } from '../learner.ts'
import { RecentScores } from '../lines/recent-scores.ts'
import { LineScorer } from '../lines/scorer.ts'
import type { Archive } from '../archive.ts'
import { type Chunk, Decoder } from '../text/decoder.ts'
import type { ModelOptions, Preset } from '../network/options.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { StreamState } from '../network/stream.ts'
import { type Line, LineGatherer } from '../lines/gatherer.ts'
import { bitsOf } from '../lines/surprise.ts'
import type { KeyedLearner, SourcePosition } from './keyed-learner.ts'
import { Tail } from '../text/tail.ts'

export interface LineLearnerOptions {
  /** The model of a new learner; preset `small` unless asked otherwise, so that a thousand of them fit */
  readonly model?: (Partial<ModelOptions> & { readonly preset?: Preset }) | undefined
  /** The share of lines to flag, between 0 and 1. Default 0.01. */
  readonly alertRate?: number
  /** What computes SHA-256; see `save` */
  readonly hasher?: () => Hasher
}

/** Characters of a line that its event shows, so that a line without an end stays small */
const LONGEST_LINE = 4096
const LONGEST_SOURCE = 1024

/**
 * Learns one text and grades its lines; all of its state is one checkpoint, so that it can stop after any chunk and go on as if it had not. Feed it by
 * hand, or let `keyed` hold one a key.
 *
 *     const learner = await LineLearner.open()
 *     for (const { text, alert } of learner.learn(chunk)) if (alert) console.log(text)
 *     const bytes = await learner.save()
 */
export class LineLearner implements KeyedLearner<LineEvent> {
  readonly model: Model
  position: SourcePosition | undefined
  readonly #learner: Learner
  readonly #decoder: Decoder
  readonly #tail: Tail
  readonly #gatherer = new LineGatherer(LONGEST_LINE)
  readonly #scorer = new LineScorer()
  readonly #recent: RecentScores
  readonly #hasher: Pick<LineLearnerOptions, 'hasher'>

  /** A new learner, or one that goes on from what `save` gave, with the model that it had. Throws OptionError; errors with CheckpointError. */
  static open(options: LineLearnerOptions = {}, saved?: Uint8Array): LineLearner | Promise<LineLearner> {
    if (saved === undefined) return new LineLearner(createModel({ preset: 'small', ...options.model }), options)
    return load(saved, hasherOf(options)).then(({ model, stream, archive }) => {
      const learner = new LineLearner(model, options, stream)
      learner.#transfer(archive)
      for (const chunk of learner.#tail.chunks) learner.#read(chunk)
      return learner
    })
  }

  private constructor(model: Model, options: LineLearnerOptions, stream?: StreamState) {
    const { alphabet } = model.options
    this.model = model
    this.#learner = new Learner(model, stream)
    this.#decoder = new Decoder(alphabet)
    this.#tail = new Tail(alphabet)
    this.#recent = new RecentScores({ rate: options.alertRate ?? 0.01 })
    this.#hasher = hasherOf(options)
  }

  /** Characters since the start of the text */
  get offset(): number {
    return this.#learner.offset
  }

  /** Learns a chunk and returns the lines that end in it */
  learn(chunk: Chunk): readonly LineEvent[] {
    this.#tail.push(chunk)
    return this.#read(chunk)
  }

  /** A checkpoint. The state is copied before this returns, so learning may go on while it is completed. */
  save(): Promise<Uint8Array> {
    return save(this.#learner, { ...this.#hasher, also: (archive) => this.#transfer(archive) })
  }

  /** Frees the memory; learns nothing more */
  dispose(): void {
    this.#learner.dispose()
    this.model.dispose()
  }

  #read(chunk: Chunk): readonly LineEvent[] {
    const characters = this.#decoder.push(chunk)
    const bits = bitsOf(this.#learner.learn(chunk))
    return Array.from(this.#gatherer.push({ characters, bits, offset: this.offset }), (line) => this.#grade(line))
  }

  #grade(line: Line): LineEvent {
    const { score } = this.#scorer.push(line.characters, line.surprise)
    const percentile = this.#recent.percentile(score)
    const { warmUp } = this.#recent
    const alert = this.#recent.add(score)
    return lineEvent({ ...line, percentile, warmUp, alert }, textOf(line.characters, this.model.options.alphabet))
  }

  /** Saves or loads what stands beside the model and its stream */
  #transfer(archive: Archive): void {
    this.#gatherer.transfer(archive)
    this.#scorer.transfer(archive)
    this.#recent.transfer(archive)
    this.#tail.transfer(archive)
    const source = archive.text('position.source', this.position?.source ?? '', LONGEST_SOURCE)
    const at = archive.real('position.at', this.position?.at ?? 0)
    this.position = source === '' ? undefined : { source, at }
  }
}

function hasherOf({ hasher }: LineLearnerOptions): Pick<LineLearnerOptions, 'hasher'> {
  return hasher === undefined ? {} : { hasher }
}
