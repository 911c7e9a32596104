import { type Observable, Subject } from 'rxjs'
import type { AlertVerdict } from '../alerts/pipeline.ts'
import { Gate } from '../async.ts'
import type { FromWorker, Network, ToWorker } from './session.ts'
import type { JudgedSource, OpenSource, PageEvent, SteppingSource, Stride } from './source.ts'

// UTF-16 units that may wait in the worker: as much as it learns between a few reports
const BUFFER = 1 << 15

/** A learner in a Web Worker of this page */
export class LocalLearner implements SteppingSource, OpenSource, JudgedSource {
  readonly events$: Observable<PageEvent>
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #events = new Subject<PageEvent>()
  readonly #gate = new Gate(() => this.#held <= BUFFER)
  #held = 0

  constructor(network: Network) {
    this.events$ = this.#events.asObservable()
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data))
    this.#worker.addEventListener('error', ({ message }) => this.#events.error(new Error(message || 'the worker could not be started')))
    this.#post({ kind: 'open', network })
  }

  next(text: string): void {
    this.#held += text.length
    this.#post({ kind: 'text', text })
  }

  ready(): Promise<void> | undefined {
    return this.#gate.ready()
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

  judge(verdict: AlertVerdict): void {
    this.#post({ kind: 'judge', verdict })
  }

  tensors(wanted: boolean): void {
    this.#post({ kind: 'tensors', wanted })
  }

  close(): void {
    this.#worker.terminate()
    this.#held = 0
    this.#gate.check()
    this.#events.complete()
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive({ events, settled }: FromWorker): void {
    this.#held -= settled
    this.#gate.check()
    for (const event of events) this.#events.next(event)
  }
}
