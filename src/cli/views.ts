import { auditTime, connect, EMPTY, type Observable, tap, zip } from 'rxjs'
import { type EventType, events } from '../events.ts'
import type { Observed } from '../learn.ts'
import type { Model } from '../network/model.ts'
import { stats } from '../operators/stats.ts'
import { charactersOfBytes, type Scored } from './bytes.ts'
import type { CommandContext } from './context.ts'
import { heat, visible } from './heat.ts'
import { StatusLine } from './status.ts'
import type { Tally } from './tally.ts'
import { type WatchEvent, watchEvent } from './watch/event.ts'
import { explained } from './watch/explained.ts'
import { type RawLine, rawText } from './watch/raw-lines.ts'
import { unmasked } from './watch/replacements.ts'
import type { PartialLine, Shown } from './watch/source.ts'

/** How `watch` shows what it learned */
export interface View {
  /** Shows a line when it ends */
  line(line: Shown): void
  /** Shows a line that is not learned */
  ignored?(raw: RawLine, source: string | undefined): void
  /** Shows a line that has not ended, after which nothing came for a while; it may be shown again, when it is longer */
  partial?(line: PartialLine): void
  /** What else is shown, besides lines */
  also?(learned$: Observable<Observed>, tally: Tally, source: string | undefined): Observable<unknown>
  end(): void
}

const STATUS_INTERVAL = 100

export type Which = 'all' | 'alerts'

/** One JSON object a line */
export function jsonView({ output }: CommandContext, model: Model, types: readonly EventType[], which: Which): View {
  const print = (event: WatchEvent) => output.write(`${JSON.stringify(event)}\n`)
  return {
    line(line) {
      if (types.includes('line') && (which === 'all' || line.alert)) print(watchEvent(line))
    },
    also: (learned$, _, source) =>
      learned$.pipe(
        events(model, { types: types.filter((type) => type !== 'line') }),
        tap((event) => print({ ...event, ...(source !== undefined && { source }) })),
      ),
    end() {},
  }
}

/** Each line as it came, byte for byte; of several sources under their names */
export function textView({ output }: CommandContext, which: Which): View {
  const headings = new Headings()
  /** Bytes of the line of a source that were shown before it ended */
  const shown = new Map<string | undefined, number>()
  const write = ({ bytes, cut, end }: RawLine, source: string | undefined) => {
    output.write(headings.before(source))
    output.write(bytes.subarray(shown.get(source) ?? 0))
    output.write(`${cutMark(cut)}${which === 'alerts' ? end || '\n' : end}`)
    shown.delete(source)
    headings.atLineStart = end !== ''
  }
  return {
    line(line) {
      if (which === 'alerts' && !line.alert) return
      write(line.raw, line.source)
      if (line.explanation === undefined) return
      output.write(`${headings.atLineStart || which === 'alerts' ? '' : '\n'}${explained(line.explanation).join('\n')}\n`)
      headings.atLineStart = true
    },
    ignored(raw, source) {
      if (which === 'all') write(raw, source)
    },
    partial({ raw, source }) {
      const before = shown.get(source) ?? 0
      if (which === 'alerts' || raw.bytes.length === before) return
      output.write(headings.before(source))
      output.write(raw.bytes.subarray(before))
      shown.set(source, raw.bytes.length)
      headings.atLineStart = false
    },
    end() {},
  }
}

/** Each line with its surprise as colour, alerts marked, and on a terminal a status line at the bottom */
export function heatView({ output, terminal }: CommandContext, model: Model, which: Which): View {
  const status = terminal ? new StatusLine(process.stdout) : undefined
  const screen = new Screen(output, status)
  const headings = new Headings()
  const charactersOf = model.options.alphabet === 'bytes' ? charactersOfBytes : (line: Scored) => line
  const show = (source: string | undefined, text: string) => {
    if (status !== undefined) status.partial = ''
    screen.write(`${headings.before(source)}${text}\n`)
  }
  return {
    line(line) {
      if (which === 'alerts' && !line.alert) return
      const { characters, surprise } = charactersOf(unmasked(line, line.replaced))
      const mark = line.alert ? `\x1b[1m▶ ${line.percentile?.toFixed(1)}%\x1b[0m ` : ''
      const why = line.explanation === undefined ? [] : explained(line.explanation).map((text) => `\n\x1b[2m${text}\x1b[22m`)
      show(line.source, `${mark}${heat(characters, surprise)}${cutMark(line.length - line.characters.length - line.raw.end.length)}${why.join('')}`)
    },
    ignored(raw, source) {
      if (which === 'all') show(source, `${heat(Array.from(rawText(raw), codePointOf), [])}${cutMark(raw.cut)}`)
    },
    partial(line) {
      if (status === undefined || which === 'alerts') return
      const known = charactersOf(unmasked(line, line.replaced))
      const characters = [...Array.from(known.characters), ...Array.from(line.held, codePointOf)]
      const from = Math.max(0, characters.length - process.stdout.columns + 1)
      status.partial = heat(characters.slice(from), Array.from(known.surprise).slice(from))
      status.redraw()
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

/** Names of sources, as `tail -f` shows them: one where the source is another than before */
class Headings {
  atLineStart = true
  #source: string | undefined

  before(source: string | undefined): string {
    if (source === undefined || source === this.#source) return ''
    const first = this.#source === undefined
    this.#source = source
    const name = Array.from(source, (character) => visible(codePointOf(character))).join('')
    return `${this.atLineStart ? '' : '\n'}${first ? '' : '\n'}==> ${name} <==\n`
  }
}

function cutMark(cut: number): string {
  return cut === 0 ? '' : ` … ${cut.toLocaleString('en')} more characters`
}

function codePointOf(character: string): number {
  return character.codePointAt(0)!
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
