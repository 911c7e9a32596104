import { type Event, lineEvent } from '../../alerts/events.ts'
import { rawText } from './raw-lines.ts'
import type { Shown } from './source.ts'

/** What `watch --json` prints */
export type WatchEvent = Event & {
  /** The file, where several are followed */
  readonly source?: string
  /** Characters at the end of a long line that `text` is without */
  readonly cut?: number
}

/** A line as it came, with its escape sequences and what is masked */
export function watchEvent(line: Shown): WatchEvent {
  const { raw, source, explanation } = line
  return {
    ...lineEvent(line, rawText(raw), explanation),
    ...(raw.cut > 0 && { cut: raw.cut }),
    ...(source !== undefined && { source }),
  }
}
