import { asyncScheduler, Subject, throttleTime } from 'rxjs'

// milliseconds between two traces: what comes faster nobody sees
const APART = 50

/** When a trace is to be made: at once, unless the last one has only just been made; the last one always is */
export class Tracing {
  readonly #due = new Subject<void>()
  readonly #made

  constructor(trace: () => void) {
    this.#made = this.#due.pipe(throttleTime(APART, asyncScheduler, { leading: true, trailing: true })).subscribe(trace)
  }

  /** There is something to see */
  due(): void {
    this.#due.next()
  }

  /** Makes none any more */
  end(): void {
    this.#made.unsubscribe()
  }
}
