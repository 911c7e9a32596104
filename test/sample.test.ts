import { fc, test as property } from '@fast-check/vitest'
import { type Chunk, createModel, digest, Learner, load, type Model, type ModelOptions, Random, type SampleOptions, sample, save } from 'rxrnn'
import { describe, expect, test } from 'vitest'

function taught(text: string, options: Partial<ModelOptions> = {}): Model {
  const model = createModel({ hidden: 12, ngram: 2, tableBits: 6, backend: 'reference', ...options })
  const learner = new Learner(model)
  learner.learn(text)
  learner.end()
  return model
}

function written(model: Model, options?: SampleOptions): string {
  return Array.from(sample(model, options), (chunk: Chunk) => (typeof chunk === 'string' ? chunk : String.fromCharCode(...chunk))).join('')
}

const abc = taught('abc'.repeat(700))

describe('sample', () => {
  test('continues as it has learned', () => {
    expect(written(abc, { length: 30, temperature: 0.1, prime: 'ab' })).toBe('cab'.repeat(10))
  })

  test('writes 200 characters unless told otherwise, and none when told so', () => {
    expect(written(abc)).toHaveLength(200)
    expect(written(abc, { length: 0 })).toBe('')
  })

  test('is the same with the same seed, and another with another', () => {
    const model = taught('the cat sat on the mat; '.repeat(3))
    expect(written(model, { seed: 3 })).toBe(written(model, { seed: 3 }))
    expect(written(model, { seed: 3 })).not.toBe(written(model, { seed: 4 }))
  })

  const varied = taught('the cat sat on the mat; '.repeat(6))
  const anyOptions = fc.record({
    temperature: fc.oneof(fc.constantFrom(0.01, 1, 100), fc.double({ min: 0.2, max: 5, noNaN: true })),
    topK: fc.constantFrom(1, 2, 3, 5, Infinity),
    topP: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 1, noNaN: true })),
    seed: fc.constantFrom(0, 1, 2 ** 32 - 1),
  })

  property.prop([anyOptions])('draws from the distribution that temperature, topK and topP leave, by the numbers of its seed', (options) => {
    const text = written(varied, { length: 40, ...options })
    const random = new Random(options.seed)
    const reader = new Learner(varied)
    for (const character of text) {
      const all = reader.predict().top(varied.vocabulary.size).slice(0, options.topK)
      const together = all.map((_, i) => all.slice(0, i + 1).reduce((sum, [, probability]) => sum + probability, 0))
      const left = all.filter((_, i) => i === 0 || together[i - 1]! < options.topP)
      const weights = left.map(([, probability]) => (probability / left[0]![1]) ** (1 / options.temperature))
      const total = weights.reduce((sum, weight) => sum + weight)
      let at = random.uniform() * total
      expect(character).toBe(String.fromCodePoint(left[weights.findIndex((weight) => (at -= weight) < 0)]![0]))
      reader.observe(character)
    }
    expect(text).toHaveLength(40)
    reader.dispose()
  })

  test('is surer when cold and wilder when hot', () => {
    const model = taught('aaab'.repeat(50))
    const shareOfB = (temperature: number) => written(model, { length: 2000, temperature }).split('b').length / 2000
    expect(shareOfB(0.01)).toBeLessThan(shareOfB(1) + 0.05)
    expect(shareOfB(100)).toBeCloseTo(0.5, 1)
  })

  test('writes only characters that were read', () => {
    expect(new Set(written(abc, { length: 500, temperature: 100 }))).toEqual(new Set('abc'))
  })

  test('draws from the likeliest only: as many as topK, as few as have topP together', () => {
    const model = taught('aaab'.repeat(400))
    const lettersOf = (options: SampleOptions) => new Set(written(model, { length: 300, temperature: 100, ...options }))
    expect(lettersOf({}).size).toBe(2)
    expect(lettersOf({ topK: 1 }).size).toBeLessThanOrEqual(2)
    // cold is the same as the likeliest alone
    const cold = written(model, { length: 60, temperature: 0.01 })
    expect(written(model, { length: 60, temperature: 100, topK: 1 })).toBe(cold)
    expect(written(model, { length: 60, temperature: 100, topP: 0.01 })).toBe(cold)
    expect(written(model, { length: 60, topK: 5, topP: 1 })).toBe(written(model, { length: 60 }))
  })

  test.each([{ topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }, { topP: NaN }])('refuses %j', (options) => {
    expect(() => written(abc, options)).toThrow(/top[KP] is .*, but it must be/)
  })

  test('resumes from where a stream stood', async () => {
    const learner = new Learner(createModel({ hidden: 12, ngram: 3, tableBits: 6, backend: 'reference' }))
    learner.learn('abcd'.repeat(500) + 'abc')
    const { model, stream } = await load(await save(learner))
    expect(written(model, { length: 5, topK: 1, from: stream })).toBe('dabcd')
    expect(written(model, { length: 5, topK: 1, from: stream, prime: 'da' })).toBe('bcdab')
  })

  test('writes nothing when nothing was read', () => {
    expect(written(createModel({ hidden: 4, ngram: 2, tableBits: 6 }))).toBe('')
  })

  test('writes bytes with the alphabet bytes', () => {
    const model = taught('é'.repeat(400), { alphabet: 'bytes' })
    const bytes = [...sample(model, { length: 6, temperature: 0.1, prime: 'é' })]
    expect(bytes).toEqual([0xc3, 0xa9, 0xc3, 0xa9, 0xc3, 0xa9].map((byte) => Uint8Array.of(byte)))
  })

  test('may be left in the middle', () => {
    for (const character of sample(abc, { length: 1e9 })) {
      expect(character).toHaveLength(1)
      break
    }
  })

  test('takes a prime with characters that it does not know, and learns none', () => {
    const before = [digest(abc), abc.version, abc.vocabulary.size]
    expect(written(abc, { length: 10, prime: 'xyz😀' })).toHaveLength(10)
    expect([digest(abc), abc.version, abc.vocabulary.size]).toEqual(before)
  })

  test.each([
    [{ length: -1 }, 'length is -1, but it must be a whole number from 0'],
    [{ length: 1.5 }, 'length is 1.5, but'],
    [{ length: NaN }, 'length is NaN, but'],
    [{ temperature: 0.0099 }, 'temperature is 0.0099, but it must be a number from 0.01 to 100'],
    [{ temperature: 100.1 }, 'temperature is 100.1, but'],
    [{ temperature: NaN }, 'temperature is NaN, but'],
    [{ seed: -1 }, 'seed is -1, but it must be a whole number from 0 to 4294967295'],
    [{ seed: 2 ** 32 }, 'seed is 4294967296, but'],
    [{ seed: 0.5 }, 'seed is 0.5, but'],
    [{ seed: NaN }, 'seed is NaN, but'],
  ])('refuses %j', (options, message) => {
    expect(() => written(abc, options)).toThrow(expect.objectContaining({ name: 'OptionError', message: expect.stringContaining(message) }))
  })
})
