import type { Activations, Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import { OptionError } from '../text/option-error.ts'

/** A stage got a segment that it cannot take: one is missing or comes twice, was changed, is of another model, or comes too late. */
export class StageError extends Error {
  override readonly name: string = 'StageError'
  /** The operator that noticed */
  readonly stage: string
  /** Characters since the start of the stream, to the end of the segment */
  readonly offset: number

  constructor(stage: string, offset: number, message: string) {
    super(`${stage} at offset ${offset}: ${message}`)
    this.stage = stage
    this.offset = offset
  }
}

/** A stage between forward and update saw a segment too late: the learning stages must be synchronous. */
export class StaleError extends StageError {
  override readonly name = 'StaleError'
}

/** A segment with what a stage adds: a copy, unless no one else holds it */
export function extended<S extends { readonly owned?: boolean }, Added extends object>(segment: S, added: Added): S & Added {
  return segment.owned === true ? Object.assign(segment, added) : { ...segment, ...added }
}

type Staged = Pick<Segment, 'offset'> & { readonly activations: Activations }

/** Throws StaleError when the tape, or with `parameters` also the model, has moved on since the forward pass */
export function assertFresh(
  stage: string,
  { activations, offset }: Staged,
  parameters: 'same parameters' | 'any parameters' = 'same parameters',
): void {
  if (activations.detached) return
  const { model, tape, version, clock } = activations
  if (tape.clock === clock && (parameters === 'any parameters' || model.version === version)) return
  throw new StaleError(
    stage,
    offset,
    'this segment came after the model or its tape had moved on: an operator between forward and update is asynchronous. ' +
      "Move it before forward or after predict, or build the pipeline with stale: 'allow'.",
  )
}

/** Throws StageError when a stage was given another model than `forward` */
export function assertSameModel(stage: string, { activations, offset }: Staged, model: Model | undefined): void {
  if (model === undefined || model === activations.model) return
  throw new StageError(stage, offset, `it was given another model than forward. Leave the argument out, as in ${stage}(): a segment knows its model.`)
}

/** Throws OptionError when an operator is created without a model */
export function assertModel(operator: string, model: Model | undefined): void {
  // a model of another copy of this package would do
  if (typeof model?.tape === 'function') return
  const given = model === undefined ? 'undefined' : 'something else'
  throw new OptionError('model', `model of ${operator} is ${given}, but it must be a model, as in ${operator}(createModel())`)
}
