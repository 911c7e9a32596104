import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { exp, log, tanh } from '../../src/kernels/reference/math.ts'

type Unary = (x: number) => number

// Bounds on the relative error, measured against 80-bit arithmetic over 2 * 10^7 points, and those of V8's Math, measured the same way. The two add up
// in the worst case.
const BOUNDS: readonly (readonly [name: string, own: Unary, engine: Unary, bound: number, engineBound: number])[] = [
  ['exp', exp, Math.exp, 1.9e-16, 1.6e-16],
  ['log', log, Math.log, 3.4e-16, 1.7e-16],
  ['tanh', tanh, Math.tanh, 1.4e-15, 3.2e-16],
]

const POINTS = 250_000
const SMALLEST_NORMAL = 2 ** -1022

/** POINTS numbers from `from` to `to`, both included */
function* between(from: number, to: number): Generator<number> {
  for (let i = 0; i < POINTS; i++) yield from + ((to - from) * i) / (POINTS - 1)
}

/** POINTS numbers whose logarithms are spread from `from` to `to` */
function* powers(from: number, to: number): Generator<number> {
  for (const exponent of between(from, to)) yield 2 ** exponent
}

const INPUTS: Readonly<Record<string, readonly (() => Iterable<number>)[]>> = {
  // below -708.39 the results are denormal: see the test of their own
  exp: [() => between(-708.39, 709.7827), () => between(-1, 1), () => powers(-1074, 0), () => between(-25, 25)],
  log: [() => powers(-1074, 1023.9), () => between(0.5, 2), () => between(0.99, 1.01), () => between(1, 1114112)],
  tanh: [() => between(-21, 21), () => between(-0.6, 0.6), () => powers(-1074, 0), () => between(-0.18, -0.16)],
}

const EDGES: Readonly<Record<string, readonly number[]>> = {
  exp: [709.782712893384, -708.3964185322641, -745.1332191019411, -744, Math.LN2 / 2, 1.5 * Math.LN2, 0.1, 1],
  log: [Number.MAX_VALUE / 2, SMALLEST_NORMAL * 2, 1, 2, 0.5, Math.SQRT2, Math.SQRT1_2, 1e-310],
  tanh: [0.17, -0.17, 20, -20, 19.06, 1, -1, 1e-300],
}

function worstRelativeError(own: Unary, engine: Unary, inputs: Iterable<number>): number {
  let worst = 0
  for (const x of inputs) {
    const expected = engine(x)
    const difference = Math.abs(own(x) - expected)
    if (difference !== 0) worst = Math.max(worst, difference / Math.abs(expected))
  }
  return worst
}

/** The `distance`-th number after x among the doubles */
function neighbour(x: number, distance: number): number {
  const number = Float64Array.of(x)
  const bits = new BigInt64Array(number.buffer)
  bits[0]! += BigInt(x < 0 ? -distance : distance)
  return number[0]!
}

describe.each(BOUNDS)('%s', (name, own, engine, bound, engineBound) => {
  test('stays within its error bound over a million points', () => {
    const worst = INPUTS[name]!.map((inputs) => worstRelativeError(own, engine, inputs()))
    console.log(`${name}: worst relative difference from Math.${name} ${Math.max(...worst).toExponential(2)}`)
    for (const error of worst) expect(error).toBeLessThan(bound + engineBound)
  })

  test('never falls by more than its error where its inside changes', () => {
    const falls: number[] = []
    for (const edge of EDGES[name]!) {
      const around = Array.from({ length: 4001 }, (_, i) => neighbour(edge, i - 2000)).sort((a, b) => a - b)
      around.reduce((before, x) => {
        const value = own(x)
        if (before - value > bound * Math.abs(value)) falls.push(x)
        return value
      }, -Infinity)
    }
    expect(falls).toEqual([])
  })

  test('passes NaN on', () => expect(own(NaN)).toBeNaN())
})

describe('exp', () => {
  test.each([
    [0, 1],
    [-0, 1],
    [Infinity, Infinity],
    [-Infinity, 0],
    [709.782712893384, 1.7976931348622732e308],
    [709.7827128933841, Infinity],
    [Number.MAX_VALUE, Infinity],
    [-745.1332191019411, Number.MIN_VALUE],
    [-745.1332191019412, 0],
    [-Number.MAX_VALUE, 0],
    [Number.MIN_VALUE, 1],
  ])('of %d is %d', (x, expected) => expect(exp(x)).toBe(expected))

  test('rounds denormal results to within one of the smallest numbers', () => {
    const off = [...between(-745.1332191019411, -708.39)].filter(
      (x) => Math.abs(exp(x) - Math.exp(x)) > Math.max(Number.MIN_VALUE, Math.exp(x) * 3.5e-16),
    )
    expect(off).toEqual([])
  })
})

describe('log', () => {
  test.each([
    [1, 0],
    [0, -Infinity],
    [-0, -Infinity],
    [-Number.MIN_VALUE, NaN],
    [-Infinity, NaN],
    [Infinity, Infinity],
    [Number.MAX_VALUE, 709.782712893384],
    [SMALLEST_NORMAL, -708.3964185322641],
    [Number.MIN_VALUE, -744.4400719213812],
    [1 + Number.EPSILON, Number.EPSILON],
  ])('of %d is %d', (x, expected) => expect(log(x)).toBe(expected))
})

describe('tanh', () => {
  test.each([
    [0, 0],
    [-0, -0],
    [Infinity, 1],
    [-Infinity, -1],
    [20, 1],
    [-20, -1],
    [Number.MAX_VALUE, 1],
    [Number.MIN_VALUE, Number.MIN_VALUE],
    [-Number.MIN_VALUE, -Number.MIN_VALUE],
    [SMALLEST_NORMAL, SMALLEST_NORMAL],
    [1e-320, 1e-320],
  ])('of %d is %d', (x, expected) => expect(tanh(x)).toBe(expected))

  test('never leaves [-1, 1]', () => {
    const outside = [...between(-25, 25)].filter((x) => Math.abs(tanh(x)) > 1)
    expect(outside).toEqual([])
  })
})

test('the bits of exp, log and tanh are pinned, so that they are the same on every engine', () => {
  const hash = createHash('sha256')
  const inputs = Float64Array.from({ length: 200_001 }, (_, i) => (i - 100_000) / 4096)
  hash.update(inputs.map(exp)).update(inputs.map(tanh)).update(inputs.subarray(100_001).map(log))
  expect(hash.digest('hex')).toBe('898498248bf9992543b7bdde3ba200e9f6db760279e5b111879512514aa90aaa')
})
