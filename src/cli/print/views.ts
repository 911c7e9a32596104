import { type Observable, tap } from 'rxjs'
import { type LearnerEvent, type EventType, lineEvent, segmentEvents } from '../../alerts/events.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import type { PartialLine } from '../../alerts/pipeline.ts'
import type { Observed } from '../../learn.ts'
import type { Model } from '../../network/model.ts'
import type { CommandContext } from '../context.ts'
import type { AlertKeys } from '../watch/alert-keys.ts'
import { explained, indented } from '../watch/explained.ts'
import type { Place } from '../watch/place.ts'
import { BlockPeaks } from './alert-blocks.ts'
import { Headings } from './headings.ts'
import type { Tally } from './tally.ts'

/** How `watch` shows what it learned */
export interface View {
  /** Whether it needs the bytes of each line */
  readonly keepBytes?: true
  /** Whether it needs the excess of each line */
  readonly findsExcess?: true
  /** Keys that judge the alerts, where there are any */
  readonly keys?: AlertKeys | undefined
  /** Shows a line when it ends */
  line(line: GradedLine, place: Place): void
  /** Shows a line that has not ended, after which nothing came for a while; it may be shown again, when it is longer */
  partial?(line: PartialLine, source: string | undefined): void
  /** What else is shown, besides lines */
  also?(learned$: Observable<Observed>, tally: Tally, source: string | undefined): Observable<unknown>
  end(): void
}

export type Which = 'all' | 'alerts'

/** One JSON object a line */
export function jsonView({ output }: CommandContext, model: Model, types: readonly EventType[], which: Which): View {
  const print = (event: LearnerEvent & { readonly line?: number }, source: string | undefined) =>
    output.write(`${JSON.stringify({ ...event, ...(source !== undefined && { source }) })}\n`)
  return {
    line(line, { source, number }) {
      if (types.includes('line') && !line.ignored && (which === 'all' || line.alert)) print({ ...lineEvent(line), line: number }, source)
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
    line(line, { source }) {
      if (which === 'alerts' && !line.alert) return
      const { bytes, cut } = line.raw!
      output.write(headings.before(source))
      output.write(bytes.subarray(shown.get(source) ?? 0))
      output.write(`${cutMark(cut)}${which === 'alerts' ? line.end || '\n' : line.end}`)
      shown.delete(source)
      headings.atLineStart = line.end !== ''
      if (line.explanation === undefined || !peaks.has(line, source)) return
      output.write(`${headings.atLineStart || which === 'alerts' ? '' : '\n'}${indented(explained(line)).join('\n')}\n`)
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

export function cutMark(cut: number): string {
  return cut === 0 ? '' : ` … ${cut.toLocaleString('en')} more characters`
}

export function codePointOf(character: string): number {
  return character.codePointAt(0)!
}
