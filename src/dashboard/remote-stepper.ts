import { type Observable, tap } from 'rxjs'
import type { AlertVerdict } from '../alerts/pipeline.ts'
import { Gate } from '../async.ts'
import { cutAt } from '../text/unicode.ts'
import { skipCharacters } from '../text/unicode.ts'
import { RemoteLearner, type RemoteLearnerOptions } from '../../streams/websocket/websocket.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { missingIn } from './progress-view.ts'
import { isPageEvent, type JudgedSource, type SteppingSource, type Stride } from './source.ts'

// UTF-16 units of one piece, and those that may wait here
const PIECE = 4096
const BUFFER = 1 << 18

/**
 * A learner on a server to which this page sends text: it is held by sending nothing more, once it has learned what is under way. To the next update it is
 * as many characters as the last trace says are missing in its window.
 */
export class RemoteStepper implements SteppingSource, JudgedSource {
  readonly events$: Observable<unknown>
  readonly #remote: RemoteLearner
  readonly #gate = new Gate(() => this.#closed || this.#waiting.length <= BUFFER)
  #waiting = ''
  #paused = false
  #pumping = false
  #closed = false
  /** The last one that was learned; undefined where it is not known */
  #segment: TraceEvent['segment'] | undefined
  /** Whether the next trace is waited for, to know how far it is to the next update */
  #wantsUpdate = false
  /** While it is held: characters that are to be sent as soon as they come */
  #owed = 0

  constructor(url: string, options: RemoteLearnerOptions) {
    this.#remote = new RemoteLearner(url, options)
    this.events$ = this.#remote.events$.pipe(tap((event) => this.#look(event)))
  }

  next(text: string): void {
    this.#waiting += text
    if (this.#owed > 0) this.#sendCharacters(this.#owed)
    void this.#pump()
  }

  ready(): Promise<void> | undefined {
    return this.#gate.ready()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#owed = 0
    void this.#pump()
  }

  step(to: Stride): void {
    this.#wantsUpdate = to === 'update' && this.#segment === undefined
    this.#sendCharacters(to === 'update' ? (missingIn(this.#segment) ?? 1) : 1)
  }

  sample(options: { readonly length: number; readonly temperature: number }): void {
    this.#remote.sample(options)
  }

  judge(verdict: AlertVerdict): void {
    this.#remote.judge(verdict)
  }

  close(): void {
    this.#closed = true
    this.#remote.close()
    this.#gate.check()
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    while (!this.#paused && !this.#closed && this.#waiting !== '') {
      this.#send(cutAt(this.#waiting, PIECE))
      await this.#remote.ready()
    }
    this.#pumping = false
  }

  #look(event: unknown): void {
    if (!isPageEvent(event)) return
    if (event.type === 'hello') this.#segment = undefined
    if (event.type !== 'trace') return
    this.#segment = event.segment
    if (!this.#wantsUpdate) return
    this.#wantsUpdate = false
    this.#sendCharacters(missingIn(event.segment)!)
  }

  #sendCharacters(count: number): void {
    const units = this.#waiting.length - skipCharacters(this.#waiting, count).length
    this.#owed = count - Array.from(this.#waiting.slice(0, units)).length
    this.#send(units)
  }

  /** Sends so many UTF-16 units of what waits */
  #send(units: number): void {
    this.#remote.next(this.#waiting.slice(0, units))
    this.#waiting = this.#waiting.slice(units)
    this.#gate.check()
  }
}
