import { gzipSync } from 'node:zlib'
import { fc, test } from '@fast-check/vitest'
import { from, take } from 'rxjs'
import { compress, DecompressionError, decompress, Learner, createModel, OptionError, Random } from '../../src/index.ts'
import { modelOptions } from '../../src/network/options.ts'
import { describe, expect } from 'vitest'
import { crc32 } from '../../src/coder/crc32.ts'
import { fingerprint, header } from '../../src/coder/format.ts'
import { anyBytes, cut, cuts, QUICK, run } from './parts.ts'

const RUNS = { numRuns: 25 }
const alphabets = ['characters', 'bytes'] as const
const alphabet = fc.constantFrom(...alphabets)
const utf8 = (text: string) => new TextEncoder().encode(text)
const TEXT = utf8(Array.from({ length: 900 }, (_, i) => `line ${(i * 7919) % 101} größer 😀 than ${i % 13}\n`).join(''))

/** Compressed bytes, and the bits that the learner reported */
function coded(bytes: Uint8Array, options = QUICK): { readonly small: Uint8Array; readonly bits: number } {
  let nats = 0
  const small = run(compress(options, { scored: (loss) => (nats += loss) }), [bytes])
  return { small, bits: nats / Math.LN2 }
}

function randomBytes(length: number): Uint8Array {
  const random = new Random(7)
  return Uint8Array.from({ length }, () => Math.floor(random.uniform() * 256))
}

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ mask : byte))
}

describe('compress and decompress', () => {
  test.prop([anyBytes, alphabet], RUNS)('give any bytes back', (bytes, alphabet) => {
    const { small } = coded(bytes, { ...QUICK, alphabet })
    expect(run(decompress(), [small])).toEqual(bytes)
  })

  test.prop([anyBytes, cuts, cuts, alphabet], RUNS)('do not notice how their input is cut', (bytes, at, smallAt, alphabet) => {
    const { small } = coded(bytes, { ...QUICK, alphabet })
    expect(run(compress({ ...QUICK, alphabet }), cut(bytes, at))).toEqual(small)
    expect(run(decompress(), cut(small, smallAt))).toEqual(bytes)
  })

  test.each(alphabets)('take the bits that the learner reports within 0.1% and 64 bytes (%s)', (alphabet) => {
    const { small, bits } = coded(TEXT, { ...QUICK, alphabet })
    expect(Math.abs(small.length - bits / 8)).toBeLessThanOrEqual((0.001 * bits) / 8 + 64)
    // not by storing it
    expect(small.length).toBeLessThan(0.6 * TEXT.length)
    expect(Buffer.compare(run(decompress(), cut(small, [1, 9, 30, 31, 50])), TEXT)).toBe(0)
    const learner = new Learner(createModel({ ...QUICK, alphabet }))
    expect(bits).toBeCloseTo(learner.learn(TEXT).reduce((sum, nats) => sum + nats, 0) / Math.LN2, 6)
  })

  test('take the bits of a text that is expected almost for certain, and of one that never is', () => {
    for (const bytes of [utf8('a'.repeat(20_000)), utf8(Array.from({ length: 600 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(''))]) {
      const { small, bits } = coded(bytes)
      expect(Math.abs(small.length - bits / 8)).toBeLessThanOrEqual((0.001 * bits) / 8 + 64)
      expect(run(decompress(), [small])).toEqual(bytes)
    }
  })

  test.each(alphabets)('store what does not shrink, and continue to learn (%s)', (alphabet) => {
    const bytes = randomBytes(alphabet === 'bytes' ? 2 ** 16 : 2 ** 14)
    const { small } = coded(bytes, { ...QUICK, alphabet })
    expect(small.length - bytes.length).toBeLessThanOrEqual(64)
    expect(Buffer.compare(run(decompress(), [small]), bytes)).toBe(0)
    // already small
    const packed = new Uint8Array(gzipSync(TEXT))
    expect(coded(packed, { ...QUICK, alphabet }).small.length - packed.length).toBeLessThanOrEqual(64)
  })

  test('go from block to block, stored or coded, through a character that an edge cuts', () => {
    // all but its one symbol is novel, at 20 bits per character
    const options = { hidden: 1, ngram: 0, every: 100, vocabularyLimit: 2, optimizer: 'adagrad' } as const
    const bytes = Uint8Array.from([...utf8('a'), ...utf8('bc'.repeat(2 ** 17 - 2)), ...utf8('😀'), ...utf8('a'.repeat(2 ** 17)), 0xf0, 0x9f])
    const { small } = coded(bytes, options)
    expect(small.length).toBeGreaterThan(2 ** 18)
    expect(small.length).toBeLessThan(1.05 * 2 ** 18)
    expect(Buffer.compare(run(decompress(), [small]), bytes)).toBe(0)
    expect(Buffer.compare(run(compress(options), cut(bytes, [2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1])), small)).toBe(0)
  })

  test('keep every option of the model', () => {
    const options = {
      ...QUICK,
      preset: 'min-char-rnn',
      learningRate: 0.07,
      seed: 3,
      vocabularyLimit: 5,
      backend: 'reference',
      optimizer: 'sgd',
    } as const
    const bytes = TEXT.subarray(0, 900)
    expect(run(decompress(), [coded(bytes, options).small])).toEqual(bytes)
  })

  test('refuse options that there are not', () => {
    expect(() => run(compress({ hidden: 0 }), [])).toThrow(OptionError)
  })

  test('make a few bytes of nothing, and give nothing back', () => {
    const { small } = coded(new Uint8Array(), {})
    expect(small.length).toBeLessThanOrEqual(16)
    expect(run(decompress(), [small])).toHaveLength(0)
  })

  test('may be left in the middle', () => {
    from([TEXT]).pipe(compress(QUICK), take(1)).subscribe()
    const pieces: Uint8Array[] = []
    from([coded(TEXT).small])
      .pipe(decompress(), take(1))
      .subscribe((bytes) => pieces.push(bytes))
    expect(TEXT.subarray(0, pieces[0]?.length)).toEqual(pieces[0])
  })
})

describe('what is not whole', () => {
  const original = TEXT.subarray(0, 100)
  const { small } = coded(original)

  test('every truncation is an error in words', () => {
    for (let length = 0; length < small.length; length++) {
      expect(() => run(decompress(), [small.subarray(0, length)])).toThrow(DecompressionError)
    }
  })

  test('every changed byte is an error in words, or changes nothing', () => {
    const outcomes = new Map<string, number>()
    for (let at = 0; at < small.length; at++) {
      for (const mask of [1, 0x80]) {
        const outcome = outcomeOf(flipped(small, at, mask))
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    expect(outcomes.get('wrong')).toBeUndefined()
    expect(outcomes.get('same') ?? 0).toBeLessThanOrEqual(3)
    expect(outcomes.get('the compressed text is damaged')).toBeGreaterThan(small.length / 2)
  })

  function outcomeOf(damaged: Uint8Array): string {
    try {
      return Buffer.compare(run(decompress(), [damaged]), original) === 0 ? 'same' : 'wrong'
    } catch (error) {
      if (!(error instanceof DecompressionError)) throw error
      return error.message
    }
  }

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 20 })], RUNS)('anything after the end is an error', (more) => {
    expect(() => run(decompress(), [small, more])).toThrow('something follows the end')
    expect(() => run(decompress(), [Uint8Array.of(...small, ...more)])).toThrow('something follows the end')
  })

  test.prop([fc.uint8Array({ maxLength: 60 })], RUNS)('anything after a good header is an error, and no other', (rest) => {
    fc.pre(rest[0] !== 0)
    expect(() => run(decompress(), [header(QUICK), rest])).toThrow(DecompressionError)
  })

  test('something else is named as such', () => {
    expect(() => run(decompress(), [TEXT])).toThrow('this was not compressed by rxrnn')
  })

  test('another version of the format is named', () => {
    expect(() => run(decompress(), [flipped(small, 3, 2)])).toThrow('version 3 of the format')
  })

  test('another build of the numbers is named', () => {
    expect(() => run(decompress(), [flipped(small, 4, 1)])).toThrow('its numbers differ')
  })

  test('a header cannot ask for a model before the fingerprint fits', () => {
    const text = utf8('h4096,t24')
    const bytes = Uint8Array.of(...small.subarray(0, 8), text.length, ...text, ...small.subarray(8))
    expect(() => run(decompress(), [bytes])).toThrow('its numbers differ')
  })
})

test('the fingerprint knows every option, and is the same each time', () => {
  const prints = [{}, {}, { seed: 2 }, { backend: 'reference' } as const, { clip: 6 }].map((options) => fingerprint(modelOptions(options)))
  expect(prints[0]).toBe(prints[1])
  expect(new Set(prints).size).toBe(4)
})

test.prop([fc.uint8Array(), fc.uint8Array()])('the CRC-32 resumes where it stopped, and is that of zlib', (one, two) => {
  const whole = Uint8Array.of(...one, ...two)
  expect(crc32(two, crc32(one))).toBe(crc32(whole))
  const gzip = gzipSync(whole)
  expect(crc32(whole)).toBe(gzip.readUInt32LE(gzip.length - 8))
})
