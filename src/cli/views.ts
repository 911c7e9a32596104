import { auditTime, connect, EMPTY, type Observable, tap, zip } from 'rxjs'
import { type Event, type EventType, events, lineEvent, textOf } from '../events.ts'
import type { Learned } from '../learn.ts'
import type { Model } from '../network/model.ts'
import type { Calibrated } from '../operators/calibrate.ts'
import type { Line } from '../operators/lines.ts'
import { stats } from '../operators/stats.ts'
import { charactersOfBytes, type Scored } from './bytes.ts'
import type { CommandContext } from './context.ts'
import { heat } from './heat.ts'
import { StatusLine } from './status.ts'
import type { Tally } from './tally.ts'

/** How `watch` shows what it learned */
export interface View {
  /** Shows a line when it ends */
  line(line: Line & Calibrated): void
  /** What else is shown, besides lines */
  also?(learned$: Observable<Learned>, tally: Tally): Observable<unknown>
  end(): void
}

const STATUS_INTERVAL = 100

export type Which = 'all' | 'alerts'

/** One JSON object a line */
export function jsonView({ output }: CommandContext, model: Model, types: readonly EventType[], which: Which): View {
  const print = (event: Event) => output.write(`${JSON.stringify(event)}\n`)
  return {
    line(line) {
      if (types.includes('line') && (which === 'all' || line.alert)) print(lineEvent(line, model.options.alphabet))
    },
    also: (learned$) => learned$.pipe(events(model, { types: types.filter((type) => type !== 'line') }), tap(print)),
    end() {},
  }
}

/** The text of the lines that are alerts */
export function alertsView({ output }: CommandContext, model: Model): View {
  return {
    line(line) {
      if (line.alert) output.write(`${textOf(line.characters, model.options.alphabet)}\n`)
    },
    end() {},
  }
}

/** Each line with its surprise as colour, alerts marked, and on a terminal a status line at the bottom */
export function heatView({ output, terminal }: CommandContext, model: Model, which: Which): View {
  const status = terminal ? new StatusLine(process.stdout) : undefined
  const screen = new Screen(output, status)
  const charactersOf = model.options.alphabet === 'bytes' ? charactersOfBytes : (line: Scored) => line
  return {
    line(line) {
      if (which === 'alerts' && !line.alert) return
      const { characters, surprise } = charactersOf(line)
      screen.write(`${line.alert ? `\x1b[1m▶ ${line.percentile?.toFixed(1)}%\x1b[0m ` : ''}${heat(characters, surprise)}\n`)
    },
    also: (learned$, tally) =>
      status === undefined
        ? EMPTY
        : learned$.pipe(
            connect((shared$) => zip(shared$, shared$.pipe(stats(model)))),
            auditTime(STATUS_INTERVAL),
            tap(([{ prediction }, figures]) => status.show(figures, tally.alerts, prediction)),
          ),
    end() {
      screen.flush()
      status?.end()
    },
  }
}

/** Lines above a status line. What is written in one turn of the event loop goes out at once, so that nothing flickers. */
class Screen {
  readonly #output: CommandContext['output']
  readonly #status: StatusLine | undefined
  #waiting = ''

  constructor(output: CommandContext['output'], status: StatusLine | undefined) {
    this.#output = output
    this.#status = status
  }

  write(text: string): void {
    if (this.#waiting === '') queueMicrotask(() => this.flush())
    this.#waiting += text
  }

  flush(): void {
    if (this.#waiting === '') return
    this.#status?.clear()
    this.#output.write(this.#waiting)
    this.#waiting = ''
    this.#status?.redraw()
  }
}
