import { fc, test } from '@fast-check/vitest'
import { map, of } from 'rxjs'
import { encode, type Segment, truncate, Vocabulary } from '../../src/index.ts'
import { describe, expect } from 'vitest'
import { complies } from './compliance.ts'
import { knowing, marbles, pairsOf, textOf } from './parts.ts'

const four = { every: 4, through: 4 }

/** The characters of a segment, with a stroke where a window ends */
const toText = map(({ characters, closes }: Segment) => `${textOf(characters)}${closes ? '|' : ''}`)

describe('truncate', () => {
  complies(() => {
    const vocabulary = knowing('abc')
    const run = (text: string) => ({
      characters: Int32Array.from(text, (character) => character.codePointAt(0)!),
      targets: Int32Array.from(text, (character) => vocabulary.symbolOf(character.codePointAt(0)!)),
      next: vocabulary.symbolOf(text.codePointAt(text.length - 1)!),
      vocabularySize: vocabulary.size,
    })
    return { operator: truncate(four), inputs: [run('ab'), run('cabcab'), run('c')], view: pairsOf }
  })

  test('cuts where a window of `every` pairs ends, and closes an open window at the end', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a----b--|', { a: 'abcdefg', b: 'h' })
      const expected = '     --(xyz)v--(w|)'
      const text$ = source.pipe(encode(knowing('abcdefgh')), truncate(four), toText)
      expectObservable(text$).toBe(expected, { x: 'a', y: 'bcde|', z: 'fg', v: 'h', w: '|' })
      expectSubscriptions(source.subscriptions).toBe('^---------!')
    })
  })

  test('gives a pair a character on a trickle', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('  -a-b-c-d-e-a-|')
      const expected = '     -a-b-c-d-e-f-(g|)'
      const values = { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e|', f: 'a', g: '|' }
      expectObservable(source.pipe(encode(knowing('abcde')), truncate(four), toText)).toBe(expected, values)
    })
  })

  test.each([
    ['the last window is whole', 'abcde', '-(ab)|', { a: 'a', b: 'bcde|' }],
    ['there is only a first character', 'a', '-a---|', { a: 'a' }],
  ] as const)('has nothing to close at the end when %s', (_, text, expected, values) => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-t---|', { t: text }).pipe(encode(knowing('abcde')), truncate(four), toText)).toBe(expected, values)
    })
  })

  test('gives the first character of a stream no input', () => {
    const segments: object[] = []
    of('ab')
      .pipe(encode(knowing('ab')), truncate(four))
      .subscribe((segment) => segments.push(pairsOf(segment)))
    expect(segments).toEqual([
      { text: 'a', inputs: [], targets: [1], closes: false, offset: 1 },
      { text: 'b', inputs: [1], targets: [2], closes: false, offset: 2 },
      { text: '', inputs: [], targets: [], closes: true, offset: 2 },
    ])
  })

  test.prop([fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '😀') }), { maxLength: 12 }), fc.integer({ min: 1, max: 6 })])(
    'gives every character once, in segments that cross neither a window nor a growth of the vocabulary',
    (chunks, every) => {
      const segments: Segment[] = []
      of(...chunks)
        .pipe(encode(new Vocabulary()), truncate({ every, through: every }))
        .subscribe((segment) => segments.push(segment))
      expect(segments.map(({ characters }) => textOf(characters)).join('')).toBe(chunks.join(''))
      let pairs = 0
      let size = 1
      for (const { characters, inputs, targets, next, vocabularySize, closes } of segments.filter(({ characters }) => characters.length > 0)) {
        const windowOf = (pair: number) => Math.floor(pair / every)
        if (inputs.length > 0) expect(windowOf(pairs + inputs.length - 1)).toBe(windowOf(pairs))
        pairs += inputs.length
        expect(closes).toBe(inputs.length > 0 && pairs % every === 0)
        expect(vocabularySize).toBe(size)
        expect([...inputs, ...targets].every((symbol) => symbol < vocabularySize)).toBe(true)
        expect(characters.length).toBe(targets.length)
        size = Math.max(size, next + 1)
      }
      expect(segments.at(-1)?.closes ?? true).toBe(pairs > 0 || segments.length === 0)
    },
  )
})
