import { auditTime, interval, merge, type Observable, Subject, type Subscription, tap } from 'rxjs'
import type { Observed } from '../../learn.ts'
import type { Suspension } from '../terminal/suspension.ts'
import type { CommandContext } from '../context.ts'
import { Screen } from './screen.ts'
import { StatusLine } from './status.ts'
import type { Tally } from './tally.ts'

/** Milliseconds between two drawings while text comes, and while none does */
const BUSY = 100
const IDLE = 1000

/** The bottom of a terminal: one status for all sources, and what has not ended */
export class Bottom {
  /** Lines until there can be alerts */
  warmUp: number | undefined
  readonly #screen: Screen
  readonly #status = new StatusLine()
  readonly #learned$ = new Subject<void>()
  readonly #showing: Subscription
  readonly #masksTime: boolean
  #prediction: Observed['prediction'] | undefined
  #tally: Tally | undefined

  constructor(output: CommandContext['output'], suspension: Suspension, masksTime: boolean) {
    this.#masksTime = masksTime
    this.#screen = new Screen(output, process.stdout, suspension)
    this.#showing = merge(this.#learned$.pipe(auditTime(BUSY)), interval(IDLE)).subscribe(() => this.#show())
  }

  get columns(): number {
    return process.stdout.columns
  }

  watch(learned$: Observable<Observed>, tally: Tally): Observable<unknown> {
    this.#tally = tally
    return learned$.pipe(
      tap(({ losses, prediction }) => {
        this.#status.add(losses)
        this.#prediction = prediction
        this.#learned$.next()
      }),
    )
  }

  /** Whole lines, in whose place nothing unfinished stands any more */
  write(text: string): void {
    this.#screen.partial = ''
    this.#screen.write(text)
  }

  partial(text: string): void {
    this.#screen.partial = text
  }

  end(): void {
    this.#showing.unsubscribe()
    this.#screen.end()
  }

  #show(): void {
    if (this.#tally === undefined) return
    const { alerts } = this.#tally
    const facts = { alerts, warmUp: this.warmUp, prediction: this.#prediction, hint: '', masksTime: this.#masksTime }
    this.#screen.status = this.#status.text(facts, this.columns - 1)
  }
}
