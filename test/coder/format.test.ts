import { fc, test } from '@fast-check/vitest'
import { crc32 as crcOfNode } from 'node:zlib'
import { describe, expect } from 'vitest'
import { createModel, Learner } from '../../src/index.ts'
import { ByteQueue, joined } from '../../src/coder/bytes.ts'
import { chunkOf, decodeCharacter, encodeCharacter } from '../../src/coder/characters.ts'
import { crc32 } from '../../src/coder/crc32.ts'
import { DamagedError, DecompressionError } from '../../src/coder/errors.ts'
import { fingerprint, header, parseOptions, uint32, varint } from '../../src/coder/format.ts'
import { RangeDecoder, RangeEncoder } from '../../src/coder/range.ts'
import { reader, writer } from '../../src/coder/text.ts'
import { isReadable, Utf8Reader, writeUtf8 } from '../../src/coder/utf8.ts'
import { type GivenOptions, modelOptions } from '../../src/network/options.ts'

const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 })

describe('the parts of compressed text', () => {
  test.prop([parts])('have the CRC-32 of gzip, piece by piece', (parts) => {
    expect(parts.reduce((crc, part) => crc32(part, crc), 0)).toBe(crcOfNode(joined(...parts)))
    expect(joined(...parts)).toEqual(Uint8Array.from(parts.flatMap((part) => [...part])))
  })

  test.each([
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [172, 2]],
    [2 ** 53 - 1, [255, 255, 255, 255, 255, 255, 255, 15]],
  ])('have %d as seven bits a byte', (number, bytes) => {
    expect(varint(number)).toEqual(bytes)
  })

  test.prop([fc.integer({ min: 0, max: 2 ** 32 - 1 })])('have 32 bits with the low byte first', (number) => {
    expect(uint32(number)).toEqual([...new Uint8Array(Uint32Array.of(number).buffer)])
  })

  test.prop([parts, fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 9 })])('wait in a queue until they are read', (parts, counts) => {
    const queue = new ByteQueue()
    const read: number[] = []
    let arrived: readonly number[] = []
    for (const [i, count] of counts.entries()) {
      queue.push(parts[i] ?? new Uint8Array())
      arrived = [...arrived, ...(parts[i] ?? [])]
      expect(queue.length).toBe(arrived.length - read.length)
      const taken = Math.min(count, queue.length)
      if (taken === 1) read.push(queue.byte())
      else read.push(...queue.take(taken))
      expect(read).toEqual(arrived.slice(0, read.length))
      expect(queue.length).toBe(arrived.length - read.length)
    }
    expect(queue.ended).toBe(false)
    queue.end()
    expect(queue.ended).toBe(true)
  })
})

describe('a header', () => {
  const given: GivenOptions = { preset: 'small', cell: 'gru', hidden: 7, learningRate: 0.25, seed: 9 }

  test('has the options that were given, a letter for each, behind the fingerprint of all', () => {
    const text = 'psmall,kgru,h7,l0.25,s9'
    const print = fingerprint(modelOptions(given))
    expect([...header(given)]).toEqual([0x89, 0x52, 0x58, 1, ...uint32(print), text.length, ...Buffer.from(text)])
    expect(parseOptions(text)).toEqual(modelOptions(given))
    expect(parseOptions('')).toEqual(modelOptions())
    expect(fingerprint(modelOptions({ ...given, seed: 8 }))).not.toBe(print)
  })

  test.each(['h', 'hx', 'x7', 'k7', 'h0', 'h7,h', 'pnone'])('is refused with the options "%s"', (text) => {
    expect(() => parseOptions(text)).toThrow(DecompressionError)
  })
})

describe('characters of bytes', () => {
  test.each([
    [0xd7ff, true],
    [0xd800, false],
    [0xdc7f, false],
    [0xdc80, true],
    [0xdcff, true],
    [0xdd00, false],
    [0xdfff, false],
    [0xe000, true],
  ])('may be U+%x: %s', (character, expected) => {
    expect(isReadable(character)).toBe(expected)
  })

  test.each([
    [
      [0xc1, 0xbf],
      [0xdcc1, 0xdcbf],
    ],
    [[0xc2, 0x80], [0x80]],
    [[0xdf, 0xbf], [0x7ff]],
    [
      [0xe0, 0x9f, 0xbf],
      [0xdce0, 0xdc9f, 0xdcbf],
    ],
    [[0xe0, 0xa0, 0x80], [0x800]],
    [[0xed, 0x9f, 0xbf], [0xd7ff]],
    [
      [0xed, 0xa0, 0x80],
      [0xdced, 0xdca0, 0xdc80],
    ],
    [
      [0xed, 0xbf, 0xbf],
      [0xdced, 0xdcbf, 0xdcbf],
    ],
    [[0xee, 0x80, 0x80], [0xe000]],
    [
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xdcf0, 0xdc8f, 0xdcbf, 0xdcbf],
    ],
    [[0xf0, 0x90, 0x80, 0x80], [0x10000]],
    [[0xf4, 0x8f, 0xbf, 0xbf], [0x10ffff]],
    [
      [0xf4, 0x90, 0x80, 0x80],
      [0xdcf4, 0xdc90, 0xdc80, 0xdc80],
    ],
    [
      [0xf5, 0x80],
      [0xdcf5, 0xdc80],
    ],
    [
      [0xc2, 0xc0],
      [0xdcc2, 0xdcc0],
    ],
    [
      [0xc2, 0x7f],
      [0xdcc2, 0x7f],
    ],
    [
      [0xe2, 0x82],
      [0xdce2, 0xdc82],
    ],
  ])('%j are %j, and the same bytes again', (bytes, characters) => {
    const utf8 = new Utf8Reader()
    expect([...utf8.push(Uint8Array.from(bytes)), ...utf8.flush()]).toEqual(characters)
    const written = new Uint8Array(4)
    expect(characters.reduce((at, character) => at + writeUtf8(written, at, character), 0)).toBe(bytes.length)
    expect([...written.subarray(0, bytes.length)]).toEqual(bytes)
  })

  test('are held back as long as they may become one', () => {
    const utf8 = new Utf8Reader()
    expect(utf8.push(Uint8Array.of(97, 0xf0, 0x9f))).toEqual([97])
    expect(utf8.push(Uint8Array.of(0x98))).toEqual([])
    expect(utf8.push(Uint8Array.of(0x80, 0xc3))).toEqual([0x1f600])
    expect(utf8.push(Uint8Array.of(97))).toEqual([0xdcc3, 97])
    expect(utf8.push(Uint8Array.of(0xf5))).toEqual([0xdcf5])
    expect(utf8.push(Uint8Array.of(0xc1))).toEqual([0xdcc1])
  })

  test('are the bytes themselves with the alphabet bytes', () => {
    const bytes = new Uint8Array(2)
    expect([...reader('bytes').push(Uint8Array.of(200, 7)), ...reader('bytes').flush()]).toEqual([200, 7])
    expect(writer('bytes')(bytes, 1, 200)).toBe(1)
    expect([...bytes]).toEqual([0, 200])
    expect([...reader('characters').push(Uint8Array.of(0xc3, 0xa9))]).toEqual([0xe9])
    expect(writer('characters')(bytes, 0, 0xe9)).toBe(2)
    expect([chunkOf([97, 0x1f600], 'characters'), chunkOf([97, 200], 'bytes')]).toEqual(['a😀', Uint8Array.of(97, 200)])
  })
})

describe('a character', () => {
  const learner = (alphabet: 'characters' | 'bytes', vocabularyLimit = 4) =>
    new Learner(createModel({ hidden: 2, ngram: 0, learningRate: 0.1, alphabet, vocabularyLimit, backend: 'reference' }))

  test.prop([fc.array(fc.constantFrom(97, 98, 99, 100, 0xdc80, 0x10ffff), { maxLength: 12 })], { numRuns: 20 })(
    'is coded by the prediction, also one that never gets a symbol, for the bits that it costs',
    (characters) => {
      const [encoder, encoding, decoding] = [new RangeEncoder(), learner('characters'), learner('characters')]
      const nats = characters.map((character) => encodeCharacter(encoder, encoding, character))
      const bytes = encoder.finish()
      let at = 0
      const decoder = new RangeDecoder(() => bytes[at++] ?? 0)
      expect(characters.map(() => decodeCharacter(decoder, decoding))).toEqual(characters.map((character, i) => [character, nats[i]]))
      expect(bytes.length).toBeLessThan(nats.reduce((sum, one) => sum + one, 0) / Math.LN2 / 8 + 2)
    },
  )

  test('is not decoded from what no encoder writes', () => {
    const decode = (intervals: readonly (readonly [start: number, frequency: number, total: number])[], bytes?: readonly number[]) => {
      const encoder = new RangeEncoder()
      for (const interval of intervals) encoder.encode(...interval)
      const [all, decoding] = [bytes ?? encoder.finish(), learner('characters')]
      let at = 0
      const decoder = new RangeDecoder(() => all[at++] ?? 0)
      return () => Array.from({ length: 2 }, () => decodeCharacter(decoder, decoding)[0])
    }
    const novel = [0, 2 ** 26 + 1, 2 ** 26 + 1] as const
    expect(decode([novel, [97, 1, 0x110000]])).not.toThrow()
    // more than the total, and a surrogate, which is not a byte
    expect(decode([], [255, 255, 255, 255, 255, 255])).toThrow(DamagedError)
    expect(decode([novel, [0xd800, 1, 0x110000]])).toThrow(DamagedError)
    // a character that has a symbol comes as a novel one
    const encoder = new RangeEncoder()
    const encoding = learner('characters')
    encodeCharacter(encoder, encoding, 97)
    const { probabilities } = encoding.predict()
    const [first, total] = [1 + Math.floor(probabilities[0]! * 2 ** 26), probabilities.reduce((sum, one) => sum + 1 + Math.floor(one * 2 ** 26), 0)]
    expect(decode([novel, [97, 1, 0x110000], [0, first, total], [97, 1, 0x110000]])).toThrow(DamagedError)
  })
})
