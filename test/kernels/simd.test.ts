import { fc, test } from '@fast-check/vitest'
import { afterEach, describe, expect } from 'vitest'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { simdBackend, simdSupported, type Tensor } from '../../src/kernels/simd/index.ts'

const reference = referenceBackend()
const simd = simdBackend()

/** A matrix in both backends */
interface Pair {
  readonly exact: Float64Array
  readonly tensor: Tensor
  readonly rows: number
  readonly columns: number
}

const pairs: Pair[] = []

afterEach(() => {
  for (const { tensor } of pairs.splice(0)) simd.free(tensor)
})

function pair(rows: number, columns: number, value: () => number = () => 0): Pair {
  const exact = Float64Array.from({ length: rows * columns }, () => Math.fround(value()))
  const tensor = simd.zeros(rows, columns)
  simd.write(tensor, 0, columns, exact)
  pairs.push({ exact, tensor, rows, columns })
  return { exact, tensor, rows, columns }
}

function read({ tensor, rows, columns }: Pair): Float64Array {
  return simd.read(tensor, 0, rows, columns)
}

/** Runs the same kernel call on both backends; `of` picks the backend's side of a pair */
function both(call: <T>(backend: Backend<T>, of: (pair: Pair) => T) => void): void {
  call(reference, ({ exact }) => exact)
  call(simd, ({ tensor }) => tensor)
}

/** Millions of numbers are compared, and `expect` takes a microsecond or more: it is asked only when one is not near */
function expectNear(pair: Pair, tolerance: number): void {
  const values = read(pair)
  for (const [i, exact] of pair.exact.entries()) {
    if (!isNear(values[i]!, exact, tolerance)) expect.fail(`${values[i]} for ${exact} at ${i}`)
  }
}

/** NaN for NaN, infinity for infinity, and otherwise near */
function isNear(value: number, exact: number, tolerance: number): boolean {
  return Number.isFinite(exact) ? Math.abs(value - exact) <= tolerance * (1 + Math.abs(exact)) : Object.is(value, exact)
}

/** Numbers in [-1, 1) from a seed: mulberry32 */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1
  }
}

/** Mostly ordinary numbers, sometimes one at the edge of float32 */
function edgy(random: () => number, edges: readonly number[]): () => number {
  return () => (random() < 0.9 ? random() : edges[Math.floor(((random() + 1) / 2) * edges.length)]!)
}

function ordinals(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, t) => t)
}

function symbols(random: () => number, count: number, V: number): Int32Array {
  return Int32Array.from({ length: count }, () => Math.floor(((random() + 1) / 2) * V))
}

const DENORMALS = [0, -0, 1e-45, -1e-45, 1e-39, -1e-39, 1.2e-38]
const NON_FINITE = [...DENORMALS, Infinity, -Infinity, NaN]

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 140 }))
// a gated cell has 3 or 4 times the weights, and each is compared
const gatedSize = fc.integer({ min: 1, max: 24 })
const steps = fc.nat({ max: 30 })
const seed = fc.integer()
const edges = fc.constantFrom([0], DENORMALS, NON_FINITE)

describe('the SIMD kernels agree with the reference', () => {
  test.prop([size, size, steps, seed])('in rnnForward', (H, V, T, seed) => {
    const random = generator(seed)
    const weight = () => random() / Math.sqrt(H)
    const hs = pair(T + 1, H, random)
    const [Wxh, Whh, bh] = [pair(V, H, random), pair(H, H, weight), pair(1, H, random)]
    const inputs = symbols(random, T, V)
    both((backend, of) => backend.rnnForward(of(hs), inputs, of(Wxh), of(Whh), of(bh), 0, T, H))
    expectNear(hs, 1e-5)
  })

  test.prop([size, size, seed, edges])('in one step of rnnForward, whatever the numbers', (H, V, seed, edges) => {
    const random = generator(seed)
    const value = edgy(random, edges)
    const hs = pair(3, H, value)
    const [Wxh, Whh, bh] = [pair(V, H, value), pair(H, H, random), pair(1, H, value)]
    const inputs = symbols(random, 2, V)
    both((backend, of) => backend.rnnForward(of(hs), inputs, of(Wxh), of(Whh), of(bh), 1, 2, H))
    expectNear(hs, 1e-4)
  })

  test.prop([size, size, steps, seed])('in rnnBackward', (H, V, T, seed) => {
    const random = generator(seed)
    const weight = () => random() / Math.sqrt(H)
    const [hs, Whh] = [pair(T + 1, H, random), pair(H, H, weight)]
    const dhs = pair(T + 1, H, random)
    const [dWxh, dWhh, dbh] = [pair(V, H, random), pair(H, H, random), pair(1, H, random)]
    const inputs = symbols(random, T, V)
    const last = read(dhs).slice(T * H)
    both((backend, of) => {
      backend.write(of(dhs), 0, H, new Float64Array(H))
      backend.rnnBackward(of(dWxh), of(dWhh), of(dbh), of(dhs), of(hs), inputs, of(Whh), T, H)
    })
    for (const gradient of [dWxh, dWhh, dbh]) expectNear(gradient, 1e-4)
    expectNear({ ...dhs, rows: 1, exact: dhs.exact.subarray(0, H) }, 1e-4)
    if (T > 0) expect(read(dhs).slice(T * H)).toEqual(last)
  })

  test.prop([size, size, steps, fc.nat({ max: 3 }), seed, edges])('in symbolForward and symbolBackward', (X, V, T, from, seed, edges) => {
    const random = generator(seed)
    const [xs, Wx, bx] = [pair(from + T, X), pair(V, X, edgy(random, edges)), pair(1, X, random)]
    const [dWx, dbx] = [pair(V, X, random), pair(1, X, random)]
    const inputs = symbols(random, from + T, V)
    both((backend, of) => {
      backend.symbolForward(of(xs), inputs, of(Wx), of(bx), from, from + T, X)
      backend.symbolBackward(of(dWx), of(dbx), of(xs), inputs, from + T, X)
    })
    for (const tensor of [xs, dWx, dbx]) expectNear(tensor, 1e-5)
  })

  test.prop([gatedSize, steps, seed], { numRuns: 40 })('in gruForward and gruBackward', (H, T, seed) => {
    const random = generator(seed)
    const weight = () => random() / Math.sqrt(H)
    const [hs, dhs, gates, xs] = [pair(T + 1, H, random), pair(T + 1, H, random), pair(T, 4 * H), pair(T, 3 * H, () => 3 * random())]
    const [Whh, bhh, dWhh, dbhh] = [pair(3 * H, H, weight), pair(1, 3 * H, random), pair(3 * H, H, random), pair(1, 3 * H, random)]
    both((backend, of) => backend.gruForward(of(hs), of(gates), of(xs), of(Whh), of(bhh), 0, T, H))
    for (const tensor of [hs, gates]) expectNear(tensor, 1e-4)
    // in the backward pass xs becomes its own gradient
    both((backend, of) => backend.gruBackward(of(dWhh), of(dbhh), of(dhs), of(xs), of(hs), of(gates), of(Whh), T, H))
    for (const gradient of [dWhh, dbhh, xs]) expectNear(gradient, 1e-3)
    expectNear({ ...dhs, rows: 1, exact: dhs.exact.subarray(0, H) }, 1e-3)
  })

  test.prop([gatedSize, steps, seed], { numRuns: 40 })('in lstmForward and lstmBackward', (H, T, seed) => {
    const random = generator(seed)
    const weight = () => random() / Math.sqrt(H)
    const [hs, dhs, cs] = [pair(T + 1, H, random), pair(T + 1, H, random), pair(T + 1, H, random)]
    const [gates, xs] = [pair(T, 5 * H), pair(T, 4 * H, () => 3 * random())]
    const [Whh, bhh, dWhh, dbhh] = [pair(4 * H, H, weight), pair(1, 4 * H, random), pair(4 * H, H, random), pair(1, 4 * H, random)]
    both((backend, of) => backend.lstmForward(of(hs), of(cs), of(gates), of(xs), of(Whh), of(bhh), 0, T, H))
    for (const tensor of [hs, cs, gates]) expectNear(tensor, 1e-4)
    both((backend, of) => backend.lstmBackward(of(dWhh), of(dbhh), of(dhs), of(xs), of(hs), of(cs), of(gates), of(Whh), T, H))
    for (const gradient of [dWhh, dbhh, xs]) expectNear(gradient, 1e-3)
    expectNear({ ...dhs, rows: 1, exact: dhs.exact.subarray(0, H) }, 1e-3)
  })

  test.prop([gatedSize, steps, seed], { numRuns: 40 })('in miForward and miBackward', (H, T, seed) => {
    const random = generator(seed)
    const weight = () => random() / Math.sqrt(H)
    const [hs, dhs, gates, xs] = [pair(T + 1, H, random), pair(T + 1, H, random), pair(T, 2 * H), pair(T, H, () => 3 * random())]
    const [Whh, factors, bhh] = [pair(H, H, weight), pair(3, H, random), pair(1, H, random)]
    const [dWhh, dfactors, dbhh] = [pair(H, H, random), pair(3, H, random), pair(1, H, random)]
    both((backend, of) => backend.miForward(of(hs), of(gates), of(xs), of(Whh), of(factors), of(bhh), 0, T, H))
    for (const tensor of [hs, gates]) expectNear(tensor, 1e-4)
    both((backend, of) => backend.miBackward(of(dWhh), of(dfactors), of(dbhh), of(dhs), of(xs), of(hs), of(gates), of(Whh), of(factors), T, H))
    for (const gradient of [dWhh, dfactors, dbhh, xs]) expectNear(gradient, 1e-3)
    expectNear({ ...dhs, rows: 1, exact: dhs.exact.subarray(0, H) }, 1e-3)
  })

  test.prop([size, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), steps, seed, fc.constantFrom(0.3, Infinity)], { numRuns: 40 })(
    'in the embeddings',
    (X, rows, N, T, seed, clip) => {
      const random = generator(seed)
      const [xs, E, dE, v] = [pair(T, X, random), pair(rows, X, random), pair(rows, X), pair(rows, 1, () => Math.abs(random()))]
      const features = symbols(random, T * N, rows + 1).map((feature) => feature - 1)
      const touched = Int32Array.from(new Set(features.filter((feature) => feature >= 0)))
      const norms: number[] = []
      both((backend, of) => {
        backend.embeddingForward(of(xs), features, of(E), 0, T, N, X)
        backend.embeddingBackward(of(dE), of(xs), features, T, N, X)
        norms.push(backend.embeddingSquaredNorm(of(dE), touched, X))
      })
      for (const tensor of [xs, dE]) expectNear(tensor, 1e-4)
      expect(Math.abs(norms[0]! - norms[1]!)).toBeLessThanOrEqual(1e-4 * (1 + norms[0]!))
      both((backend, of) => backend.embeddingDescend(of(E), of(v), of(dE), touched, X, 0.1, clip, 0.9, 0.1, 1e-3))
      for (const tensor of [E, v]) expectNear(tensor, 1e-4)
      expectNear(dE, 0)
    },
  )

  test.prop([size, seed, edges])('in one step of the gated cells, whatever the numbers', (H, seed, edges) => {
    const random = generator(seed)
    const value = edgy(random, edges)
    const states = () => pair(3, H, value)
    const [hs, states2, cs, states3] = [states(), states(), states(), states()]
    const mi = { xs: pair(2, H, value), gates: pair(2, 2 * H), Whh: pair(H, H, random), factors: pair(3, H, random), bhh: pair(1, H, value) }
    const [gru, lstm] = [3, 4].map((G) => ({
      xs: pair(2, G * H, value),
      gates: pair(2, (G + 1) * H),
      Whh: pair(G * H, H, random),
      bhh: pair(1, G * H, value),
    }))
    both((backend, of) => {
      backend.gruForward(of(hs), of(gru!.gates), of(gru!.xs), of(gru!.Whh), of(gru!.bhh), 1, 2, H)
      backend.lstmForward(of(states2), of(cs), of(lstm!.gates), of(lstm!.xs), of(lstm!.Whh), of(lstm!.bhh), 1, 2, H)
      backend.miForward(of(states3), of(mi.gates), of(mi.xs), of(mi.Whh), of(mi.factors), of(mi.bhh), 1, 2, H)
    })
    for (const tensor of [hs, states2, cs, states3]) expectNear(tensor, 1e-4)
  })

  test.prop([size, size, steps, fc.nat({ max: 3 }), seed, edges])('in outputForward', (H, V, T, from, seed, edges) => {
    const random = generator(seed)
    const [hs, ys] = [pair(from + T + 1, H, edgy(random, edges)), pair(from + T, V)]
    const [Why, by] = [pair(V, H, random), pair(1, V, edgy(random, edges))]
    both((backend, of) => backend.outputForward(of(ys), of(hs), of(Why), of(by), from, from + T, V, H))
    expectNear(ys, 1e-4)
  })

  test.prop([size, size, steps, fc.nat({ max: 3 }), seed, edges])('in outputBackward', (H, V, T, apart, seed, edges) => {
    const random = generator(seed)
    const lessons = Int32Array.from({ length: T }, (_, k) => k * (apart + 1))
    const [hs, dhs] = [pair(T * (apart + 1) + 1, H, random), pair(T * (apart + 1) + 1, H, random)]
    const dys = pair(T, V, edgy(random, edges))
    const [dWhy, dby, Why] = [pair(V, H, random), pair(1, V, random), pair(V, H, random)]
    both((backend, of) => backend.outputBackward(of(dWhy), of(dby), of(dhs), of(dys), of(hs), of(Why), lessons, V, H))
    for (const gradient of [dWhy, dby, dhs]) expectNear(gradient, 1e-4)
  })

  test.prop([size, steps, fc.nat({ max: 3 }), seed, edges, fc.constantFrom(1, 30, 1e4)])(
    'in softmaxForward and the cross-entropy',
    (V, T, from, seed, edges, scale) => {
      const random = generator(seed)
      const value = edgy(random, edges)
      const [ys, ps, logZs] = [pair(from + T, V, () => value() * scale), pair(from + T, V), pair(from + T, 1)]
      const targets = symbols(random, from + T, V)
      const lessons = ordinals(from + T).filter((t) => t >= from && random() > -0.5)
      const losses: Float64Array[] = []
      both((backend, of) => {
        const some = new Float64Array(T)
        losses.push(some)
        backend.softmaxForward(of(ps), of(logZs), of(ys), from, from + T, V)
        backend.crossEntropyForward(some, of(logZs), of(ys), targets, from, from + T, V)
        backend.crossEntropyBackward(of(ps), targets, lessons, V)
      })
      expectNear(ps, 1e-5)
      expectNear(logZs, 1e-6)
      const [exact, values] = losses
      for (let t = 0; t < T; t++) {
        if (Number.isFinite(exact![t])) expect(values![t]).toBeCloseTo(exact![t]!, scale === 1e4 ? 2 : 4)
        else expect(values![t]).toBe(exact![t])
      }
    },
  )

  test.prop([size, size, seed, edges, fc.constantFrom(0.3, 5, Infinity)])('in squaredNorm and sgd', (rows, columns, seed, edges, clip) => {
    const random = generator(seed)
    const [w, dw] = [pair(rows, columns, random), pair(rows, columns, edgy(random, edges))]
    const norm = reference.squaredNorm(dw.exact, rows, columns)
    const ours = simd.squaredNorm(dw.tensor, rows, columns)
    if (Number.isFinite(norm)) expect(Math.abs(ours - norm)).toBeLessThanOrEqual(1e-5 * (1 + norm))
    else expect(Number.isFinite(ours)).toBe(false)
    both((backend, of) => backend.sgd(of(w), of(dw), rows, columns, 0.1, clip))
    expectNear(w, 1e-6)
    expectNear(dw, 0)
  })

  test.prop([size, size, seed, edges, fc.constantFrom(0.3, 5, Infinity), fc.constantFrom(0, 1e-8, 0.1)])(
    'in adagrad',
    (rows, columns, seed, edges, clip, epsilon) => {
      const random = generator(seed)
      const [w, m, dw] = [
        pair(rows, columns, random),
        pair(rows, columns, () => Math.max(0, random())),
        pair(rows, columns, () => (random() < 0.5 ? edgy(random, edges)() : 0)),
      ]
      // the square of such a small gradient is zero in float32 and not in float64, which matters only without an epsilon
      fc.pre(epsilon > 0 || edges !== DENORMALS)
      if (epsilon === 0 && edges !== DENORMALS) dropDenormals(dw)
      both((backend, of) => backend.adagrad(of(w), of(m), of(dw), rows, columns, 0.1, clip, epsilon))
      for (const part of [w, m]) expectNear(part, 1e-5)
      expectNear(dw, 0)
    },
  )

  test.prop([size, size, seed, edges, fc.constantFrom(0.3, 5, Infinity), fc.constantFrom(0, 0.5, 0.99)], { numRuns: 25 })(
    'in momentum, rmsprop and adam',
    (rows, columns, seed, edges, clip, keep) => {
      const random = generator(seed)
      const gradient = () => pair(rows, columns, () => (random() < 0.5 ? edgy(random, edges)() : 0))
      const [w, m, v] = [pair(rows, columns, random), pair(rows, columns, random), pair(rows, columns, () => Math.abs(random()))]
      const descents = [
        (backend, of, dw) => backend.momentum(of(w), of(m), of(dw), rows, columns, 0.1, clip, keep),
        (backend, of, dw) => backend.rmsprop(of(w), of(v), of(dw), rows, columns, 0.1, clip, keep, 1, 0.01),
        (backend, of, dw) => backend.rmsprop(of(w), of(v), of(dw), rows, columns, 0.1, clip, keep, 1 - keep, 0.01),
        (backend, of, dw) => backend.adam(of(w), of(m), of(v), of(dw), rows, columns, 0.1, clip, keep, 0.99, 0.01),
      ] satisfies (<T>(backend: Backend<T>, of: (pair: Pair) => T, dw: Pair) => void)[]
      for (const descend of descents) {
        const dw = gradient()
        both((backend, of) => descend(backend, of, dw))
        for (const part of [w, m, v]) expectNear(part, 1e-4)
        expectNear(dw, 0)
      }
    },
  )

  test.prop([size, size, seed])('in scale', (rows, columns, seed) => {
    const dw = pair(rows, columns, generator(seed))
    both((backend, of) => backend.scale(of(dw), rows, columns, 0.3))
    expectNear(dw, 1e-7)
  })
})

function dropDenormals({ exact, tensor, columns }: Pair): void {
  for (const [i, value] of exact.entries()) if (Math.abs(value) < 1e-15) exact[i] = 0
  simd.write(tensor, 0, columns, exact)
}

describe('the SIMD kernels', () => {
  test.prop([size, size, steps, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 30, maxLength: 30 }), seed])(
    'give the same bits for many steps at once and for a few at a time',
    (H, V, T, cuts, seed) => {
      const forward = (lengths: readonly number[]) => {
        const random = generator(seed)
        const [hs, ys, ps, logZs] = [pair(T + 1, H, random), pair(T, V), pair(T, V), pair(T, 1)]
        const [Wxh, Whh, bh] = [pair(V, H, random), pair(H, H, random), pair(1, H, random)]
        const [Why, by] = [pair(V, H, random), pair(1, V, random)]
        const inputs = symbols(random, T, V)
        for (let from = 0, i = 0; from < T; i++) {
          const to = Math.min(T, from + lengths[i]!)
          simd.rnnForward(hs.tensor, inputs, Wxh.tensor, Whh.tensor, bh.tensor, from, to, H)
          simd.outputForward(ys.tensor, hs.tensor, Why.tensor, by.tensor, from, to, V, H)
          simd.softmaxForward(ps.tensor, logZs.tensor, ys.tensor, from, to, V)
          from = to
        }
        return [hs, ys, ps, logZs].map(read)
      }
      const atOnce = forward([T])
      expect(forward(cuts)).toEqual(atOnce)
      expect(forward(Array.from({ length: T }, () => 1))).toEqual(atOnce)
    },
  )

  test.prop([gatedSize, steps, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 30, maxLength: 30 }), seed])(
    'give the same bits for many steps of the gated cells at once and for a few at a time',
    (H, T, cuts, seed) => {
      const forward = (lengths: readonly number[]) => {
        const random = generator(seed)
        const [below, middle, top, cs, above] = Array.from({ length: 5 }, () => pair(T + 1, H, random).tensor)
        const [Wh1, factors, b1, xs1, gates2] = [pair(H, H, random), pair(3, H, random), pair(1, H, random), pair(T, H), pair(T, 2 * H)].map(
          ({ tensor }) => tensor,
        )
        const [Wx3, Wh3, Wx4, Wh4] = [3, 3, 4, 4].map((G) => pair(G * H, H, random).tensor)
        const [b3, b4] = [3, 4].map((G) => pair(1, G * H, random).tensor)
        const [xs3, gates3, xs4, gates4] = [3, 4, 4, 5].map((G) => pair(T, G * H).tensor)
        for (let from = 0, i = 0; from < T; i++) {
          const to = Math.min(T, from + lengths[i]!)
          simd.outputForward(xs3!, below!, Wx3!, b3!, from, to, 3 * H, H)
          simd.gruForward(middle!, gates3!, xs3!, Wh3!, b3!, from, to, H)
          simd.outputForward(xs4!, middle!, Wx4!, b4!, from, to, 4 * H, H)
          simd.lstmForward(top!, cs!, gates4!, xs4!, Wh4!, b4!, from, to, H)
          simd.outputForward(xs1!, top!, Wh1!, b1!, from, to, H, H)
          simd.miForward(above!, gates2!, xs1!, Wh1!, factors!, b1!, from, to, H)
          from = to
        }
        return [middle!, top!, cs!, above!].map((states) => simd.read(states, 0, T + 1, H))
      }
      expect(forward(cuts)).toEqual(forward([T]))
    },
  )

  test.prop([size, size, seed])('continue with ordinary numbers after gradients that were not finite', (H, V, seed) => {
    const random = generator(seed)
    const T = 5
    const [hs, dhs, dys] = [pair(T + 1, H, random), pair(T + 1, H), pair(T, V, edgy(random, NON_FINITE))]
    const [Whh, Why, bh, by] = [pair(H, H, random), pair(V, H, random), pair(1, H, random), pair(1, V, random)]
    const [dWxh, dWhh, dWhy, dbh, dby] = [pair(V, H), pair(H, H), pair(V, H), pair(1, H), pair(1, V)]
    const [mhh, mhy, mh, my] = [pair(H, H), pair(V, H), pair(1, H), pair(1, V)]
    const inputs = symbols(random, T, V)
    both((backend, of) => {
      backend.outputBackward(of(dWhy), of(dby), of(dhs), of(dys), of(hs), of(Why), ordinals(T), V, H)
      backend.rnnBackward(of(dWxh), of(dWhh), of(dbh), of(dhs), of(hs), inputs, of(Whh), T, H)
    })
    const updates = [
      [Whh, mhh, dWhh],
      [Why, mhy, dWhy],
      [bh, mh, dbh],
      [by, my, dby],
    ] as const
    for (const [w, m, dw] of updates) {
      both((backend, of) => backend.adagrad(of(w), of(m), of(dw), w.rows, w.columns, 0.1, 5, 1e-8))
      const fresh = Float64Array.from(w.exact, random)
      both((backend, of) => backend.write(of(w), 0, w.columns, fresh))
    }
    const [Wxh, ys] = [pair(V, H, random), pair(T, V)]
    const small = Whh.exact.map((value) => value / Math.sqrt(H))
    both((backend, of) => {
      backend.write(of(Whh), 0, H, small)
      backend.rnnForward(of(hs), inputs, of(Wxh), of(Whh), of(bh), 0, T, H)
      backend.outputForward(of(ys), of(hs), of(Why), of(by), 0, T, V, H)
    })
    expectNear(hs, 1e-5)
    expectNear(ys, 1e-4)
  })

  test('have the gradients that finite differences have', () => {
    const [H, V, T] = [7, 5, 6]
    const random = generator(7)
    const [hs, dhs, ys, ps, logZs] = [pair(T + 1, H, random), pair(T + 1, H), pair(T, V), pair(T, V), pair(T, 1)]
    const weights = [pair(V, H, random), pair(H, H, random), pair(1, H, random), pair(V, H, random), pair(1, V, random)] as const
    const gradients = [pair(V, H), pair(H, H), pair(1, H), pair(V, H), pair(1, V)] as const
    const [Wxh, Whh, bh, Why, by] = weights
    const [dWxh, dWhh, dbh, dWhy, dby] = gradients
    const [inputs, targets] = [symbols(random, T, V), symbols(random, T, V)]
    const loss = () => {
      const losses = new Float64Array(T)
      simd.rnnForward(hs.tensor, inputs, Wxh.tensor, Whh.tensor, bh.tensor, 0, T, H)
      simd.outputForward(ys.tensor, hs.tensor, Why.tensor, by.tensor, 0, T, V, H)
      simd.softmaxForward(ps.tensor, logZs.tensor, ys.tensor, 0, T, V)
      simd.crossEntropyForward(losses, logZs.tensor, ys.tensor, targets, 0, T, V)
      return losses.reduce((sum, value) => sum + value, 0)
    }
    loss()
    simd.crossEntropyBackward(ps.tensor, targets, ordinals(T), V)
    simd.outputBackward(dWhy.tensor, dby.tensor, dhs.tensor, ps.tensor, hs.tensor, Why.tensor, ordinals(T), V, H)
    simd.rnnBackward(dWxh.tensor, dWhh.tensor, dbh.tensor, dhs.tensor, hs.tensor, inputs, Whh.tensor, T, H)
    const nudge = 2 ** -7
    for (const [k, { tensor, exact, columns }] of weights.entries()) {
      const gradient = read(gradients[k]!)
      for (const i of exact.keys()) {
        const at = (delta: number) => {
          simd.write(
            tensor,
            0,
            columns,
            exact.map((value, j) => (j === i ? value + delta : value)),
          )
          return loss()
        }
        const slope = (at(nudge) - at(-nudge)) / (2 * nudge)
        simd.write(tensor, 0, columns, exact)
        expect(Math.abs(slope - gradient[i]!)).toBeLessThan(3e-3 * (1 + Math.abs(slope)))
      }
    }
  })

  test('give the certain symbol no negative loss', () => {
    const [ys, ps, logZs] = [pair(1, 3), pair(1, 3), pair(1, 1)]
    for (const y of [0.1, 3.3, 17.7, 1000.3]) {
      const losses = new Float64Array(1)
      simd.write(ys.tensor, 0, 3, [y - 200, y, y - 300])
      simd.softmaxForward(ps.tensor, logZs.tensor, ys.tensor, 0, 1, 3)
      simd.crossEntropyForward(losses, logZs.tensor, ys.tensor, Int32Array.of(1), 0, 1, 3)
      expect(losses[0]).toBe(0)
    }
  })

  test('refuse a symbol outside of the vocabulary', () => {
    const [hs, Wxh, Whh, bh] = [pair(2, 4), pair(3, 4), pair(4, 4), pair(1, 4)]
    const step = (symbol: number) => simd.rnnForward(hs.tensor, Int32Array.of(symbol), Wxh.tensor, Whh.tensor, bh.tensor, 0, 1, 4)
    step(2)
    expect(() => step(3)).toThrow('has the symbol 3, of 3')
    expect(() => step(-1)).toThrow(RangeError)
    expect(() => simd.rnnForward(hs.tensor, new Int32Array(), Wxh.tensor, Whh.tensor, bh.tensor, 0, 1, 4)).toThrow(RangeError)
  })

  test('refuse steps that the tape does not have', () => {
    const [hs, ys, Why, by] = [pair(3, 4), pair(2, 5), pair(5, 4), pair(1, 5)]
    expect(() => simd.outputForward(ys.tensor, hs.tensor, Why.tensor, by.tensor, 0, 3, 5, 4)).toThrow(RangeError)
    expect(() => simd.outputForward(ys.tensor, hs.tensor, Why.tensor, by.tensor, 2, 1, 5, 4)).toThrow(RangeError)
    expect(() => simd.outputForward(ys.tensor, hs.tensor, Why.tensor, by.tensor, 0, 1, 4, 4)).toThrow(RangeError)
  })

  test('run here', () => {
    expect(simdSupported()).toBe(true)
  })
})
