import type { Learner } from './learner.ts'
import { chunkOf } from './text/characters.ts'
import { OptionError } from './text/option-error.ts'

export interface CompleteOptions {
  /** Ends where the text so far fits this; /\s$/, after a word, unless given. Without `g`. */
  readonly until?: RegExp
  /** Ends before the whole would become less probable than this. Default 0. */
  readonly minProbability?: number
  /** Characters at most. Default 100. */
  readonly length?: number
}

export interface Completion {
  readonly text: string
  /** That of all of it, from 0 to 1 */
  readonly probability: number
}

/**
 * How the text of a learner most likely continues: always the likeliest next character. It tries on a fork, so the learner does not notice. Of the alphabet
 * `bytes` a byte is a character from U+0000 to U+00FF. Throws OptionError.
 *
 *     learner.learn('the quick brown fox and the qu')
 *     complete(learner, { minProbability: 0.2 }) // { text: 'ick ', probability: 0.7 }
 */
export function complete(learner: Learner, { until = /\s$/, minProbability = 0, length = 100 }: CompleteOptions = {}): Completion {
  if (!(minProbability >= 0 && minProbability <= 1)) {
    throw new OptionError('minProbability', `minProbability is ${minProbability}, but it must be a number from 0 to 1`)
  }
  if (!(Number.isInteger(length) && length >= 0)) throw new OptionError('length', `length is ${length}, but it must be a whole number from 0`)
  const { alphabet } = learner.model.options
  const fork = learner.fork()
  let text = ''
  let probability = 1
  try {
    while (text.length < length && !(text !== '' && until.test(text))) {
      const [likeliest] = fork.predict().top(1)
      if (likeliest === undefined || probability * likeliest[1] < minProbability) break
      const character = String.fromCodePoint(likeliest[0])
      text += character
      probability *= likeliest[1]
      fork.observe(chunkOf(character, alphabet))
    }
  } finally {
    fork.dispose()
  }
  return { text, probability }
}
