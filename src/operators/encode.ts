import type { OperatorFunction } from 'rxjs'
import type { Chunk } from '../text/decoder.ts'
import { Encoder, type Growth, type Run } from '../text/encoder.ts'
import type { Vocabulary } from '../text/vocabulary.ts'
import { transduce } from './transduce.ts'

/**
 * Text chunks of any size to runs of symbols.
 *
 *     source  --'hel'----'lo'--|
 *     encode  --(a b c)--(d)---|     one run ends at each character never seen before: h, e, l; then 'lo', where o is new
 *
 * The vocabulary grows as characters come. A surrogate pair or a UTF-8 sequence that a chunk's edge cuts is one character; what is still incomplete at
 * the end becomes U+FFFD (bytes) or the lone surrogate (strings). An empty chunk gives nothing.
 *
 * With growth `fixed` the vocabulary stays as it is and unknown characters stay novel.
 *
 *     text$.pipe(encode(model.vocabulary))
 */
export function encode(vocabulary: Vocabulary, growth?: 'grow' | 'fixed'): OperatorFunction<Chunk, Run>
/** @internal */
export function encode(vocabulary: Vocabulary, growth?: Growth): OperatorFunction<Chunk, Run>
export function encode(vocabulary: Vocabulary, growth: Growth = 'grow'): OperatorFunction<Chunk, Run> {
  return (source) =>
    transduce(source, () => {
      const encoder = new Encoder(vocabulary)
      return { push: (chunk) => encoder.push(chunk, growth), flush: () => encoder.flush(growth) }
    })
}
