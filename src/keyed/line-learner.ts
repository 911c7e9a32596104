import { Subject } from 'rxjs'
import { type LineEvent, lineEvent } from '../alerts/events.ts'
import { Grader } from '../alerts/grader.ts'
import { AlertStream, type AlertVerdict } from '../alerts/pipeline.ts'
import type { Verdict } from '../lines/verdicts.ts'
import type { Archive } from '../archive.ts'
import { load, save } from '../checkpoint/checkpoint.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { GivenOptions } from '../network/options.ts'
import { type StreamState, saveStream } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'
import type { Chunk } from '../text/decoder.ts'
import { Tail } from '../text/tail.ts'
import type { KeyedLearner, SourcePosition } from './keyed-learner.ts'

export interface LineLearnerOptions {
  /** The model of a new learner; preset `small` unless asked otherwise, so that a thousand of them fit */
  readonly model?: GivenOptions | undefined
  /** The share of lines to flag, between 0 and 1. Default 0.01. */
  readonly alertRate?: number
  /** Verdicts that a new learner begins with; one that resumes has its own */
  readonly verdicts?: readonly Verdict[]
}

/** Characters of a line that its event shows, so that a line without an end stays small */
const LONGEST_LINE = 4096
const LONGEST_SOURCE = 1024

/**
 * Learns one text and grades its lines; all of its state is one checkpoint, so that it can stop after any chunk and continue as if it had not. Feed it by
 * hand, or let `keyed` hold one a key.
 *
 *     const learner = await LineLearner.open()
 *     for (const { text, alert } of learner.learn(chunk)) if (alert) console.log(text)
 *     const bytes = await learner.save()
 */
export class LineLearner implements KeyedLearner<LineEvent> {
  readonly model: Model
  position: SourcePosition | undefined
  readonly #text = new Subject<Chunk>()
  readonly #tail: Tail
  readonly #tape: Tape
  readonly #grader: Grader
  readonly #alerts: AlertStream
  /** Where the stream stands, once it has begun */
  #place: { readonly next: number; readonly offset: number } | undefined
  #lines: LineEvent[] = []
  #failure: { readonly error: unknown } | undefined

  /** A new learner, or one that resumes from what `save` gave, with the model that it had. Throws OptionError; rejects with CheckpointError. */
  static open(options: LineLearnerOptions = {}, saved?: Uint8Array): LineLearner | Promise<LineLearner> {
    if (saved === undefined) return new LineLearner(createModel({ preset: 'small', ...options.model }), options)
    return load(saved).then(({ model, stream, archive }) => {
      const learner = new LineLearner(model, options, stream)
      learner.#transfer(archive)
      for (const chunk of learner.#tail.chunks) learner.#text.next(chunk)
      return learner
    })
  }

  private constructor(model: Model, options: LineLearnerOptions, stream?: StreamState) {
    const { alertRate, verdicts } = options
    const alerts = { longestLine: LONGEST_LINE, ...(alertRate !== undefined && { alertRate }), ...(verdicts && { verdicts }) }
    this.model = model
    this.#tail = new Tail(model.options.alphabet)
    this.#tape = model.tape(model.options, stream)
    this.#place = stream && { next: stream.last, offset: stream.offset }
    this.#grader = new Grader(alerts)
    this.#alerts = new AlertStream(model, alerts, this.#grader)
    this.#text.pipe(this.#alerts.grade({ from: stream, tape: this.#tape })).subscribe({
      next: ({ segment, lines }) => {
        if (segment !== undefined) this.#place = segment
        for (const line of lines) this.#lines.push(lineEvent(line))
      },
      error: (error: unknown) => (this.#failure = { error }),
    })
  }

  /** Characters since the start of the text */
  get offset(): number {
    return this.#place?.offset ?? 0
  }

  /** Learns a chunk and returns the lines that end in it */
  learn(chunk: Chunk): readonly LineEvent[] {
    this.#tail.push(chunk)
    this.#text.next(chunk)
    if (this.#failure !== undefined) throw this.#failure.error
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  /** Learns what somebody says of one of its last alerts; returns whether it knows it. See `AlertStream.judge`. */
  judge(verdict: AlertVerdict): boolean {
    return this.#alerts.judge(verdict)
  }

  /** The verdicts in force, the oldest first */
  get verdicts(): readonly Verdict[] {
    return this.#grader.verdicts
  }

  /** A checkpoint. The state is copied before this returns, so learning may continue while it is completed. */
  save(): Promise<Uint8Array> {
    const { model } = this
    const place = this.#place
    return save(model, {
      also: (archive) => {
        if (place !== undefined) saveStream(archive, this.#tape, model.symbols, place.next, place.offset)
        this.#transfer(archive)
      },
    })
  }

  /** Frees the memory; learns nothing more */
  dispose(): void {
    this.#tape.free()
    this.model.dispose()
  }

  /** Saves or loads what stands beside the model and its stream */
  #transfer(archive: Archive): void {
    this.#alerts.transfer(archive)
    this.#grader.transfer(archive)
    this.#tail.transfer(archive)
    const source = archive.text('position.source', this.position?.source ?? '', LONGEST_SOURCE)
    const at = archive.real('position.at', this.position?.at ?? 0)
    this.position = source === '' ? undefined : { source, at }
  }
}
