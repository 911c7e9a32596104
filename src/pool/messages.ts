import type { LineEvent } from '../alerts/events.ts'
import type { KeyedText, SourcePosition } from '../keyed/keyed-learner.ts'
import type { LineLearnerOptions } from '../keyed/line-learner.ts'

/*
 * Messages between a pool and its threads
 */

/** How a thread is set up */
export interface ThreadSettings extends Pick<LineLearnerOptions, 'model' | 'alertRate'> {
  readonly folder: string
  readonly resident: number
}

/** A text that can be replayed */
export type Positioned = KeyedText & { readonly position: SourcePosition }

export type ToThread =
  | { readonly kind: 'text'; readonly text: Positioned }
  /** Save everything that was learned */
  | { readonly kind: 'save' }
  /** Save, and report `closed` */
  | { readonly kind: 'close' }

export type FromThread =
  | { readonly kind: 'learned'; readonly key: string; readonly position: SourcePosition; readonly events: readonly LineEvent[] }
  /** What was learned of a key up to a position is safe; `resident` says whether its learner is in memory */
  | { readonly kind: 'saved'; readonly key: string; readonly position: SourcePosition | undefined; readonly resident: boolean }
  /** All that was there when it was asked to save is safe */
  | { readonly kind: 'allSaved' }
  | { readonly kind: 'closed' }
