import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Encoder, type Run } from '../../src/text/encoder.ts'
import { type Alphabet, NOVEL, Vocabulary } from '../../src/text/vocabulary.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '😀', '\n', '\ud83d', '\ude00'), maxLength: 30 })
const cuts = fc.array(fc.nat({ max: 32 }), { maxLength: 8 })

function cut(whole: string, at: readonly number[]): string[] {
  const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length]
  return edges.slice(1).map((to, i) => whole.slice(edges[i], to))
}

function encode(chunks: readonly string[], vocabulary: Vocabulary = new Vocabulary()): Run[] {
  const encoder = new Encoder(vocabulary)
  return [...chunks.flatMap((chunk) => [...encoder.push(chunk)]), ...encoder.flush()]
}

/** Runs as characters with what each is predicted as, among how many: what does not depend on where the runs are cut */
function pairsOf(runs: readonly Run[]): (readonly [character: number, target: number, of: number])[] {
  return runs.flatMap(({ characters, targets, vocabularySize }) =>
    Array.from(characters, (character, i) => [character, targets[i]!, vocabularySize] as const),
  )
}

function plain({ characters, targets, next, vocabularySize }: Run): unknown {
  return { characters: String.fromCodePoint(...characters), targets: [...targets], next, vocabularySize }
}

describe('Encoder', () => {
  test('ends a run at each character that makes the vocabulary grow', () => {
    expect(encode(['hello', 'lot']).map(plain)).toEqual([
      { characters: 'h', targets: [NOVEL], next: 1, vocabularySize: 1 },
      { characters: 'e', targets: [NOVEL], next: 2, vocabularySize: 2 },
      { characters: 'l', targets: [NOVEL], next: 3, vocabularySize: 3 },
      { characters: 'lo', targets: [3, NOVEL], next: 4, vocabularySize: 4 },
      { characters: 'lot', targets: [3, 4, NOVEL], next: 5, vocabularySize: 5 },
    ])
  })

  test('gives no run for an empty chunk', () => {
    expect(encode(['', ''])).toEqual([])
  })

  test('keeps the vocabulary as it is when growth is fixed', () => {
    const vocabulary = new Vocabulary()
    vocabulary.add(97)
    const encoder = new Encoder(vocabulary)
    expect([...encoder.push('aba', 'fixed')].map(plain)).toEqual([{ characters: 'aba', targets: [1, NOVEL, 1], next: 1, vocabularySize: 2 }])
    expect([...encoder.push('ab', 'fixed')].map(plain)).toEqual([{ characters: 'ab', targets: [1, NOVEL], next: NOVEL, vocabularySize: 2 }])
    expect(vocabulary.size).toBe(2)
  })

  test('learns nothing of a chunk for which a function gives a number of symbols, and knows no other symbols', () => {
    const vocabulary = new Vocabulary()
    for (const character of 'abc') vocabulary.add(character.codePointAt(0)!)
    const encoder = new Encoder(vocabulary)
    const [muted, grown] = [[...encoder.push('abcd', () => 3)], [...encoder.push('ad', () => undefined)]]
    expect(muted.map((run) => [plain(run), run.muted])).toEqual([
      [{ characters: 'abcd', targets: [1, 2, NOVEL, NOVEL], next: NOVEL, vocabularySize: 3 }, true],
    ])
    expect(grown.map((run) => [plain(run), run.muted])).toEqual([[{ characters: 'ad', targets: [1, NOVEL], next: 4, vocabularySize: 4 }, false]])
  })

  test('continues in one run once the vocabulary is full', () => {
    const runs = encode(['abcdac'], new Vocabulary('characters', 3))
    expect(runs.map(plain)).toEqual([
      { characters: 'a', targets: [NOVEL], next: 1, vocabularySize: 1 },
      { characters: 'b', targets: [NOVEL], next: 2, vocabularySize: 2 },
      { characters: 'cdac', targets: [NOVEL, NOVEL, 1, NOVEL], next: NOVEL, vocabularySize: 3 },
    ])
  })

  test('gives bytes as one run', () => {
    const runs = encode(['é!'], new Vocabulary('bytes'))
    expect(runs.map(({ targets, next, vocabularySize }) => ({ targets: [...targets], next, vocabularySize }))).toEqual([
      { targets: [0xc3, 0xa9, 0x21], next: 0x21, vocabularySize: 256 },
    ])
  })

  test.prop([text, cuts])('gives the same pairs for any chunking', (whole, at) => {
    expect(pairsOf(encode(cut(whole, at)))).toEqual(pairsOf(encode([whole])))
  })

  test.prop([text, cuts, fc.constantFrom<Alphabet>('characters', 'bytes'), fc.integer({ min: 2, max: 8 })])(
    'hands over runs that hold every character once and that one vocabulary size fits',
    (whole, at, alphabet, limit) => {
      const vocabulary = new Vocabulary(alphabet, limit)
      const encoder = new Encoder(vocabulary)
      const read: number[] = []
      const take = (runs: Iterable<Run>) => {
        for (const { characters, targets, next, vocabularySize } of runs) {
          read.push(...characters)
          expect(targets.length).toBe(characters.length)
          for (const target of targets) expect(target).toBeLessThan(vocabularySize)
          // the run is consumed before the next one is taken
          expect(vocabulary.size - vocabularySize).toBe(next >= vocabularySize ? 1 : 0)
          expect(next).toBe(vocabulary.symbolOf(characters.at(-1)!))
        }
      }
      for (const chunk of cut(whole, at)) take(encoder.push(chunk))
      take(encoder.flush())
      const characters = alphabet === 'bytes' ? [...new TextEncoder().encode(whole)] : Array.from(whole, (one) => one.codePointAt(0)!)
      expect(read).toEqual(characters)
    },
  )
})
