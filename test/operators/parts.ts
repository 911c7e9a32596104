import { from, toArray } from 'rxjs'
import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import {
  createModel,
  encode,
  type Forwarded,
  forward,
  loss,
  type Model,
  type ModelOptions,
  type Segment,
  truncate,
  Vocabulary,
  type WithLosses,
} from '../../src/index.ts'
import { expect } from 'vitest'

/** Marble diagrams in virtual time */
export function marbles(run: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run)
}

/** A vocabulary that knows these characters */
export function knowing(characters: string, vocabulary: Vocabulary = new Vocabulary()): Vocabulary {
  for (const character of characters) vocabulary.add(character.codePointAt(0)!)
  return vocabulary
}

/** A small model with windows of 4, which knows a, b and c */
export function smallModel(options: Partial<ModelOptions> = {}): Model {
  const model = createModel({ hidden: 3, ngram: 2, tableBits: 6, conductorBits: 6, every: 4, through: 6, backend: 'reference', ...options })
  knowing('abc', model.vocabulary)
  // writing makes room for every symbol of the vocabulary, which reading would do only as they come
  model.write('by', new Float64Array(model.vocabulary.size))
  return model
}

/** The segments of a text that comes in these chunks */
export function segmentsOf(model: Model, ...chunks: readonly string[]): readonly Segment[] {
  const segments: Segment[] = []
  from(chunks)
    .pipe(encode(model.vocabulary), truncate(model.options))
    .subscribe((segment) => segments.push(segment))
  return segments
}

/** Segments as they come out of `loss`, each with a tape of its own, so that they can be looked at in any order */
export function scoredOf(model: Model, ...chunks: readonly string[]): readonly (Segment & Forwarded & WithLosses)[] {
  let scored: readonly (Segment & Forwarded & WithLosses)[] = []
  from(segmentsOf(model, ...chunks))
    .pipe(forward(model, { stale: 'allow' }), loss(), toArray())
    .subscribe((all) => (scored = all))
  return scored
}

export function textOf(characters: ArrayLike<number>): string {
  return String.fromCodePoint(...Array.from(characters))
}

/** What of a segment does not depend on the model */
export function pairsOf({ characters, inputs, targets, closes, offset }: Segment): object {
  return { text: textOf(characters), inputs: [...inputs], targets: [...targets], closes, offset }
}

export function sum(values: Iterable<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0)
}
