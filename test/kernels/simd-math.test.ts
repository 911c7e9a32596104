import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { webAssembly } from '../../src/kernels/simd/webassembly.ts'

/** Compiled for this test alone: the module that ships exports none of them */
const { exp, log, sigmoid, tanh } = compiled('src/kernels/simd/assembly/math.ts')

function compiled(source: string): Record<'exp' | 'log' | 'sigmoid' | 'tanh', (x: number) => number> {
  const root = join(import.meta.dirname, '../..')
  const file = join(mkdtempSync(join(tmpdir(), 'rxrnn-math-')), 'math.wasm')
  const flags = '--runtime stub --enable simd --optimizeLevel 3 --noAssert --disableWarning 112 --outFile'
  // as a program: the types of its module would change those of all arrays
  execFileSync(process.execPath, [join(root, 'node_modules/assemblyscript/bin/asc.js'), source, ...flags.split(' '), file], { cwd: root })
  const engine = webAssembly()
  const { exports } = new engine.Instance(new engine.Module(readFileSync(file)), { env: { memory: new engine.Memory({ initial: 1, maximum: 1 }) } })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- math.ts exports these
  return exports as Record<'exp' | 'log' | 'sigmoid' | 'tanh', (x: number) => number>
}

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/** The largest error over float32 numbers from `low` to `high` of one sign, in units in the last place of the float32 that is right */
function largestError(approximation: (x: number) => number, exact: (x: number) => number, low: number, high: number): number {
  // a prime, so that all patterns of low bits occur
  const step = 211
  float[0] = low
  const first = bits[0]!
  float[0] = high
  const last = bits[0]!
  let largest = 0
  for (let pattern = first; pattern <= last; pattern += step) {
    bits[0] = pattern
    const x = float[0]
    const error = Math.abs(approximation(x) - exact(x)) / unitInTheLastPlace(exact(x))
    if (!(error <= largest)) largest = error
  }
  return largest
}

function unitInTheLastPlace(y: number): number {
  return Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(y))) - 23))
}

describe('the float32 exp', () => {
  test('is within 1 unit in the last place', () => {
    expect(largestError(exp, Math.exp, 0, 88.7)).toBeLessThan(1)
    expect(largestError(exp, Math.exp, -0, -87.3)).toBeLessThan(1)
  })

  test('is within 1 unit in the last place where its values are denormal', () => {
    expect(largestError(exp, Math.exp, -87.3, -104)).toBeLessThan(1)
  })

  test('keeps the values at the edges', () => {
    expect([0, -0, 1e-45, -1e-45, 88.8, 1e38, Infinity, -104.1, -1e38, -Infinity, NaN].map(exp)).toEqual([
      1,
      1,
      1,
      1,
      Infinity,
      Infinity,
      Infinity,
      0,
      0,
      0,
      NaN,
    ])
  })
})

describe('the float32 tanh', () => {
  test('is within 6 units in the last place', () => {
    expect(largestError(tanh, Math.tanh, 0, 12)).toBeLessThan(6)
    expect(largestError(tanh, Math.tanh, -0, -12)).toBeLessThan(6)
  })

  test('keeps the values at the edges', () => {
    expect([0, -0, 1e-45, -1e-45, 9.5, 1e38, Infinity, -9.5, -Infinity, NaN].map(tanh)).toEqual([
      0,
      -0,
      2 ** -149,
      -(2 ** -149),
      1,
      1,
      1,
      -1,
      -1,
      NaN,
    ])
  })

  test('never leaves [-1, 1]', () => {
    let largest = 0
    for (let x = 8; x < 10; x += 1e-5) largest = Math.max(largest, Math.abs(tanh(x)))
    expect(largest).toBe(1)
  })
})

describe('the float32 sigmoid', () => {
  const exact = (x: number) => 1 / (1 + Math.exp(-x))

  test('is within 3 units in the last place where it is no denormal', () => {
    expect(largestError(sigmoid, exact, 0, 100)).toBeLessThan(3)
    expect(largestError(sigmoid, exact, -0, -87)).toBeLessThan(3)
  })

  test('keeps the values at the edges', () => {
    expect([0, -0, 1e-45, 100, Infinity, -100, -Infinity, NaN].map(sigmoid)).toEqual([0.5, 0.5, 0.5, 1, 1, 0, 0, NaN])
  })
})

describe('the log of float32 numbers', () => {
  test('is the right float32, but for ties of float64', () => {
    expect(largestError((x) => Math.fround(log(x)), Math.log, 2 ** -149, 3e38)).toBeLessThan(0.5000001)
  })

  test('keeps the values at the edges', () => {
    expect([0, -0, 1, Infinity, -1, -Infinity, NaN].map(log)).toEqual([-Infinity, -Infinity, 0, Infinity, NaN, NaN, NaN])
  })
})
