import { map, type OperatorFunction } from 'rxjs'
import type { Chunk } from '../text/decoder.ts'
import type { Passage } from '../text/span.ts'
import { Reader, type ReaderOptions } from '../text/reader.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import { transduce } from './transduce.ts'

export interface PassagesOptions extends ReaderOptions {
  /** What holds back what is not decided yet: to save it, and to go on from what was saved. Each subscription has its own unless given. */
  readonly reader?: Reader
}

/**
 * Tells what of a text is to be learned: nothing of the escape sequences of terminals, one character in the place of what is masked, nothing of lines that
 * are ignored. All text comes through in `parts`, in its order. Without `ignore` no more is held back than the word that may be masked. Throws OptionError.
 *
 *     source                           --'\e[1mworker 1'------'2 ok\n'-------|
 *     passages({ mask: ['numbers'] })  --('\e[1m', 'worker ')--('12', ' ok\n')--|     learned: 'worker ', then '# ok\n'
 *
 *     text$.pipe(passages({ mask: ['timestamps', 'numbers'] }), learned(), learn(model))
 */
export function passages({ reader, ...options }: PassagesOptions = {}): OperatorFunction<Chunk, Passage> {
  const create = () => reader ?? new Reader(options)
  // what is wrong with the options is said now, and not at the subscription
  create()
  return (source) => transduce(source, create)
}

/**
 * What is learned of passages, as chunks for a model with that alphabet.
 *
 *     passages$.pipe(learned(), learn(model))
 */
export function learned(alphabet: Alphabet = 'characters'): OperatorFunction<Passage, Chunk> {
  return map(({ learned: text }) => (alphabet === 'bytes' ? Uint8Array.from(text, (byte) => byte.charCodeAt(0)) : text))
}
