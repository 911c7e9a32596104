import { fc, test } from '@fast-check/vitest'
import type { Alphabet, Chunk } from 'rxrnn'
import { describe, expect } from 'vitest'
import { Decoder } from '../../src/text/decoder.ts'

/** Every UTF-16 unit, half of a pair or not, and those near the edges of UTF-8 and of surrogates more often */
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  fc.constantFrom('a', '\0', 'é', '\ufeff', '\uffff', '\ud800', '\udbff', '\udc00', '\udfff', '\ud83d', '\ude00', '😀', '\u{10ffff}'),
)
const text = fc.string({ unit, maxLength: 12 })
const piece = fc.constantFrom(
  [0xef, 0xbb, 0xbf],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xc3, 0xa9],
  [0xe2, 0x82, 0xac],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f],
  [0xe2],
  [0x80],
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .array(
      fc.oneof(
        piece,
        fc.uint8Array({ maxLength: 2 }).map((some) => [...some]),
      ),
      { maxLength: 5 },
    )
    .map((pieces) => Uint8Array.from(pieces.flat())),
)
const cuts = fc.array(fc.nat({ max: 14 }), { maxLength: 6 })
const alphabets: readonly Alphabet[] = ['characters', 'bytes']

/** Everything a decoder gives for these chunks */
function decode(alphabet: Alphabet, chunks: readonly Chunk[]): number[] {
  const [decoder, ofText] = [new Decoder(alphabet), new Decoder(alphabet)]
  const characters = [...chunks.flatMap((chunk) => [...decoder.push(chunk)]), ...decoder.flush()]
  expect(codePoints(chunks.map((chunk) => ofText.pushText(chunk)).join('') + ofText.flushText())).toEqual(asText(characters, alphabet))
  return characters
}

/** Characters as they are in a string: there, halves of a pair that come one after the other are one */
function asText(characters: readonly number[], alphabet: Alphabet): readonly number[] {
  return alphabet === 'bytes' ? characters : codePoints(characters.map((character) => String.fromCodePoint(character)).join(''))
}

function cut<Part extends Chunk>(whole: Part, at: readonly number[], slice: (from: number, to: number) => Part): Part[] {
  const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length]
  return edges.slice(1).map((to, i) => slice(edges[i]!, to))
}

function codePoints(string: string): number[] {
  return Array.from(string, (character) => character.codePointAt(0)!)
}

function utf8(some: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(some)
}

/** Neighbours of one kind as one chunk */
function joined(chunks: readonly Chunk[]): Chunk[] {
  return chunks
    .filter(({ length }) => length > 0)
    .reduce<Chunk[]>((whole, chunk) => {
      const last = whole.at(-1)
      if (typeof last === 'string' && typeof chunk === 'string') return [...whole.slice(0, -1), last + chunk]
      if (last instanceof Uint8Array && chunk instanceof Uint8Array) return [...whole.slice(0, -1), Uint8Array.of(...last, ...chunk)]
      return [...whole, chunk]
    }, [])
}

describe('Decoder', () => {
  test.prop([text, cuts])('gives the code points of a string, however it is cut', (whole, at) => {
    expect(
      decode(
        'characters',
        cut(whole, at, (from, to) => whole.slice(from, to)),
      ),
    ).toEqual(codePoints(whole))
  })

  test.prop([bytes, cuts])('gives what TextDecoder makes of bytes, however they are cut', (whole, at) => {
    expect(
      decode(
        'characters',
        cut(whole, at, (from, to) => whole.slice(from, to)),
      ),
    ).toEqual(codePoints(utf8(whole)))
  })

  test.prop([text, cuts])('gives the UTF-8 of a string with the alphabet bytes, however it is cut', (whole, at) => {
    expect(
      decode(
        'bytes',
        cut(whole, at, (from, to) => whole.slice(from, to)),
      ),
    ).toEqual([...new TextEncoder().encode(whole)])
  })

  test.prop([bytes, cuts])('gives bytes as they are with the alphabet bytes', (whole, at) => {
    expect(
      decode(
        'bytes',
        cut(whole, at, (from, to) => whole.slice(from, to)),
      ),
    ).toEqual([...whole])
  })

  // a high surrogate that waits for its partner, behind one that has none and before bytes
  const surrogates: (string | Uint8Array<ArrayBuffer>)[][] = [
    ['\ud83d', '\ud83d', '\ude00x'],
    ['\ud83d', Uint8Array.of(), '\ude00'],
    ['\ud83d', Uint8Array.of(0xf0), Uint8Array.of(0x9f)],
  ]

  test.prop([fc.array(fc.oneof(text, bytes), { maxLength: 6 })], { examples: surrogates.map((chunks): [typeof chunks] => [chunks]) })(
    'reads strings and bytes in turn, each run of a kind as a whole',
    (chunks) => {
      const runs = joined(chunks)
      expect(decode('characters', chunks)).toEqual(codePoints(runs.map((run) => (typeof run === 'string' ? run : utf8(run))).join('')))
      expect(decode('bytes', chunks)).toEqual(runs.flatMap((run) => [...(typeof run === 'string' ? new TextEncoder().encode(run) : run)]))
    },
  )

  test('keeps a byte order mark, in strings and in bytes', () => {
    expect(decode('characters', ['\ufeffa\ufeff'])).toEqual([0xfeff, 97, 0xfeff])
    expect(decode('characters', [Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 97, 0xef, 0xbb, 0xbf)])).toEqual([0xfeff, 97, 0xfeff])
  })

  test('gives many bytes as a string', () => {
    const bytes = Uint8Array.from({ length: 9000 }, (_, i) => i % 251)
    expect(new Decoder('bytes').pushText(bytes)).toBe(Buffer.from(bytes).toString('latin1'))
  })

  test.each([
    [{ text: 'a' }, 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
    [7, '7'],
  ])('refuses %j, which is no chunk', (chunk, given) => {
    const message = `a chunk of text is ${given}, but it must be a string or a Uint8Array: take the text out of the value first, as with map`
    for (const method of ['push', 'pushText'] as const) {
      expect(() => Reflect.apply(Decoder.prototype[method], new Decoder('characters'), [chunk])).toThrow(new TypeError(message))
    }
  })

  test('holds back what an edge cuts, and nothing else', () => {
    const decoder = new Decoder('characters')
    expect([...decoder.push('a\ud83d')]).toEqual([97])
    expect([...decoder.push('\ude00\ude00')]).toEqual([0x1f600, 0xde00])
    expect([...decoder.push(Uint8Array.of(97, 0xf0, 0x9f))]).toEqual([97])
    expect([...decoder.push(Uint8Array.of(0x98, 0x80))]).toEqual([0x1f600])
    expect([...decoder.flush()]).toEqual([])
  })

  test('makes a surrogate without its partner a character of its own', () => {
    expect(decode('characters', ['\ud83d', 'a', '\ude00', '\ud83d'])).toEqual([0xd83d, 97, 0xde00, 0xd83d])
    expect(decode('bytes', ['\ud83d', 'a'])).toEqual([0xef, 0xbf, 0xbd, 97])
  })

  test.each(alphabets)('gives nothing for an empty chunk and holds back what it held (%s)', (alphabet) => {
    for (const empty of ['', new Uint8Array()]) {
      expect(decode(alphabet, [empty])).toEqual([])
      expect(decode(alphabet, ['\ud83d', empty, '\ude00'])).toEqual(decode(alphabet, ['😀']))
      expect(decode(alphabet, [Uint8Array.of(0xf0, 0x9f), empty, Uint8Array.of(0x98, 0x80)])).toEqual(decode(alphabet, ['😀']))
    }
  })

  test.each(alphabets)('starts afresh after a flush (%s)', (alphabet) => {
    const decoder = new Decoder(alphabet)
    decoder.push(Uint8Array.of(0xf0, 0x9f))
    decoder.push('\ud83d')
    decoder.flush()
    expect([...decoder.push('\ude00')]).toEqual(decode(alphabet, ['\ude00']))
    expect([...decoder.flush()]).toEqual([])
  })
})
