import type { LearnerEvent } from '../alerts/events.ts'
import type { AlertOptions } from '../alerts/pipeline.ts'
import { TracedStream } from '../inspect/traced-stream.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { GivenOptions } from '../network/options.ts'
import { sample } from '../sample.ts'
import { cutAt } from '../text/unicode.ts'
import type { PageEvent, Stride } from './source.ts'

export type ToWorker =
  | { readonly kind: 'open'; readonly options: GivenOptions }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'step'; readonly to: Stride }
  | { readonly kind: 'sample'; readonly length: number; readonly temperature: number }
  | { readonly kind: 'digest' }

export interface FromWorker {
  readonly events: readonly PageEvent[]
  /** UTF-16 units of text that were learned */
  readonly settled: number
}

// learned between two looks at the clock, and milliseconds between two looks at what the page says, and between two reports to it
const PIECE = 128
const TURN = 12
const REPORT = 50

/** The worker reports what it throws to the page */
function fail(error: unknown): never {
  throw error
}

/** A learner in the worker: learns what waits, a little at a time, and posts what there is to see */
export class Session {
  readonly #model: Model
  readonly #stream: TracedStream
  readonly #post: (message: FromWorker) => void
  #waiting: string[] = []
  #events: PageEvent[] = []
  #settled = 0
  #reported = -Infinity
  #paused = false
  #scheduled = false

  /** The clock of a line is not masked: each key is followed by what comes next, and each step learns a character */
  constructor(options: GivenOptions, post: (message: FromWorker) => void, lines: AlertOptions = { mask: [] }) {
    this.#model = createModel(options)
    this.#post = post
    // of the lines the page shows alerts only
    const event = (event: LearnerEvent) => event.type === 'line' && event.alert && this.#events.push(event)
    this.#stream = new TracedStream(this.#model, { event, failed: fail }, lines)
    this.#stream.traced = true
  }

  text(text: string): void {
    if (text !== '') this.#waiting.push(text)
    this.#schedule()
  }

  pause(): void {
    this.#paused = true
    this.#report()
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  /** Learns the next character, or up to the next update */
  step(to: Stride): void {
    this.#learn(1)
    if (to === 'update') while (this.#waiting.length > 0 && this.#stream.last?.closes !== true) this.#learn(1)
    this.#report()
  }

  sample(length: number, temperature: number): void {
    const text = Array.from(sample(this.#model, { length, temperature })).join('')
    this.#events.push({ type: 'sample', offset: this.#stream.last?.offset ?? 0, text })
    this.#report()
  }

  digest(): void {
    this.#events.push({ type: 'digest', offset: this.#stream.last?.offset ?? 0, digest: this.#model.digest() })
    this.#report()
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#waiting.length === 0) return
    this.#scheduled = true
    setTimeout(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    if (this.#paused) return
    const end = performance.now() + TURN
    while (this.#waiting.length > 0 && performance.now() < end) this.#learn(PIECE)
    // a page that holds back its text until what it sent was learned must hear of the end at once
    if (this.#waiting.length === 0 || performance.now() >= this.#reported + REPORT) this.#report()
    this.#schedule()
  }

  /** Learns so many UTF-16 units, one more where they would cut a character */
  #learn(most: number): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const piece = first.slice(0, cutAt(first, most))
    if (piece.length === first.length) this.#waiting.shift()
    else this.#waiting[0] = first.slice(piece.length)
    this.#settled += piece.length
    this.#stream.learn(piece)
  }

  #report(): void {
    const trace = this.#stream.tracer.take()
    if (this.#stream.last !== undefined) this.#events.push(this.#stream.stats())
    if (trace !== undefined) this.#events.push(trace)
    this.#post({ events: this.#events, settled: this.#settled })
    this.#events = []
    this.#settled = 0
    this.#reported = performance.now()
  }
}
