import { type MonoTypeOperatorFunction, tap } from 'rxjs'
import { characterName, textOf } from '../text/characters.ts'
import type { Detail, DetailTracer } from './detail.ts'
import { GzipFigure, type Gzipped } from './gzip-meter.ts'
import type { ObservedSegment, ScoredSegment } from '../learn.ts'
import type { Backpropagated } from '../operators/backward.ts'
import type { Updated } from '../operators/update.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Model } from '../network/model.ts'
import type { Update } from '../network/optimizer.ts'
import type { Prediction } from '../network/prediction.ts'

/** A character that arrived, its surprise in bits, and what was expected in its place */
export type TracedCharacter = readonly [character: string, bits: number, expected: readonly Candidate[]]

export type Candidate = readonly [character: string, probability: number]

/** What the stages of the pipeline did since the last trace: for people to look at, and as much of it as they can */
export interface TraceEvent {
  readonly v: 1
  readonly type: 'trace'
  readonly offset: number
  /** The first characters since the last trace, before `skipped` more */
  readonly characters: readonly TracedCharacter[]
  readonly skipped: number
  /** The last segment */
  readonly segment: {
    /** Of its last character */
    readonly symbol: number
    readonly pairs: number
    readonly vocabulary: number
    /** Pairs in the open window, this segment's included */
    readonly pending: number
    readonly every: number
    readonly through: number
    readonly closes: boolean
    /** Mean of its characters */
    readonly bits: number
  }
  /** The last update; null before the first */
  readonly update: (Update & { readonly injected: number }) | null
  /** The hidden state after the last character */
  readonly hidden: readonly number[]
  readonly next: readonly Candidate[]
  /** The first window that was learned since the last trace; null where none was */
  readonly window: LearnedWindow | null
  /** From a learner in the same page only */
  readonly detail?: Detail
  /** What gzip makes of the text from `from` characters on, which is where somebody began to watch; null for the first few */
  readonly gzip: (Gzipped & { readonly from: number }) | null
}

/** The characters of a window, and what each cost in bits when it came and once the window was learned */
export interface LearnedWindow {
  readonly characters: readonly string[]
  readonly before: readonly number[]
  readonly after: readonly number[]
  /** The places of those that were learned: not what was expected anyway, nor the rest of a line that stands out */
  readonly learned: readonly number[]
}

/** A segment that was learned */
type Traced = ObservedSegment & Partial<Backpropagated & Updated>

interface Look {
  readonly from: number
  readonly gzip: GzipFigure
}

// more than that in one look nobody reads
const MOST = 200
const EXPECTED = 3
const NEXT = 10
// what is less probable is not worth telling
const LEAST = 0.0005
// U+FFFD, for a character that has no symbol because the vocabulary is full
const REPLACEMENT = 0xfffd

/**
 * Watches a stream that is learned, and changes nothing of it.
 *
 *     const tracer = new Tracer(model)
 *     text$.pipe(learn(model, { afterLoss: tracer.scored }), tap((learned) => tracer.learned(learned)))
 */
export class Tracer {
  /** Records what was expected, which is known between loss and backward only */
  readonly scored: MonoTypeOperatorFunction<ScoredSegment> = tap((segment) => this.#note(segment))
  readonly #model: Model
  /** What is there while somebody looks: without, it costs nothing */
  #look: Look | undefined
  #offset = 0
  #characters: TracedCharacter[] = []
  #skipped = 0
  #last: Traced | undefined
  /** The last segment that closed a window */
  #updated: Traced | undefined
  #window: LearnedWindow | undefined
  /** Of the last segment, characters that were noted */
  #noted = 0
  readonly #detail: DetailTracer | undefined

  /** With `detail` the traces have details, too */
  constructor(model: Model, detail?: DetailTracer) {
    this.#model = model
    this.#detail = detail
    this.active = true
  }

  /** Whether anybody looks */
  get active(): boolean {
    return this.#look !== undefined
  }

  set active(active: boolean) {
    if (active === this.active) return
    this.#clear()
    this.#updated = undefined
    this.#look = active ? { from: this.#offset, gzip: new GzipFigure() } : undefined
  }

  learned(learned: Traced): void {
    this.#offset = learned.offset
    if (!this.active) return
    this.#last = learned
    if (learned.update !== undefined) {
      this.#updated = learned
      this.#window ??= this.#rescored(learned)
    }
    this.#detail?.learned(learned, this.#noted)
  }

  /** What there is to see since the last time; undefined when nothing has come */
  take(): TraceEvent | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    const event = this.#event(last)
    this.#clear()
    return event
  }

  #clear(): void {
    this.#characters = []
    this.#skipped = 0
    this.#last = undefined
    this.#window = undefined
  }

  #note(segment: ScoredSegment): void {
    if (this.#look === undefined) return
    const { gzip } = this.#look
    const {
      characters,
      losses,
      activations: { tape, first },
    } = segment
    const { alphabet } = this.#model.options
    gzip.add(bytesOf(characters, alphabet), characters.length)
    const traced = Math.min(characters.length, MOST - this.#characters.length)
    for (let i = 0; i < traced; i++) {
      const expected = this.#candidates(this.#model.expectation(tape, first + i), EXPECTED).filter(([, probability]) => probability > LEAST)
      this.#characters.push([characterName(characters[i]!, alphabet), bitsOf(losses[i]!), expected])
    }
    this.#skipped += characters.length - traced
    this.#noted = traced
    this.#detail?.scored(segment)
  }

  /** Before the tape drops the window, the parameters that it led to score it once more */
  #rescored({ activations: { tape }, injected = 0 }: Traced): LearnedWindow {
    const { before, after } = this.#model.rescore(tape)
    const { vocabulary, options } = this.#model
    // what a step was to predict is what the next one reads: a novel character, too, which has a symbol by then
    const symbols = Array.from(tape.inputs.subarray(tape.windowStart + 1, tape.steps + 1))
    const nameOf = (symbol: number) => characterName(vocabulary.characterOf(symbol) ?? REPLACEMENT, options.alphabet)
    const learned = Array.from(tape.lessons.subarray(0, injected), (step) => step - tape.windowStart)
    return { characters: symbols.map(nameOf), before: Array.from(before, bitsOf), after: Array.from(after, bitsOf), learned }
  }

  #event({ offset, next, targets, inputs, truncation, closes, losses, activations, prediction }: Traced): TraceEvent {
    return {
      v: 1,
      type: 'trace',
      offset,
      characters: this.#characters,
      skipped: this.#skipped,
      segment: {
        symbol: next,
        pairs: inputs.length,
        vocabulary: this.#model.symbols,
        pending: closes ? truncation.every : activations.tape.pending,
        every: truncation.every,
        through: truncation.through,
        closes,
        bits: round(losses.reduce((sum, nats) => sum + nats, 0) / Math.LN2 / Math.max(targets.length, 1)),
      },
      update: this.#updated?.update === undefined ? null : { ...this.#updated.update, injected: this.#updated.injected ?? 0 },
      hidden: Array.from(this.#model.hidden(activations), round),
      next: this.#candidates(prediction, NEXT),
      window: this.#window ?? null,
      ...(this.#detail !== undefined && { detail: this.#detail.take() }),
      gzip: this.#gzip(),
    }
  }

  #gzip(): TraceEvent['gzip'] {
    const figure = this.#look?.gzip.figure
    return figure === undefined ? null : { ...figure, from: this.#look!.from }
  }

  #candidates(prediction: Prediction, count: number): readonly Candidate[] {
    const { alphabet } = this.#model.options
    return prediction.top(count).map(([character, probability]) => [characterName(character, alphabet), round(probability)] as const)
  }
}

function bytesOf(characters: Int32Array, alphabet: Alphabet): Uint8Array {
  // a text of ASCII is its own bytes, and to copy it is much faster
  if (alphabet === 'bytes' || characters.every((character) => character < 128)) return new Uint8Array(characters)
  return new TextEncoder().encode(textOf(characters, alphabet))
}

function bitsOf(nats: number): number {
  return round(nats / Math.LN2)
}

/** To four digits, so that much fits into a frame */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
