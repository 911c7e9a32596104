import { fc, test } from '@fast-check/vitest'
import { Random } from 'rxrnn'
import { describe, expect } from 'vitest'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { simdBackend } from '../../src/kernels/simd/index.ts'

const LINE = 8
/** Numbers in a row of gates: as they are, and where a network conducts */
const GATES = [60, 68] as const

interface Sizes {
  readonly V: number
  readonly orders: number
  readonly steps: number
  readonly bits: number
  readonly seed: number
  readonly G: number
}

const sizes = fc.record({
  V: fc.integer({ min: 1, max: 40 }),
  orders: fc.integer({ min: 1, max: 4 }),
  steps: fc.integer({ min: 1, max: 12 }),
  bits: fc.integer({ min: 4, max: 8 }),
  seed: fc.nat(),
  G: fc.constantFrom(...GATES),
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
  readonly gains: Tensor
  readonly us: Tensor
  readonly contexts: Int32Array
  readonly targets: Int32Array
  readonly moves: Float64Array

  constructor(backend: Backend<Tensor>, sizes: Sizes) {
    const { V, orders, steps, bits, seed, G } = sizes
    const random = new Random(seed)
    const upTo = (count: number) => Math.floor(random.uniform() * count)
    this.backend = backend
    this.sizes = sizes
    this.C = orders + 3
    this.gateRows = this.C * (orders + 1) + 1
    this.table = backend.zeros(2 ** bits, LINE)
    this.gates = backend.zeros(this.gateRows, G)
    this.dgates = backend.zeros(this.gateRows, G)
    this.gains = backend.zeros(steps, this.C)
    this.us = backend.zeros(steps, this.U)
    const hashes = Int32Array.from({ length: 30 }, () => random.next())
    this.contexts = Int32Array.from({ length: steps * (this.C + 2) }, (_, i) => {
      const column = i % (this.C + 2)
      return column < this.C ? hashes[upTo(30)]! : column === this.C ? upTo(V + 1) - 1 : upTo(24)
    })
    this.targets = Int32Array.from({ length: steps }, () => upTo(V))
    const normals = (length: number) => Float64Array.from({ length }, () => random.normal())
    backend.write(this.gates, 0, G, normals(this.gateRows * G))
    this.moves = normals(steps * this.U)
    this.move()
  }

  /** Numbers in a row of what moves the gates */
  get U(): number {
    return 3 * this.C + 1
  }

  /** The backward pass makes gradients of what moves the gates */
  move(): void {
    this.backend.write(this.us, 0, this.U, this.moves)
  }

  /** Logits from zero, in one call or one step a call */
  logits(stride = this.sizes.steps): Float64Array {
    const { V, steps, orders, G } = this.sizes
    const ys = this.backend.zeros(steps, V)
    for (let from = 0; from < steps; from += stride) {
      const to = Math.min(steps, from + stride)
      this.backend.directForward(ys, this.us, this.table, this.gates, this.contexts, from, to, V, this.C, orders, G)
    }
    return this.backend.read(ys, 0, steps, V)
  }

  /** One update with errors that do not depend on the logits */
  learn(round: number): void {
    const { V, steps, G, seed } = this.sizes
    const { backend, table, gains, contexts, targets, C } = this
    const dys = backend.zeros(steps, V)
    backend.write(dys, 0, V, this.errors(seed + round))
    this.backward(dys)
    backend.directDescend(table, gains, dys, contexts, targets, 0, steps, V, C, G, 0.5, 0.5)
  }

  backward(dys: Tensor): void {
    const { V, steps, orders, G } = this.sizes
    this.move()
    this.backend.clear(this.dgates)
    const { dgates, gains, us, table, gates, contexts, C } = this
    const lessons = Int32Array.from({ length: steps }, (_, t) => t)
    this.backend.directBackward(dgates, gains, us, table, gates, dys, contexts, lessons, 0, V, C, orders, G)
  }

  /** What the loss might say of the logits */
  errors(seed: number): Float64Array {
    const random = new Random(seed)
    const { V, steps } = this.sizes
    return Float64Array.from({ length: steps * V }, () => random.uniform() - 0.5)
  }

  tops(): Int32Array {
    const { steps, orders } = this.sizes
    const tops = new Int32Array(2 * steps)
    this.backend.directTop(tops, this.table, this.contexts, 0, steps, this.C, orders)
    return tops
  }
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
      const read = <T>(bench: Bench<T>) => bench.backend.read(bench.dgates, 0, bench.gateRows, given.G)
      const readMoves = <T>(bench: Bench<T>) => bench.backend.read(bench.us, 0, given.steps, bench.U)
      expectClose(read(simd), read(reference), 1e-4)
      expectClose(readMoves(simd), readMoves(reference), 1e-4)
    }
    simd.move()
    reference.move()
    expectClose(simd.logits(), reference.logits(), 1e-4)
    expect(simd.tops()).toEqual(reference.tops())
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
    const bench = new Bench(referenceBackend(), { V: 10, orders: 3, steps: 5, bits: 6, seed: 1, G: 60 })
    for (let t = 0; t < 5; t++) bench.contexts[t * (bench.C + 2) + bench.C] = -1
    expect(bench.logits().every((y) => y === 0)).toBe(true)
  })

  test.prop([sizes, fc.constantFrom(simdBackend, referenceBackend), fc.nat({ max: 11 })])(
    'send back of some steps what they send back among all whose other errors are zero, to the bit',
    (given, backend: () => Backend<unknown>, skipped) => {
      const errors = new Bench(referenceBackend(), given).errors(1)
      const { V, steps, orders, G } = given
      const lessons = Int32Array.from([...Array(steps).keys()].filter((t) => t % 3 !== skipped % 3))
      const trained = () => {
        const bench = new Bench(backend(), given)
        bench.learn(0)
        return bench
      }
      const [all, some] = [trained(), trained()]
      const dys = all.backend.zeros(steps, V)
      for (const t of lessons) all.backend.write(dys, t, V, errors.subarray(t * V, (t + 1) * V))
      all.backward(dys)
      some.move()
      some.backend.clear(some.dgates)
      const rows = some.backend.zeros(steps, V)
      const width = some.C + 2
      const contexts = new Int32Array(steps * width)
      for (const [k, t] of lessons.entries()) {
        some.backend.write(rows, k, V, errors.subarray(t * V, (t + 1) * V))
        contexts.set(some.contexts.subarray(t * width, (t + 1) * width), k * width)
      }
      some.backend.directBackward(some.dgates, some.gains, some.us, some.table, some.gates, rows, contexts, lessons, 0, V, some.C, orders, G)
      const read = (bench: Bench<unknown>, tensor: unknown, t: number, columns: number) => bench.backend.read(tensor, t, t + 1, columns)
      expect(some.backend.read(some.dgates, 0, some.gateRows, G)).toEqual(all.backend.read(all.dgates, 0, all.gateRows, G))
      for (const [k, t] of lessons.entries()) {
        expect(read(some, some.gains, k, some.C)).toEqual(read(all, all.gains, t, all.C))
        if (G === 68) expect(read(some, some.us, k, some.U)).toEqual(read(all, all.us, t, all.U))
      }
    },
  )

  test.prop([sizes], { numRuns: 30 })('have the gradients of their gates that finite differences have', (given) => {
    const bench = new Bench(referenceBackend(), given)
    bench.learn(0)
    bench.learn(1)
    const dys = bench.errors(5)
    const objective = () => bench.logits().reduce((sum, y, i) => sum + y * dys[i]!, 0)
    bench.backward(dys)
    const moves = bench.us.slice()
    bench.move()
    for (const [i, gradient] of bench.dgates.entries()) expect(Math.abs(slope(bench.gates, i, objective) - gradient)).toBeLessThan(1e-6)
    if (given.G === 68) for (const [i, gradient] of moves.entries()) expect(Math.abs(slope(bench.us, i, objective) - gradient)).toBeLessThan(1e-6)
    else expect(moves).toEqual(bench.moves)
  })

  test('give the symbol that came last its place, and count how often it came in a row', () => {
    const bench = new Bench(referenceBackend(), { V: 9, orders: 1, steps: 1, bits: 8, seed: 1, G: 68 })
    bench.contexts.fill(bench.contexts[0]!)
    bench.contexts[bench.C] = -1
    bench.gates.fill(0)
    // only what the last symbol gains
    bench.gates.forEach((_, i) => void (bench.gates[i] = i % 68 >= 60 ? i % 68 : 0))
    bench.moves.fill(0)
    const heard = (...targets: number[]) => {
      for (const target of targets) {
        bench.targets[0] = target
        bench.learn(target)
      }
      bench.move()
      // each of the four contexts is the same one: it came four times as often
      return [...bench.logits().entries()].filter(([, y]) => y !== 0).map(([symbol, y]) => [symbol, y / bench.C])
    }
    expect(heard(3)).toEqual([[3, 64]])
    expect(heard(5)).toEqual([[5, 64]])
    expect(heard(3, 3)).toEqual([[3, 65]])
    expect(heard(...Array.from({ length: 20 }, () => 3))).toEqual([[3, 67]])
    expect(heard(1, 2)).toEqual([[2, 64]])
    // a fifth symbol has no place in the first line
    expect(heard(7)).toEqual([])
    expect(heard(1)).toEqual([[1, 64]])
  })

  test.prop([sizes], { numRuns: 30 })('have the gradients of their weights that finite differences have', (given) => {
    // one step, and an accumulator so large that Adagrad is plain descent
    const bench = new Bench(referenceBackend(), { ...given, steps: 1, bits: 12 })
    const { V, G } = given
    bench.targets.fill(0)
    const dys = bench.errors(5)
    bench.learn(0)
    bench.learn(1)
    bench.move()
    const objective = () => bench.logits().reduce((sum, y, i) => sum + y * dys[i]!, 0)
    const weights = [...bench.table.keys()].filter((i) => i % LINE < 4 && bench.table[i] !== 0)
    const slopes = weights.map((i) => slope(bench.table, i, objective))
    const before = weights.map((i) => ({ value: bench.table[i]!, symbol: symbolAt(bench.table, i) }))
    bench.backward(dys)
    // contexts that came twice in the step would step twice
    const once = new Set(bench.contexts.subarray(0, bench.C)).size === bench.C
    const huge = 1e12
    bench.backend.directDescend(bench.table, bench.gains, dys, bench.contexts, bench.targets, 0, 1, V, bench.C, G, huge ** 0.5, huge)
    if (!once) return
    for (const [k, i] of weights.entries()) {
      const { value, symbol } = before[k]!
      // the symbol that came last has changed its place with another
      const place = [0, 1, 2, 3].map((cell) => i - (i % LINE) + cell).find((at) => symbolAt(bench.table, at) === symbol)!
      expect(Math.abs(value - bench.table[place]! - slopes[k]!)).toBeLessThan(1e-6)
    }
  })

  test('keep to their memory and continue learning when the table is full', () => {
    const bench = new Bench(simdBackend(), { V: 40, orders: 4, steps: 12, bits: 4, seed: 3, G: 68 })
    for (let round = 0; round < 200; round++) bench.learn(round)
    expect(bench.logits().every(Number.isFinite)).toBe(true)
  })

  test('make room for every symbol that followed a context, 32 at most', () => {
    const bench = new Bench(referenceBackend(), { V: 100, orders: 1, steps: 1, bits: 10, seed: 1, G: 60 })
    bench.contexts.fill(bench.contexts[0]!)
    for (let symbol = 0; symbol < 100; symbol++) {
      bench.targets[0] = symbol
      bench.learn(symbol)
    }
    bench.contexts[bench.C] = -1
    const heard = bench.logits().filter((y) => y !== 0).length
    expect(heard).toBeGreaterThan(25)
    expect(heard).toBeLessThanOrEqual(32)
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

/** The symbol of a weight, plus 1 */
function symbolAt(table: Float64Array, i: number): number {
  const cell = i % LINE
  const pair = table[i - cell + 5 + (cell >> 1)]!
  return cell % 2 === 0 ? pair & 0xffff : pair >>> 16
}
