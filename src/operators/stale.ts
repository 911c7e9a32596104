import type { Activations } from '../network/model.ts'

/** A stage between forward and update saw a segment too late: the learning stages must be synchronous. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
}

/** Throws StaleError when the tape, or with `parameters` also the model, has moved on since the forward pass */
export function assertFresh(activations: Activations, parameters: 'same parameters' | 'any parameters' = 'same parameters'): void {
  if (activations.detached) return
  const { model, tape, version, clock } = activations
  if (tape.clock === clock && (parameters === 'any parameters' || model.version === version)) return
  throw new StaleError(
    'a segment reached a learning stage after the model or its tape had moved on: an operator between forward and update is asynchronous. ' +
      "Move it before forward or after predict, or build the pipeline with stale: 'allow'.",
  )
}
