import { type Event, lineEvent } from '../../events.ts'
import type { Explanation } from './explainer.ts'
import { rawText } from './raw-lines.ts'
import type { Shown } from './source.ts'

/** What `watch --json` prints */
export type WatchEvent = Event & {
  /** The file, where several are followed */
  readonly source?: string
  /** Characters at the end of a long line that `text` is without */
  readonly cut?: number
  /** Why the line is an alert, with --explain */
  readonly explain?: Explanation
}

/** A line as it came, with its escape sequences and what is masked */
export function watchEvent(line: Shown): WatchEvent {
  const { raw, source, explanation } = line
  return {
    ...lineEvent(line, rawText(raw)),
    ...(raw.cut > 0 && { cut: raw.cut }),
    ...(source !== undefined && { source }),
    ...(explanation !== undefined && { explain: explanation }),
  }
}
