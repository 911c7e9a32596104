import { type Observable, Subject } from 'rxjs'
import type { ModelOptions, Preset } from '../network/options.ts'
import type { FromWorker, ToWorker } from './session.ts'
import type { DigestingSource, PageEvent, SteppingSource, Stride } from './source.ts'

// UTF-16 units that may wait in the worker
const BUFFER = 1 << 18

/** A learner in a Web Worker of this page */
export class LocalLearner implements SteppingSource, DigestingSource {
  readonly events$: Observable<PageEvent>
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #events = new Subject<PageEvent>()
  #held = 0
  #released: (() => void)[] = []

  constructor(options: Partial<ModelOptions> & { readonly preset?: Preset }) {
    this.events$ = this.#events.asObservable()
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data))
    this.#worker.addEventListener('error', ({ message }) => this.#events.error(new Error(message || 'the worker could not be started')))
    this.#post({ kind: 'open', options })
  }

  next(text: string): void {
    this.#held += text.length
    this.#post({ kind: 'text', text })
  }

  ready(): Promise<void> | undefined {
    if (this.#held <= BUFFER) return undefined
    return new Promise((resolve) => this.#released.push(resolve))
  }

  pause(): void {
    this.#post({ kind: 'pause' })
  }

  resume(): void {
    this.#post({ kind: 'resume' })
  }

  step(to: Stride): void {
    this.#post({ kind: 'step', to })
  }

  sample({ length, temperature }: { readonly length: number; readonly temperature: number }): void {
    this.#post({ kind: 'sample', length, temperature })
  }

  digest(): void {
    this.#post({ kind: 'digest' })
  }

  close(): void {
    this.#worker.terminate()
    this.#release()
    this.#events.complete()
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive({ events, settled }: FromWorker): void {
    this.#held -= settled
    if (this.#held <= BUFFER) this.#release()
    for (const event of events) this.#events.next(event)
  }

  #release(): void {
    for (const release of this.#released.splice(0)) release()
  }
}
