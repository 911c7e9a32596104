import type { Observable } from 'rxjs'
import type { LearnerEvent, LineEvent } from '../alerts/events.ts'
import type { AlertVerdict } from '../alerts/pipeline.ts'
import type { ParametersEvent } from '../inspect/detail.ts'
import type { TraceEvent, TracedCharacter } from '../inspect/trace.ts'

/** Of a model that several streams share, the name of one */
interface OfStream {
  readonly stream?: string
}

/** An alert, or a line that verdicts keep quiet, as the page receives it: with what was learned of it, from a learner in the same page */
export type Alert = LineEvent & OfStream & { readonly learned?: readonly TracedCharacter[] }

/** What the page shows */
export type PageEvent =
  | ((LearnerEvent | TraceEvent) & OfStream)
  | Alert
  | ParametersEvent
  | { readonly type: 'hello'; readonly offset: number }
  | { readonly type: 'sample'; readonly offset: number; readonly text: string }
  | { readonly type: 'digest'; readonly offset: number; readonly digest: string }

export function isPageEvent(value: unknown): value is PageEvent {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** A learner, wherever it is. `RemoteLearner` is one on a server. */
export interface Source {
  readonly events$: Observable<unknown>
  next(text: string): void
  /** Undefined while there is room for more; else a promise that resolves when there is again */
  ready(): Promise<void> | undefined
  /** Asks for a sample, which comes as an event */
  sample(options: { readonly length: number; readonly temperature: number }): void
  close(): void
}

/** A learner that learns what a person says of its alerts */
export interface JudgedSource extends Source {
  judge(verdict: AlertVerdict): void
}

/** How far a learner that is held continues: by a character, or to the next update */
export type Stride = 'character' | 'update'

/** A learner that can be held, looked into and let continue */
export interface SteppingSource extends Source {
  pause(): void
  resume(): void
  step(to: Stride): void
}

/** A learner in this page, which can be looked into */
export interface OpenSource extends Source {
  /** Asks for the digest of its parameters, which comes as an event */
  digest(): void
  /** Whether its parameters and gradients are wanted, which come as events */
  tensors(wanted: boolean): void
}
