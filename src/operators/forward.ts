import { defer, finalize, map, type OperatorFunction } from 'rxjs'
import type { Activations, Model } from '../network/model.ts'
import type { Segment } from '../network/segment.ts'
import type { StreamState } from '../network/stream.ts'
import type { Tape } from '../network/tape.ts'
import { assertModel, extended, StageError } from './stages.ts'

export interface Forwarded {
  readonly activations: Activations
}

export interface ForwardOptions {
  /**
   * What happens when a later stage sees a segment after the model or the tape has moved on: `refuse` (the default) makes it an error, `allow` gives
   * every segment a copy of its own, so that late gradients are computed from what the forward pass saw.
   */
  readonly stale?: 'refuse' | 'allow'
  /** Where a saved stream continues, at each subscription; a new stream starts unless given */
  readonly from?: StreamState | undefined
  /**
   * A tape that somebody else holds, to save it at any time: it is resumed where it stands, and not freed at the end. One subscription at a time.
   * @internal
   */
  readonly tape?: Tape | undefined
}

/**
 * Runs the network over each segment, carrying the hidden state from one to the next; the state is born at subscription and freed at its end.
 *
 *     source          --s1--------s2--------|
 *     forward(model)  --(s1, a1)--(s2, a2)--|     a: the activations, kept on a tape for the last `through` steps
 *
 *     segments$.pipe(forward(model))
 *
 * Throws OptionError without a model. Errors with StageError when a segment does not follow the one before, or is not as `truncate` gave it.
 */
export function forward<S extends Segment>(model: Model, options: ForwardOptions = {}): OperatorFunction<S, S & Forwarded> {
  assertModel('forward', model)
  return (source) =>
    defer(() => {
      let { tape } = options
      // where somebody else's tape stands is not known before the first segment
      let offset = options.from?.offset ?? (tape === undefined ? 0 : undefined)
      return source.pipe(
        map((segment) => {
          tape ??= model.tape(segment.truncation, options.from)
          assertFollows(segment, offset, model)
          assertWhole(segment, tape)
          offset = segment.offset
          const activations = model.forward(tape, segment)
          return extended(segment, { activations: options.stale === 'allow' ? activations.detach() : activations })
        }),
        finalize(() => {
          if (tape !== options.tape) tape?.free()
        }),
      )
    })
}

function assertFollows({ characters, offset, vocabulary }: Segment, end: number | undefined, model: Model): void {
  if (vocabulary !== undefined && vocabulary !== model.vocabulary) {
    throw new StageError('forward', offset, "its symbols are of another vocabulary than the model's. Encode with encode(model.vocabulary).")
  }
  const start = offset - characters.length
  if (end === undefined || start === end) return
  const fault = start > end ? `${start - end} characters before it are missing` : 'this segment came before'
  throw new StageError(
    'forward',
    offset,
    `${fault}: an operator after encode drops, repeats or reorders segments. Do so before encode or after predict.`,
  )
}

/** The numbers of a segment have to fit each other, and it has to close a window exactly where one is full */
function assertWhole({ characters, inputs, targets, closes, offset, truncation: { every } }: Segment, tape: Tape): void {
  const isPaired = inputs.length === targets.length || (inputs.length === 0 && targets.length === 1)
  const pairs = tape.pending + inputs.length
  if (
    isPaired &&
    characters.length === targets.length &&
    pairs <= every &&
    closes === (targets.length === 0 || (inputs.length > 0 && pairs === every))
  )
    return
  throw new StageError(
    'forward',
    offset,
    `it has ${inputs.length} inputs, ${targets.length} targets, and closes is ${closes}, where the window has ${pairs} of ${every} pairs. Leave these as truncate set them.`,
  )
}
