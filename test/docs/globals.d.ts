/*
 * What a code block of a document may use without saying where it is from. A block that declares a name has its own.
 */
import type { Observable } from 'rxjs'
import type { LineEvent, Model } from 'rxrnn'
import type { LearnFor } from 'rxrnn/keyed'

declare global {
  const text$: Observable<string>
  const rest$: Observable<string>
  const line$: Observable<{ readonly host: string; readonly text: string }>
  const bytes: Uint8Array
  const token: string
  const url: string
  const model: Model
  const meter: { add(losses: Float64Array): void }
  const learnFor: LearnFor<LineEvent>
}
