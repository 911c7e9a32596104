import { fc, test } from '@fast-check/vitest'
import { Random } from 'rxrnn'
import { describe, expect } from 'vitest'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { simdBackend } from '../../src/kernels/simd/index.ts'

const LINE = 8
const GATES = 60

interface Sizes {
  readonly V: number
  readonly orders: number
  readonly steps: number
  readonly bits: number
  readonly seed: number
}

const sizes = fc.record({
  V: fc.integer({ min: 1, max: 40 }),
  orders: fc.integer({ min: 1, max: 4 }),
  steps: fc.integer({ min: 1, max: 12 }),
  bits: fc.integer({ min: 4, max: 8 }),
  seed: fc.nat(),
})

/** Direct connections over random contexts, few enough to come again; the same for each backend */
class Bench<Tensor> {
  readonly backend: Backend<Tensor>
  readonly sizes: Sizes
  readonly C: number
  readonly gateRows: number
  readonly table: Tensor
  readonly gates: Tensor
  readonly dgates: Tensor
  readonly states: Tensor
  readonly contexts: Int32Array
  readonly targets: Int32Array

  constructor(backend: Backend<Tensor>, sizes: Sizes) {
    const { V, orders, steps, bits, seed } = sizes
    const random = new Random(seed)
    const upTo = (count: number) => Math.floor(random.uniform() * count)
    this.backend = backend
    this.sizes = sizes
    this.C = orders + 3
    this.gateRows = this.C * (orders + 1) + 1
    this.table = backend.zeros(2 ** bits, LINE)
    this.gates = backend.zeros(this.gateRows, GATES)
    this.dgates = backend.zeros(this.gateRows, GATES)
    this.states = backend.zeros(steps, this.C)
    const hashes = Int32Array.from({ length: 30 }, () => random.next())
    this.contexts = Int32Array.from({ length: steps * (this.C + 2) }, (_, i) => {
      const column = i % (this.C + 2)
      return column < this.C ? hashes[upTo(30)]! : column === this.C ? upTo(V + 1) - 1 : upTo(24)
    })
    this.targets = Int32Array.from({ length: steps }, () => upTo(V))
    backend.write(
      this.gates,
      0,
      GATES,
      Float64Array.from({ length: this.gateRows * GATES }, () => random.normal()),
    )
  }

  /** Logits from zero, in one call or one step a call */
  logits(stride = this.sizes.steps): Float64Array {
    const { V, steps, orders } = this.sizes
    const ys = this.backend.zeros(steps, V)
    for (let from = 0; from < steps; from += stride) {
      const to = Math.min(steps, from + stride)
      this.backend.directForward(ys, this.table, this.gates, this.contexts, from, to, V, this.C, orders)
    }
    return this.backend.read(ys, 0, steps, V)
  }

  /** One update with errors that do not depend on the logits */
  learn(round: number): void {
    const { V, steps, orders, seed } = this.sizes
    const { backend, table, gates, dgates, states, contexts, targets, C } = this
    const dys = backend.zeros(steps, V)
    backend.write(dys, 0, V, errors(steps * V, seed + round))
    backend.clear(dgates)
    backend.directBackward(dgates, states, table, dys, contexts, 0, steps, V, C, orders)
    backend.directDescend(table, gates, states, dys, contexts, targets, 0, steps, V, C, 0.5, 0.5)
  }
}

function errors(length: number, seed: number): Float64Array {
  const random = new Random(seed)
  return Float64Array.from({ length }, () => random.uniform() - 0.5)
}

function expectClose(ours: Float64Array, theirs: Float64Array, tolerance: number): void {
  expect(ours.length).toBe(theirs.length)
  for (const [i, value] of ours.entries()) expect(Math.abs(value - theirs[i]!)).toBeLessThan(tolerance * (1 + Math.abs(theirs[i]!)))
}

describe('direct connections', () => {
  test.prop([sizes], { numRuns: 50 })('learn and predict the same in both backends', (given) => {
    const [simd, reference] = [new Bench(simdBackend(), given), new Bench(referenceBackend(), given)]
    for (let round = 0; round < 3; round++) {
      simd.learn(round)
      reference.learn(round)
      const read = <T>(bench: Bench<T>) => bench.backend.read(bench.dgates, 0, bench.gateRows, GATES)
      expectClose(read(simd), read(reference), 1e-4)
    }
    expectClose(simd.logits(), reference.logits(), 1e-4)
  })

  test.prop([sizes, fc.constantFrom(simdBackend, referenceBackend)])(
    'predict the same step by step, to the bit',
    (given, backend: () => Backend<unknown>) => {
      const bench = new Bench(backend(), given)
      bench.learn(0)
      bench.learn(1)
      expect(bench.logits(1)).toEqual(bench.logits())
    },
  )

  test('say nothing before they have learned, but for repetitions', () => {
    const bench = new Bench(referenceBackend(), { V: 10, orders: 3, steps: 5, bits: 6, seed: 1 })
    for (let t = 0; t < 5; t++) bench.contexts[t * (bench.C + 2) + bench.C] = -1
    expect(bench.logits().every((y) => y === 0)).toBe(true)
  })

  test('learn nothing from a step without a target', () => {
    const bench = new Bench(simdBackend(), { V: 10, orders: 3, steps: 5, bits: 6, seed: 1 })
    bench.targets.fill(-1)
    bench.learn(0)
    expect(bench.backend.read(bench.table, 0, 64, LINE).every((number) => number === 0)).toBe(true)
  })

  test.prop([sizes], { numRuns: 30 })('have the gradients of their gates that finite differences have', (given) => {
    const bench = new Bench(referenceBackend(), given)
    bench.learn(0)
    bench.learn(1)
    const { V, steps, orders } = given
    const dys = errors(steps * V, 5)
    const objective = () => bench.logits().reduce((sum, y, i) => sum + y * dys[i]!, 0)
    bench.dgates.fill(0)
    bench.backend.directBackward(bench.dgates, bench.states, bench.table, dys, bench.contexts, 0, steps, V, bench.C, orders)
    for (const [i, gradient] of bench.dgates.entries()) expect(Math.abs(slope(bench.gates, i, objective) - gradient)).toBeLessThan(1e-6)
  })

  test.prop([sizes], { numRuns: 30 })('have the gradients of their weights that finite differences have', (given) => {
    // one step, and an accumulator so large that Adagrad is plain descent
    const bench = new Bench(referenceBackend(), { ...given, steps: 1, bits: 12 })
    const { V, orders } = given
    const dys = errors(V, 5)
    bench.learn(0)
    bench.learn(1)
    const objective = () => bench.logits().reduce((sum, y, i) => sum + y * dys[i]!, 0)
    const weights = [...bench.table.keys()].filter((i) => i % LINE < 4 && bench.table[i] !== 0)
    const slopes = weights.map((i) => slope(bench.table, i, objective))
    const before = bench.table.slice()
    bench.backend.directBackward(bench.dgates, bench.states, bench.table, dys, bench.contexts, 0, 1, V, bench.C, orders)
    // contexts that came twice in the step would step twice
    const once = new Set(bench.contexts.subarray(0, bench.C)).size === bench.C
    const huge = 1e12
    bench.backend.directDescend(bench.table, bench.gates, bench.states, dys, bench.contexts, bench.targets, 0, 1, V, bench.C, huge ** 0.5, huge)
    if (once) weights.forEach((i, k) => expect(Math.abs(before[i]! - bench.table[i]! - slopes[k]!)).toBeLessThan(1e-6))
  })

  test('keep to their memory and continue learning when the table is full', () => {
    const bench = new Bench(simdBackend(), { V: 40, orders: 4, steps: 12, bits: 4, seed: 3 })
    for (let round = 0; round < 200; round++) bench.learn(round)
    expect(bench.logits().every(Number.isFinite)).toBe(true)
  })

  test('make room for every symbol that followed a context, 64 at most', () => {
    const bench = new Bench(referenceBackend(), { V: 100, orders: 1, steps: 1, bits: 10, seed: 1 })
    bench.contexts.fill(bench.contexts[0]!)
    for (let symbol = 0; symbol < 100; symbol++) {
      bench.targets[0] = symbol
      bench.learn(symbol)
    }
    bench.contexts[bench.C] = -1
    const heard = bench.logits().filter((y) => y !== 0).length
    expect(heard).toBeGreaterThan(50)
    expect(heard).toBeLessThanOrEqual(64)
  })
})

function slope(numbers: Float64Array, i: number, objective: () => number): number {
  const value = numbers[i]!
  const at = (x: number) => {
    numbers[i] = x
    return objective()
  }
  const [up, down] = [at(value + 1e-4), at(value - 1e-4)]
  numbers[i] = value
  return (up - down) / 2e-4
}
