import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { type Chunk, Decoder } from '../../src/text/decoder.ts'
import { charactersInUtf8, incompleteTail } from '../../src/text/incomplete.ts'
import { Tail } from '../../src/text/tail.ts'

/** The edges of all forms of UTF-8, and what is just beyond them */
const byte = fc.constantFrom(
  0x00,
  0x7f,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc2,
  0xdf,
  0xe0,
  0xe1,
  0xec,
  0xed,
  0xee,
  0xef,
  0xf0,
  0xf1,
  0xf3,
  0xf4,
  0xf5,
  0xff,
)
const bytes = fc.array(byte, { maxLength: 5 }).map((bytes) => Uint8Array.from(bytes))
const text = fc.string({ unit: fc.constantFrom('a', '\ud800', '\udbff', '\udc00', '😀'), maxLength: 4 })
const EXAMPLES = [
  [0xf0, 0x90, 0xc0],
  [0xe0, 0xa0],
  [0xf0, 0x90, 0x80],
  [0xf4, 0x8f, 0xbf],
  [0xf4, 0x90],
  [0xed, 0xa0],
  [0xe0, 0x9f],
  [0xf0, 0x8f],
  [0xdf],
  [0xf4],
  [0xf5],
  [0xc1],
  [0x80, 0x80, 0x80, 0x80],
]

describe('the start of a character at the end of a chunk', () => {
  test.prop([bytes], { numRuns: 1000, examples: EXAMPLES.map((bytes): [Uint8Array<ArrayBuffer>] => [Uint8Array.from(bytes)]) })(
    'is as long as what a decoder of the Encoding standard holds back',
    (bytes) => {
      const given = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
      const tail = incompleteTail(bytes)
      expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, bytes.length - tail))).toBe(given)
    },
  )

  test.prop(
    [fc.array(fc.oneof(text, bytes), { maxLength: 4 }), fc.array(fc.oneof(text, bytes), { maxLength: 3 }), fc.constantFrom('characters', 'bytes')],
    {
      numRuns: 300,
      examples: [
        [['\ud83d', Uint8Array.of(0xf0)], ['\ude00'], 'characters'],
        [['\udbff', Uint8Array.of(0, 0xf0, 0x9f, 0x80)], [], 'characters'],
        [['\ud83d', Uint8Array.of(0xf0), Uint8Array.of(97)], ['\ude00'], 'characters'],
        [[Uint8Array.of(0xf0, 0x90), Uint8Array.of(0x80)], [Uint8Array.of(0x80)], 'characters'],
        [[Uint8Array.of(0xf0, 0x90), 'a'], [Uint8Array.of(0x80)], 'bytes'],
      ],
    },
  )('brings a decoder to where the one before it stood, also after it was saved', (before, after, alphabet) => {
    const [first, second, tail, loaded] = [new Decoder(alphabet), new Decoder(alphabet), new Tail(alphabet), new Tail(alphabet)]
    for (const chunk of before) {
      first.push(chunk)
      tail.push(chunk)
    }
    const saver = new Saver()
    tail.transfer(saver)
    loaded.transfer(new Loader(saver.tensors, saver.metadata))
    expect(loaded.length).toBe(tail.length)
    for (const chunk of loaded.chunks) expect(second.push(chunk)).toHaveLength(0)
    const rest = (decoder: Decoder): readonly number[] => [...after.flatMap((chunk: Chunk) => [...decoder.push(chunk)]), ...decoder.flush()]
    expect(rest(second)).toEqual(rest(first))
  })

  test('has bytes where the text comes as bytes', () => {
    const tail = new Tail('characters')
    tail.push(Uint8Array.of(97, 0xf0, 0x9f))
    expect(tail.length).toBe(2)
    tail.push('a')
    expect(tail.length).toBe(0)
  })
})

test.prop([fc.string({ unit: 'binary' })])('characters are counted where they start in UTF-8', (text) => {
  expect(charactersInUtf8(new TextEncoder().encode(text))).toBe(Array.from(text).length)
})
