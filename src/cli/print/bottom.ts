import { auditTime, EMPTY, interval, merge, type Observable, Subject, type Subscription, tap } from 'rxjs'
import type { ObservedSegment } from '../../learn.ts'
import type { Keyboard } from '../terminal/keyboard.ts'
import type { Suspension } from '../terminal/suspension.ts'
import type { AlertKeys } from '../watch/alert-keys.ts'
import type { CommandContext } from '../context.ts'
import { Screen } from './screen.ts'
import { StatusLine } from './status.ts'
import type { Tally } from './tally.ts'

/** Milliseconds between two drawings while text comes, and while none does */
const BUSY = 100
const IDLE = 1000

export interface BottomOptions {
  readonly suspension: Suspension
  /** Whether @ stands for a time in what is learned */
  readonly masksTime: boolean
  /** Where alerts can be judged: what the keys do, and where they come from */
  readonly judging: { readonly keys: AlertKeys; readonly keyboard: Keyboard } | undefined
}

/** The bottom of a terminal: one status for all sources, what has not ended, and the alert that is being judged */
export class Bottom {
  /** Lines until there can be alerts */
  warmUp: number | undefined
  readonly #screen: Screen
  readonly #status = new StatusLine()
  readonly #learned$ = new Subject<void>()
  readonly #showing: Subscription
  readonly #options: BottomOptions
  #prediction: ObservedSegment['prediction'] | undefined
  #tally: Tally | undefined

  constructor(output: CommandContext['output'], options: BottomOptions) {
    this.#options = options
    this.#screen = new Screen(output, process.stdout, options.suspension)
    const pressed$ = options.judging?.keyboard.keys$.pipe(tap((key) => options.judging?.keys.press(key))) ?? EMPTY
    this.#showing = merge(this.#learned$.pipe(auditTime(BUSY)), interval(IDLE), pressed$).subscribe(() => this.#show())
  }

  /** What the keys judge */
  get keys(): AlertKeys | undefined {
    return this.#options.judging?.keys
  }

  get columns(): number {
    return process.stdout.columns
  }

  watch(learned$: Observable<ObservedSegment>, tally: Tally): Observable<unknown> {
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
    this.#options.judging?.keyboard.close()
    this.#screen.end()
    this.#options.suspension.end()
  }

  #show(): void {
    const alerts = this.#tally?.alerts ?? 0
    const facts = { alerts, warmUp: this.warmUp, prediction: this.#prediction, hint: this.keys?.hint ?? '', masksTime: this.#options.masksTime }
    this.#screen.panel = this.keys?.panel ?? []
    this.#screen.status = this.#status.text(facts, this.columns - 1)
  }
}
