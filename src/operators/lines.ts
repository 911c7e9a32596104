import type { OperatorFunction } from 'rxjs'
import { type Line, LineGatherer } from '../lines/gatherer.ts'
import { OptionError } from '../text/option-error.ts'
import type { Surprise } from '../lines/surprise.ts'
import { transduce } from './transduce.ts'

export interface LinesOptions {
  /** How many characters of a line are kept: a line without an end must not fill the memory */
  readonly keep?: number
  /** What holds the line that is not complete yet: to save it, and to go on from one that was saved. Each subscription has its own unless given. */
  readonly gatherer?: LineGatherer
}

/**
 * Gathers characters into lines. What follows the last line feed is a line when the stream ends. Throws OptionError.
 *
 *     source   --'ab'--'c\nd'--'e'--|
 *     lines()  --------abc----------(de)|
 *
 *     text$.pipe(learn(model), surprise(), lines())
 */
export function lines({ keep = 65536, gatherer }: LinesOptions = {}): OperatorFunction<Surprise, Line> {
  if (!(Number.isInteger(keep) && keep >= 0)) throw new OptionError('keep', `keep is ${keep}, but it must be a whole number from 0`)
  return (source) => transduce(source, () => gatherer ?? new LineGatherer(keep))
}
