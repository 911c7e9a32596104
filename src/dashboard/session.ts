import type { LearnerEvent } from '../alerts/events.ts'
import type { GradedLine } from '../alerts/grader.ts'
import type { AlertOptions, AlertVerdict } from '../alerts/pipeline.ts'
import type { TracedCharacter } from '../inspect/trace.ts'
import { TracedStream } from '../inspect/traced-stream.ts'
import { createModel } from '../network/create.ts'
import { digest } from '../network/digest.ts'
import type { Model } from '../network/model.ts'
import type { Preset } from '../network/options.ts'
import { sample } from '../sample.ts'
import { characterName } from '../text/characters.ts'
import { cutAt } from '../text/unicode.ts'
import { NOTEBOOK_OPTIONS, writeNotebook } from './notebook.ts'
import type { PageEvent, Stride } from './source.ts'

/** A network that the page can start with */
export type Network = Preset | 'notebook'

export type ToWorker =
  | { readonly kind: 'open'; readonly network: Network }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'step'; readonly to: Stride }
  | { readonly kind: 'sample'; readonly length: number; readonly temperature: number }
  | { readonly kind: 'digest' }
  | { readonly kind: 'tensors'; readonly wanted: boolean }
  | { readonly kind: 'judge'; readonly verdict: AlertVerdict }

export interface FromWorker {
  readonly events: readonly PageEvent[]
  /** UTF-16 units of text that were learned */
  readonly settled: number
}

// learned between two looks at the clock, and milliseconds between two looks at what the page says, and between two reports to it
const PIECE = 128
const TURN = 12
const REPORT = 50
// milliseconds between two copies of the parameters while it runs
const TENSORS = 250
// characters of a line that stands out: a longer one has no colours
const COLOURED = 2000

/** The worker reports what it throws to the page */
function fail(error: unknown): never {
  throw error
}

/** A session with a network of the page. The clock of a line is not masked: each key is followed by what comes next, and each step learns a character. */
export function openSession(network: Network, post: (message: FromWorker) => void): Session {
  if (network !== 'notebook') return new Session(createModel({ preset: network }), post, { mask: [] })
  const model = createModel(NOTEBOOK_OPTIONS)
  writeNotebook(model)
  return new Session(model, post, { mask: [], learnAll: true })
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
  /** While it is held: whether it continues to the next update as soon as there is text for it */
  #seeksUpdate = false
  #wantsTensors = false
  #copied = -Infinity

  constructor(model: Model, post: (message: FromWorker) => void, lines: AlertOptions) {
    this.#model = model
    this.#post = post
    const nameOf = (character: number) => characterName(character, model.options.alphabet)
    // of the lines the page shows alerts, and counts those that verdicts keep quiet
    const event = (event: LearnerEvent, line?: GradedLine) => {
      if (event.type !== 'line' || line === undefined || (!event.alert && event.verdicts === undefined)) return
      const learned = Array.from(line.characters.subarray(0, COLOURED), (character, i): TracedCharacter => [nameOf(character), line.surprise[i]!, []])
      this.#events.push({ ...event, learned })
    }
    this.#stream = new TracedStream(this.#model, { event, failed: fail }, { ...lines, details: true })
    this.#stream.traced = true
  }

  text(text: string): void {
    if (text !== '') this.#waiting.push(text)
    if (this.#seeksUpdate) this.#seekUpdate()
    else this.#schedule()
  }

  pause(): void {
    this.#paused = true
    this.#report()
  }

  resume(): void {
    this.#paused = false
    this.#seeksUpdate = false
    this.#schedule()
  }

  /** Learns the next character, or up to the next update; where the text ends before that, it continues with the text that comes */
  step(to: Stride): void {
    this.#seeksUpdate = to === 'update'
    if (this.#seeksUpdate) return this.#seekUpdate()
    this.#learn(1)
    this.#report()
  }

  /** Whether parameters and gradients are looked at */
  tensors(wanted: boolean): void {
    this.#wantsTensors = wanted
    if (!wanted) return
    this.#events.push(this.#stream.detail!.parameters())
    this.#report()
  }

  /** Learns what the reader says of an alert */
  judge(verdict: AlertVerdict): void {
    this.#stream.judge(verdict)
  }

  sample(length: number, temperature: number): void {
    const text = Array.from(sample(this.#model, { length, temperature })).join('')
    this.#events.push({ type: 'sample', offset: this.#stream.last?.offset ?? 0, text })
    this.#report()
  }

  digest(): void {
    this.#events.push({ type: 'digest', offset: this.#stream.last?.offset ?? 0, digest: digest(this.#model) })
    this.#report()
  }

  #seekUpdate(): void {
    while (this.#seeksUpdate && this.#waiting.length > 0) {
      this.#learn(1)
      this.#seeksUpdate = this.#stream.last?.closes !== true
    }
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
    const { detail } = this.#stream
    detail!.wantsTerms = this.#wantsTensors || this.#paused
    detail!.wantsTensors = this.#wantsTensors && (this.#paused || performance.now() >= this.#copied + TENSORS)
    this.#stream.learn(piece)
  }

  #report(): void {
    const trace = this.#stream.tracer.take()
    if (this.#stream.last !== undefined) this.#events.push(this.#stream.stats())
    if (trace !== undefined) this.#events.push(trace)
    const parameters = this.#stream.detail!.takeParameters()
    if (parameters !== undefined) {
      this.#events.push(parameters)
      this.#copied = performance.now()
    }
    this.#post({ events: this.#events, settled: this.#settled })
    this.#events = []
    this.#settled = 0
    this.#reported = performance.now()
  }
}
