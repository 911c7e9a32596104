import { fc, test } from '@fast-check/vitest'
import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import { Segmenter, type Place, type Segment } from '../../src/network/segment.ts'
import { Encoder } from '../../src/text/encoder.ts'
import { Vocabulary } from '../../src/text/vocabulary.ts'

/** The segments of chunks, and the place behind them */
function segmentsOf(chunks: readonly string[], every: number, ends = true): { readonly segments: readonly Segment[]; readonly place: Place } {
  const vocabulary = new Vocabulary()
  const [encoder, segmenter] = [new Encoder(vocabulary), new Segmenter({ every, through: 2 * every })]
  const segments = chunks.flatMap((chunk) => Array.from(encoder.push(chunk), (run) => [...segmenter.push(run)])).flat()
  if (ends) segments.push(...segmenter.flush())
  const last = segments.at(-1)
  const pending = segments.reduce((pairs, { inputs }) => pairs + inputs.length, 0) % every
  return { segments, place: { last: last?.next ?? 0, pending, offset: last?.offset ?? 0, vocabularySize: vocabulary.size } }
}

const numbersOf = ({ inputs, targets, next, vocabularySize, closes, offset, text }: Segment) => ({
  inputs: [...inputs],
  targets: [...targets],
  next,
  vocabularySize,
  closes,
  offset,
  text,
})

describe('a segmenter', () => {
  test.prop([fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '😀') }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 4 })])(
    'pairs each character with the one before it, and closes a window after `every` pairs and at the end',
    (chunks, every) => {
      const { segments } = segmentsOf(chunks, every)
      const text = Array.from(chunks.join(''))
      const symbols = new Map(Array.from(new Set(text), (character, i) => [character, i + 1]))
      const first = (i: number) => text.indexOf(text[i]!) === i
      expect(segments.map((segment) => segment.text).join('')).toBe(text.join(''))
      expect(segments.flatMap(({ targets }) => [...targets])).toEqual(text.map((character, i) => (first(i) ? 0 : symbols.get(character))))
      expect(segments.flatMap(({ inputs }) => [...inputs])).toEqual(text.slice(0, -1).map((character) => symbols.get(character)))
      let [pairs, offset] = [0, 0]
      for (const [i, { inputs, targets, closes, ...segment }] of segments.entries()) {
        pairs += inputs.length
        offset += targets.length
        expect(segment.offset).toBe(offset)
        const isLast = i === segments.length - 1 && i > 0
        expect(closes).toBe((inputs.length > 0 && pairs % every === 0) || (isLast && inputs.length === 0))
      }
      expect(segments.at(-1)?.closes ?? true).toBe(segments.length !== 1)
    },
  )

  test('continues from a place, also into the end of the stream', () => {
    const { place } = segmentsOf(['abcab'], 3, false)
    expect(place).toEqual({ last: 2, pending: 1, offset: 5, vocabularySize: 4 })
    const segmenter = new Segmenter({ every: 3, through: 6 }, place)
    const run = { characters: Int32Array.of(97, 98, 99), targets: Int32Array.of(1, 2, 3), next: 3, vocabularySize: 4 }
    const common = { vocabularySize: 4, closes: true }
    expect([...segmenter.push(run), ...segmenter.flush()].map(numbersOf)).toEqual([
      { ...common, text: 'ab', inputs: [2, 1], targets: [1, 2], next: 2, offset: 7 },
      { ...common, text: 'c', inputs: [2], targets: [3], next: 3, offset: 8, closes: false },
      { ...common, text: '', inputs: [], targets: [], next: 3, offset: 8 },
    ])
    expect([...new Segmenter({ every: 3, through: 6 }, place).flush()].map(numbersOf)).toEqual([
      { ...common, text: '', inputs: [], targets: [], next: 2, offset: 5 },
    ])
    expect([...new Segmenter({ every: 3, through: 6 }, { ...place, pending: 0 }).flush()]).toEqual([])
  })

  test('gives segments that stages may add to when nobody else holds them', () => {
    const run = { characters: Int32Array.of(97), targets: Int32Array.of(0), next: 1, vocabularySize: 1, muted: true }
    const owned = (isOwned?: boolean) => [...new Segmenter({ every: 1, through: 1 }, undefined, isOwned).push(run)]
    expect([owned()[0]?.owned, owned(true)[0]?.owned, owned()[0]?.muted]).toEqual([false, true, true])
  })

  test('gives segments that are shown in short, with what was added', () => {
    const { segments } = segmentsOf(['ab'], 2)
    expect(inspect(segments[0])).toBe("{ text: 'a', closes: false, offset: 1 }")
    expect(inspect({ ...segments[0], bits: [1.234, 2], losses: [1], update: 'made' })).toMatch(/^\{[^[]*bits: \[ 1.23, 2 \],?\s+update: 'made'\s+\}$/)
  })
})
