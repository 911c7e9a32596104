import { auditTime, connect, type Observable, Subject, type Subscription, tap, zip } from 'rxjs'
import { type Event, type EventType, lineEvent, segmentEvents } from '../../alerts/events.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import type { ScoredText } from '../../alerts/ledger.ts'
import type { PartialLine } from '../../alerts/pipeline.ts'
import type { Observed } from '../../learn.ts'
import { shapeOf } from '../../lines/template.ts'
import type { Model } from '../../network/model.ts'
import { stats } from '../../operators/stats.ts'
import { visibleText } from '../../text/visible.ts'
import type { CommandContext } from '../context.ts'
import { explained } from '../watch/explained.ts'
import { unmasked } from '../watch/unmasked.ts'
import { charactersOfBytes } from './bytes.ts'
import { isCapable } from './color.ts'
import { fittingFrom, heat, type Palette } from './heat.ts'
import { Screen } from './screen.ts'
import { StatusLine } from './status.ts'
import type { Tally } from './tally.ts'

/** How `watch` shows what it learned */
export interface View {
  /** Whether it needs the bytes of each line */
  readonly keepBytes?: true
  /** Shows a line when it ends */
  line(line: GradedLine, source: string | undefined): void
  /** Shows a line that has not ended, after which nothing came for a while; it may be shown again, when it is longer */
  partial?(line: PartialLine, source: string | undefined): void
  /** What else is shown, besides lines */
  also?(learned$: Observable<Observed>, tally: Tally, source: string | undefined): Observable<unknown>
  end(): void
}

const STATUS_INTERVAL = 100

export type Which = 'all' | 'alerts'

/** One JSON object a line */
export function jsonView({ output }: CommandContext, model: Model, types: readonly EventType[], which: Which): View {
  const print = (event: Event, source: string | undefined) =>
    output.write(`${JSON.stringify({ ...event, ...(source !== undefined && { source }) })}\n`)
  return {
    line(line, source) {
      if (types.includes('line') && !line.ignored && (which === 'all' || line.alert)) print(lineEvent(line), source)
    },
    also: (segments$, _, source) =>
      segments$.pipe(
        segmentEvents(model, types),
        tap((event) => print(event, source)),
      ),
    end() {},
  }
}

/** Each line as it came, byte for byte; of several sources under their names. With explanations, of each block that of the first line and of worse ones. */
export function textView({ output }: CommandContext, which: Which): View {
  const headings = new Headings()
  const peaks = new BlockPeaks()
  /** Bytes of the line of a source that were shown before it ended */
  const shown = new Map<string | undefined, number>()
  return {
    keepBytes: true,
    line(line, source) {
      if (which === 'alerts' && !line.alert) return
      const { bytes, cut } = line.raw!
      output.write(headings.before(source))
      output.write(bytes.subarray(shown.get(source) ?? 0))
      output.write(`${cutMark(cut)}${which === 'alerts' ? line.end || '\n' : line.end}`)
      shown.delete(source)
      headings.atLineStart = line.end !== ''
      if (line.explanation === undefined || !peaks.has(line, source)) return
      output.write(`${headings.atLineStart || which === 'alerts' ? '' : '\n'}${explained(line).join('\n')}\n`)
      headings.atLineStart = true
    },
    partial({ raw }, source) {
      const { bytes } = raw!
      const before = shown.get(source) ?? 0
      if (which === 'alerts' || bytes.length === before) return
      output.write(headings.before(source))
      output.write(bytes.subarray(before))
      shown.set(source, bytes.length)
      headings.atLineStart = false
    },
    end() {},
  }
}

/** Each line with its surprise as colour and alerts marked, with the reason; of alerts alone, what belongs to the one before or repeats it is folded */
export function heatView({ output, terminal }: CommandContext, model: Model, which: Which, palette: Palette): View {
  const bottom = terminal && isCapable(process.env) ? new Bottom(output, model) : undefined
  const headings = new Headings()
  const fold = new Fold()
  const peaks = new BlockPeaks()
  const charactersOf = model.options.alphabet === 'bytes' ? charactersOfBytes : (line: ScoredText) => line
  const write = (text: string) => {
    if (bottom === undefined) output.write(text)
    else bottom.write(text)
  }
  const show = (source: string | undefined, text: string) => write(`${headings.before(source)}${text}\n`)
  const showLine = (line: GradedLine, source: string | undefined) => {
    if (line.ignored) return show(source, `${heat(Array.from(line.text, codePointOf), [], palette)}${cutMark(line.cut)}`)
    const { characters, surprise } = charactersOf(unmasked(line, line.replaced))
    const mark = line.alert ? `\x1b[1m▶ ${line.percentile?.toFixed(1)}%\x1b[0m ` : ''
    const why = peaks.has(line, source) ? explained(line).map((text) => `\n\x1b[2m${text}\x1b[22m`) : []
    show(source, `${mark}${heat(characters, surprise, palette)}${cutMark(line.cut)}${why.join('')}`)
  }
  const showFolded = () => {
    const { text, worst, source } = fold
    if (text === '') return
    write(`${text}${worst === undefined ? '' : ', the worst:'}\n`)
    if (worst !== undefined) showLine(worst, source)
  }
  return {
    line(line, source) {
      if (bottom !== undefined) bottom.warmUp = line.warmUp
      if (which === 'alerts') {
        if (!line.alert) return
        if (fold.takes(line, source)) return bottom?.partial(fold.text)
        showFolded()
        fold.begin(line, source)
      }
      showLine(line, source)
    },
    partial(line) {
      if (bottom === undefined || which === 'alerts') return
      const known = charactersOf(unmasked(line, line.replaced))
      const characters = [...Array.from(known.characters), ...Array.from(line.held, codePointOf)]
      const from = fittingFrom(characters, process.stdout.columns - 1)
      bottom.partial(heat(characters.slice(from), Array.from(known.surprise).slice(from), palette))
    },
    ...(bottom !== undefined && { also: (learned$: Observable<Observed>, tally: Tally) => bottom.watch(learned$, tally) }),
    end() {
      showFolded()
      bottom?.end()
    },
  }
}

/** The bottom of a terminal: one status for all sources, and what has not ended */
class Bottom {
  /** Lines until there can be alerts */
  warmUp: number | undefined
  readonly #screen: Screen
  readonly #status = new StatusLine()
  readonly #learned$ = new Subject<Observed>()
  readonly #showing: Subscription
  #tally: Tally | undefined

  constructor(output: CommandContext['output'], model: Model) {
    this.#screen = new Screen(output, process.stdout)
    this.#showing = this.#learned$
      .pipe(
        connect((shared$) => zip(shared$, shared$.pipe(stats(model)))),
        auditTime(STATUS_INTERVAL),
      )
      .subscribe(([{ prediction }, figures]) => {
        const alerts = { alerts: this.#tally?.alerts ?? 0, warmUp: this.warmUp }
        this.#screen.status = this.#status.text(figures, alerts, prediction, process.stdout.columns)
      })
  }

  watch(learned$: Observable<Observed>, tally: Tally): Observable<unknown> {
    this.#tally = tally
    return learned$.pipe(tap((segment) => this.#learned$.next(segment)))
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
}

/** Finds the alerts that score most in their block so far, the first one included */
class BlockPeaks {
  #group: number | undefined
  #source: string | undefined
  #score = 0

  has({ alert, group, score }: GradedLine, source: string | undefined): boolean {
    if (!alert || (group === this.#group && source === this.#source && score <= this.#score)) return false
    this.#group = group
    this.#source = source
    this.#score = score
    return true
  }
}

/** Collects alerts that belong to the block of the last one that was shown, or repeat it but for their numbers and identifiers */
class Fold {
  /** The one that scores more than what was shown, if any */
  worst: GradedLine | undefined
  source: string | undefined
  #first: GradedLine | undefined
  #count = 0
  #areAlike = true

  begin(line: GradedLine, source: string | undefined): void {
    this.#first = line
    this.source = source
    this.#count = 0
    this.#areAlike = true
    this.worst = undefined
  }

  takes(line: GradedLine, source: string | undefined): boolean {
    const first = this.#first
    if (first === undefined || source !== this.source) return false
    const isAlike = shapeOf(line.characters) === shapeOf(first.characters)
    if (line.group !== first.group && !(isAlike && this.#areAlike)) return false
    this.#areAlike &&= isAlike
    this.#count += 1
    if (!isAlike && line.score > (this.worst ?? first).score) this.worst = line
    return true
  }

  /** How many were folded; empty when none was */
  get text(): string {
    if (this.#count === 0) return ''
    const count = this.#count.toLocaleString('en')
    return this.#areAlike ? `  … ${count} more like it` : `  … ${count} more ${this.#count === 1 ? 'line' : 'lines'} of this block`
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
    return `${this.atLineStart ? '' : '\n'}${first ? '' : '\n'}==> ${visibleText(source)} <==\n`
  }
}

function cutMark(cut: number): string {
  return cut === 0 ? '' : ` … ${cut.toLocaleString('en')} more characters`
}

function codePointOf(character: string): number {
  return character.codePointAt(0)!
}
