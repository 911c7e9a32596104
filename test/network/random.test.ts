import { fc, test } from '@fast-check/vitest'
import { Random, type RandomState } from '../../src/index.ts'
import { describe, expect } from 'vitest'

const WORD = 0xffffffffn

function rotate(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (32n - bits))) & WORD
}

/** xoshiro128** as its authors publish it, on integers of any size */
function* xoshiro128(seed: RandomState): Generator<number> {
  let [a, b, c, d] = [BigInt(seed[0]), BigInt(seed[1]), BigInt(seed[2]), BigInt(seed[3])]
  for (;;) {
    yield Number((rotate((b * 5n) & WORD, 7n) * 9n) & WORD)
    const shifted = (b << 9n) & WORD
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11n)
  }
}

function first<Value>(count: number, draw: () => Value): Value[] {
  return Array.from({ length: count }, draw)
}

const word = fc.integer({ min: 0, max: 0xffffffff })
const state = fc.tuple(word, word, word, word).filter((words) => words.some((one) => one !== 0))

describe('Random', () => {
  test('gives the numbers that the authors of xoshiro128** publish', () => {
    const random = new Random([1, 2, 3, 4])
    const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
    expect(first(10, () => random.next())).toEqual(published)
  })

  test.prop([state])('follows xoshiro128** from any state', (start) => {
    const random = new Random(start)
    const expected = xoshiro128(start)
    expect(first(20, () => random.next())).toEqual(first(20, () => expected.next().value))
  })

  test.each([
    [0, [1684164658, 3653269916, 2939563536, 2141751570], [1789933344, 44971166, 2521387044, 3848737593]],
    [1, [1580013426, 350525680, 3524174333, 3011703609], [393288148, 2174103013, 3814759091, 2092745082]],
    [4294967295, [3950124170, 4293442868, 1302505678, 2762329221], [4104197751, 1825856343, 1152209388, 2427537429]],
  ])('starts from seed %d where splitmix32 leads, on every engine', (seed, words, numbers) => {
    const random = new Random(seed)
    expect(random.state).toEqual(words)
    expect(first(4, () => random.next())).toEqual(numbers)
  })

  test('has pinned first numbers of each kind', () => {
    const random = new Random(1)
    expect(first(3, () => random.uniform())).toEqual([0.09156953175513294, 0.8881928137485323, 0.43427017709149285])
    expect(first(3, () => random.normal())).toEqual([0.3803943146421063, 0.5901775723012074, -0.21646324725179336])
  })

  test.prop([word, fc.nat({ max: 50 })])('resumes from a saved state as if it had not stopped', (seed, before) => {
    const random = new Random(seed)
    first(before, () => random.normal())
    const restored = new Random(random.state)
    const [rest, sameRest] = [random, restored].map((one) => [one.normal(), one.uniform(), one.next(), one.normal()])
    expect(sameRest).toEqual(rest)
    expect(restored.state).toEqual(random.state)
  })

  test('hands out a copy of its state', () => {
    const random = new Random(1)
    const { state: before } = random
    random.next()
    expect(random.state).not.toEqual(before)
    expect(before).toEqual(new Random(1).state)
  })

  test.each([[[0, 0, 0, 0]], [[1, 2, 3, NaN]], [[1, 2, 3, -1]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, 0.5]]] as const)(
    'refuses the state %j, which it never reaches',
    (words) => {
      expect(() => new Random(words)).toThrow(RangeError)
    },
  )

  test('draws uniformly from [0, 1)', () => {
    const random = new Random(3)
    const draws = first(200_000, () => random.uniform())
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true)
    const counts = Array.from({ length: 100 }, () => 0)
    for (const draw of draws) counts[Math.floor(draw * 100)]! += 1
    // chi squared with 99 degrees of freedom is beyond 160 once in 10 000
    const chiSquared = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    expect(chiSquared).toBeLessThan(160)
    expect(chiSquared).toBeGreaterThan(50)
  })

  test('uses all 53 bits of a uniform number', () => {
    const random = new Random(4)
    const oddOnes = first(1000, () => random.uniform() * 2 ** 53).filter((draw) => draw % 2 === 1)
    expect(oddOnes.length).toBeGreaterThan(400)
  })

  test('draws normally with mean 0, deviation 1 and the tails of the bell', () => {
    const random = new Random(5)
    const draws = first(200_000, () => random.normal())
    const moment = (power: number) => draws.reduce((sum, draw) => sum + draw ** power, 0) / draws.length
    // five standard errors: sqrt(1 / n), sqrt(2 / n), sqrt(15 / n), sqrt(96 / n)
    expect(Math.abs(moment(1))).toBeLessThan(0.0112)
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0159)
    expect(Math.abs(moment(3))).toBeLessThan(0.0434)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.11)
    const beyond = draws.filter((draw) => Math.abs(draw) > 1.959964).length / draws.length
    expect(Math.abs(beyond - 0.05)).toBeLessThan(0.0025)
  })
})
