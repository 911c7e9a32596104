import type { Observable } from 'rxjs'
import type { GradedLine } from '../../alerts/grader.ts'
import type { ScoredText } from '../../alerts/ledger.ts'
import type { Observed } from '../../learn.ts'
import type { Model } from '../../network/model.ts'
import type { CommandContext } from '../context.ts'
import { explained, quieted } from '../watch/explained.ts'
import { unmasked } from '../watch/unmasked.ts'
import { BlockPeaks, Fold } from './alert-blocks.ts'
import type { Bottom } from './bottom.ts'
import { charactersOfBytes } from './bytes.ts'
import { Headings } from './headings.ts'
import { fitEnd, heat, type Palette } from './heat.ts'
import type { Tally } from './tally.ts'
import { codePointOf, cutMark, type View, type Which } from './views.ts'
import { wrapped } from './wrapped.ts'

export interface HeatOptions {
  readonly which: Which
  readonly palette: Palette
  /** Where a terminal can be drawn on */
  readonly bottom: Bottom | undefined
}

/** In front of each line there is room for a mark, so that a mark shifts no text */
const GUTTER = 2

/** Each line with its surprise as colour and alerts marked, with the reason; of alerts alone, what belongs to the one before or repeats it is folded */
export function heatView({ output }: CommandContext, { options }: Model, { which, palette, bottom }: HeatOptions): View {
  const headings = new Headings()
  const fold = new Fold()
  const peaks = new BlockPeaks()
  const charactersOf = options.alphabet === 'bytes' ? charactersOfBytes : (line: ScoredText) => line
  const write = (text: string) => {
    if (bottom === undefined) output.write(text)
    else bottom.write(text)
  }
  const gutter = (mark: string) => (mark === '' ? ' '.repeat(GUTTER) : `\x1b[1;${palette.alert}m${mark}\x1b[0m `)
  const show = (source: string | undefined, mark: string, text: string) => write(`${headings.before(source)}${gutter(mark)}${text}\n`)
  const showLine = (line: GradedLine, source: string | undefined) => {
    const quiet = quieted(line)
    const isPeak = peaks.has(line, source)
    show(source, markOf(line), `${painted(line)}${cutMark(line.cut)}`)
    if (!isPeak && quiet === undefined) return
    const why = [...explained(line), ...(quiet === undefined ? [] : [quiet])].flatMap((text) => wrapped(text, (bottom?.columns ?? Infinity) - GUTTER))
    for (const [i, text] of why.entries()) show(source, i === 0 ? '╰' : '', `\x1b[2m${text}\x1b[22m`)
  }
  const painted = (line: GradedLine) => {
    const { characters, surprise } = charactersOf(unmasked({ characters: line.characters, surprise: shownBits(line) }, line.replaced))
    return line.ignored ? heat(Array.from(line.text, codePointOf), [], palette) : heat(characters, surprise, palette)
  }
  const showFolded = () => {
    const { text, worst, source } = fold
    if (text === '') return
    write(`${text}${worst === undefined ? '' : ', the worst:'}\n`)
    if (worst !== undefined) showLine(worst, source)
  }
  return {
    findsExcess: true,
    keys: bottom?.keys,
    line(line, { source }) {
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
      const { characters } = charactersOf(unmasked(line, line.replaced))
      const all = [...Array.from(characters), ...Array.from(line.held, codePointOf)]
      bottom.partial(all.length === 0 ? '' : gutter('') + fitEnd(all, bottom.columns - GUTTER - 1))
    },
    ...(bottom !== undefined && { also: (learned$: Observable<Observed>, tally: Tally) => bottom.watch(learned$, tally) }),
    end() {
      showFolded()
      bottom?.end()
    },
  }
}

/** What stands before a line: an alert, another line of the same one, or one that verdicts made quiet */
function markOf({ alert, group, offset, verdicts }: GradedLine): string {
  if (alert) return group === offset ? '▶' : '│'
  return verdicts === undefined ? '' : '·'
}

/** The bits that the colours show: of each word those beyond what is usual; what made an alert has the strongest colour */
function shownBits({ excess, alert, reason }: GradedLine): Float64Array {
  const bits = Float64Array.from(excess ?? [])
  return alert && reason !== undefined ? bits.fill(Infinity, reason.start, reason.end) : bits
}
