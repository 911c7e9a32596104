import type { Backend } from '../backend.ts'
import { type Instance, retireWhenEmpty, sharedInstance } from './instance.ts'
import {
  addressOf,
  bytesOf,
  bytesOfRows,
  clearTensor,
  copyRows,
  freeTensor,
  growTensor,
  loadRows,
  moveRows,
  newTensor,
  readRows,
  strideOf,
  type Tensor,
  writeRows,
} from './tensor.ts'

export type { Tensor } from './tensor.ts'
export { simdSupported } from './webassembly.ts'

/** float32 on WebAssembly SIMD. All backends of a process share one memory. Throws where the engine has no SIMD. */
export function simdBackend(): Backend<Tensor> {
  const instance = sharedInstance()
  return {
    name: 'simd',
    dtype: 'F32',
    ...storage(instance),
    ...recurrence(instance),
    ...gated(instance),
    ...embedding(instance),
    ...output(instance),
    ...optimizers(instance),
    ...direct(instance),
  }
}

type Part<Names extends keyof Backend<Tensor>> = Pick<Backend<Tensor>, Names>

function storage(instance: Instance): Part<'zeros' | 'grow' | 'free' | 'read' | 'write' | 'copy' | 'bytes' | 'load' | 'move' | 'clear'> {
  const { memory } = instance
  return {
    zeros: (rows, columns) => newTensor(memory, rows, columns, rows),
    grow: (tensor, rows, columns, oldColumns) => growTensor(memory, tensor, rows, columns, oldColumns),
    free(tensor) {
      freeTensor(memory, tensor)
      retireWhenEmpty(instance)
    },
    read: (tensor, from, to, columns) => readRows(memory, tensor, from, to, columns),
    write: (tensor, from, columns, values) => writeRows(memory, tensor, from, columns, values),
    copy: (tensor, target, source, from, to, columns) => copyRows(memory, tensor, target, source, from, to, columns),
    bytes: (tensor, from, to, columns) => bytesOfRows(memory, tensor, from, to, columns),
    load: (tensor, columns, bytes) => loadRows(memory, tensor, columns, bytes),
    move: (tensor, target, from, to, columns) => moveRows(memory, tensor, target, from, to, columns),
    clear: (tensor) => clearTensor(memory, tensor),
  }
}

function recurrence(instance: Instance): Part<'rnnForward' | 'rnnBackward'> {
  const { kernels } = instance
  return {
    rnnForward(hs, inputs, Wxh, Whh, bh, from, to, H) {
      const states = addressOf(hs, from, to + 1, H)
      const symbols = lendSymbols(instance, inputs, from, to, Wxh.rows, 0)
      kernels.rnnForward(states, symbols, whole(Wxh, Wxh.rows, H), whole(Whh, H, H), whole(bh, 1, H), to - from, H)
    },
    rnnBackward(dWxh, dWhh, dbh, dhs, hs, inputs, Whh, steps, H) {
      const dstates = whole(dhs, steps + 1, H)
      const states = whole(hs, steps + 1, H)
      const draws = lendSymbols(instance, inputs, 0, steps, dWxh.rows, bytesOf(steps, H))
      const symbols = draws + bytesOf(steps, H)
      const dw = [whole(dWxh, dWxh.rows, H), whole(dWhh, H, H), whole(dbh, 1, H)] as const
      kernels.rnnBackward(...dw, dstates, draws, states, symbols, whole(Whh, H, H), steps, H)
    },
  }
}

function gated(
  instance: Instance,
): Part<'symbolForward' | 'symbolBackward' | 'gruForward' | 'gruBackward' | 'lstmForward' | 'lstmBackward' | 'miForward' | 'miBackward'> {
  const { kernels } = instance
  return {
    symbolForward(xs, inputs, Wx, bx, from, to, X) {
      const symbols = lendSymbols(instance, inputs, from, to, Wx.rows, 0)
      kernels.symbolForward(addressOf(xs, from, to, X), symbols, whole(Wx, Wx.rows, X), whole(bx, 1, X), to - from, X)
    },
    symbolBackward(dWx, dbx, dxs, inputs, steps, X) {
      const symbols = lendSymbols(instance, inputs, 0, steps, dWx.rows, 0)
      kernels.symbolBackward(whole(dWx, dWx.rows, X), whole(dbx, 1, X), whole(dxs, steps, X), symbols, steps, X)
    },
    gruForward(hs, gates, xs, Whh, bhh, from, to, H) {
      const states = addressOf(hs, from, to + 1, H)
      const [gate, x] = [addressOf(gates, from, to, 4 * H), addressOf(xs, from, to, 3 * H)]
      kernels.gruForward(states, gate, x, whole(Whh, 3 * H, H), whole(bhh, 1, 3 * H), to - from, H)
    },
    gruBackward(dWhh, dbhh, dhs, dxs, hs, gates, Whh, steps, H) {
      const dw = [whole(dWhh, 3 * H, H), whole(dbhh, 1, 3 * H)] as const
      const [dstates, states] = [whole(dhs, steps + 1, H), whole(hs, steps + 1, H)]
      const draws = instance.scratch(bytesOf(steps, 3 * H))
      kernels.gruBackward(...dw, dstates, whole(dxs, steps, 3 * H), draws, states, whole(gates, steps, 4 * H), whole(Whh, 3 * H, H), steps, H)
    },
    lstmForward(hs, cs, gates, xs, Whh, bhh, from, to, H) {
      const [states, cells] = [addressOf(hs, from, to + 1, H), addressOf(cs, from, to + 1, H)]
      const [gate, x] = [addressOf(gates, from, to, 5 * H), addressOf(xs, from, to, 4 * H)]
      kernels.lstmForward(states, cells, gate, x, whole(Whh, 4 * H, H), whole(bhh, 1, 4 * H), to - from, H)
    },
    lstmBackward(dWhh, dbhh, dhs, dxs, hs, cs, gates, Whh, steps, H) {
      const dw = [whole(dWhh, 4 * H, H), whole(dbhh, 1, 4 * H)] as const
      const dsteps = [whole(dhs, steps + 1, H), whole(dxs, steps, 4 * H), instance.scratch(bytesOf(1, H))] as const
      const kept = [whole(hs, steps + 1, H), whole(cs, steps + 1, H), whole(gates, steps, 5 * H)] as const
      kernels.lstmBackward(...dw, ...dsteps, ...kept, whole(Whh, 4 * H, H), steps, H)
    },
    miForward(hs, gates, xs, Whh, factors, bhh, from, to, H) {
      const states = addressOf(hs, from, to + 1, H)
      const [gate, x] = [addressOf(gates, from, to, 2 * H), addressOf(xs, from, to, H)]
      kernels.miForward(states, gate, x, whole(Whh, H, H), whole(factors, 3, H), whole(bhh, 1, H), to - from, H)
    },
    miBackward(dWhh, dfactors, dbhh, dhs, dxs, hs, gates, Whh, factors, steps, H) {
      const dw = [whole(dWhh, H, H), whole(dfactors, 3, H), whole(dbhh, 1, H)] as const
      const dsteps = [whole(dhs, steps + 1, H), whole(dxs, steps, H), instance.scratch(bytesOf(steps, H))] as const
      const weights = [whole(Whh, H, H), whole(factors, 3, H)] as const
      kernels.miBackward(...dw, ...dsteps, whole(hs, steps + 1, H), whole(gates, steps, 2 * H), ...weights, steps, H)
    },
  }
}

function embedding(instance: Instance): Part<'embeddingForward' | 'embeddingBackward' | 'embeddingSquaredNorm' | 'embeddingDescend'> {
  const { kernels } = instance
  return {
    embeddingForward(xs, features, E, from, to, N, X) {
      const rows = lend(instance, 0, [rowsOf(features, from, to, N)])
      kernels.embeddingForward(addressOf(xs, from, to, X), rows, whole(E, E.rows, X), to - from, N, X)
    },
    embeddingBackward(dE, dxs, features, steps, N, X) {
      const rows = lend(instance, 0, [rowsOf(features, 0, steps, N)])
      kernels.embeddingBackward(whole(dE, dE.rows, X), whole(dxs, steps, X), rows, steps, N, X)
    },
    embeddingSquaredNorm(dE, touched, X) {
      return kernels.embeddingSquaredNorm(whole(dE, dE.rows, X), lend(instance, 0, [touched]), touched.length, X)
    },
    embeddingDescend(E, v, dE, touched, X, learningRate, clip, keep, add, epsilon) {
      const addresses = [whole(E, E.rows, X), whole(v, v.rows, 1), whole(dE, dE.rows, X), lend(instance, 0, [touched])] as const
      kernels.embeddingDescend(...addresses, touched.length, X, learningRate, clip, keep, add, epsilon)
    },
  }
}

function output(instance: Instance): Part<'outputForward' | 'outputBackward' | 'softmaxForward' | 'crossEntropyForward' | 'crossEntropyBackward'> {
  const { kernels, memory } = instance
  return {
    outputForward(ys, hs, Why, by, from, to, V, H) {
      kernels.outputForward(addressOf(ys, from, to, V), addressOf(hs, from + 1, to + 1, H), whole(Why, V, H), whole(by, 1, V), to - from, V, H)
    },
    outputBackward(dWhy, dby, dhs, dys, hs, Why, lessons, V, H) {
      const count = lessons.length
      const [dstates, states] = [addressOf(dhs, 1, dhs.rows, H), addressOf(hs, 1, dhs.rows, H)]
      const dw = [whole(dWhy, V, H), whole(dby, 1, V)] as const
      const scratch = lendSymbols(instance, lessons, 0, count, dhs.rows - 1, bytesOf(2 * count, H))
      const steps = scratch + bytesOf(2 * count, H)
      kernels.outputBackward(...dw, dstates, whole(dys, count, V), states, whole(Why, V, H), steps, scratch, count, V, H)
    },
    softmaxForward(ps, logZs, ys, from, to, V) {
      kernels.softmaxForward(addressOf(ps, from, to, V), addressOf(logZs, from, to, 1), addressOf(ys, from, to, V), to - from, V)
    },
    crossEntropyForward(losses, logZs, ys, targets, from, to, V) {
      const { floats } = memory
      let logZ = addressOf(logZs, from, to, 1) / 4
      let y = addressOf(ys, from, to, V) / 4
      for (let t = from; t < to; t++) {
        // the rounding of logZ could make the loss of a certain symbol less than nothing
        losses[t - from] = Math.max(0, floats[logZ]! - floats[y + symbolAt(targets, t, V)]!)
        logZ += strideOf(1)
        y += strideOf(V)
      }
    },
    crossEntropyBackward(dys, targets, lessons, V) {
      const { floats } = memory
      const stride = strideOf(V)
      let dy = whole(dys, dys.rows, V) / 4
      for (let k = 0; k < lessons.length; k++) {
        const t = symbolAt(lessons, k, dys.rows)
        if (t !== k) floats.copyWithin(dy, dy + (t - k) * stride, dy + (t - k + 1) * stride)
        floats[dy + symbolAt(targets, t, V)]! -= 1
        dy += stride
      }
    },
  }
}

function optimizers({ kernels }: Instance): Part<'squaredNorm' | 'scale' | 'sgd' | 'adagrad' | 'momentum' | 'rmsprop' | 'adam'> {
  return {
    squaredNorm: (dw, rows, columns) => kernels.squaredNorm(whole(dw, rows, columns), rows, columns),
    scale: (dw, rows, columns, factor) => kernels.scale(whole(dw, rows, columns), rows, columns, factor),
    sgd: (w, dw, rows, columns, learningRate, clip) =>
      kernels.sgd(whole(w, rows, columns), whole(dw, rows, columns), rows, columns, learningRate, clip),
    adagrad: (w, m, dw, rows, columns, learningRate, clip, epsilon) =>
      kernels.adagrad(whole(w, rows, columns), whole(m, rows, columns), whole(dw, rows, columns), rows, columns, learningRate, clip, epsilon),
    momentum(w, m, dw, rows, columns, learningRate, clip, momentum) {
      const addresses = [whole(w, rows, columns), whole(m, rows, columns), whole(dw, rows, columns)] as const
      kernels.momentum(...addresses, rows, columns, learningRate, clip, momentum)
    },
    rmsprop(w, v, dw, rows, columns, learningRate, clip, keep, add, epsilon) {
      const addresses = [whole(w, rows, columns), whole(v, rows, columns), whole(dw, rows, columns)] as const
      kernels.rmsprop(...addresses, rows, columns, learningRate, clip, keep, add, epsilon)
    },
    adam(w, m, v, dw, rows, columns, learningRate, clip, beta1, beta2, epsilon) {
      const addresses = [whole(w, rows, columns), whole(m, rows, columns), whole(v, rows, columns), whole(dw, rows, columns)] as const
      // 1 - beta in float64: float32 would lose three of its digits
      kernels.adam(...addresses, rows, columns, learningRate, clip, beta1, beta2, 1 - beta1, 1 - beta2, epsilon)
    },
  }
}

function direct(instance: Instance): Part<'directTop' | 'directForward' | 'directBackward' | 'directDescend'> {
  const { kernels, memory } = instance
  return {
    directTop(tops, table, contexts, from, to, C, orders) {
      const results = (to - from) * 8
      const scratch = lend(instance, results, [rowsOf(contexts, from, to, C + 2)])
      kernels.directTop(scratch, wholeTable(table), scratch + results, to - from, C, orders, bitsOf(table))
      tops.set(memory.integers.subarray(scratch / 4, (scratch + results) / 4))
    },
    directForward(ys, us, table, gates, contexts, from, to, V, C, orders, G) {
      const [y, u] = [addressOf(ys, from, to, V), conducted(us, from, to, C, G)]
      const scratch = lend(instance, foundBytes(C), [rowsOf(contexts, from, to, C + 2)])
      const rows = scratch + foundBytes(C)
      kernels.directForward(y, u, scratch, wholeTable(table), whole(gates, gates.rows, G), rows, to - from, V, C, orders, G, bitsOf(table))
    },
    directBackward(dgates, gains, us, table, gates, dys, contexts, lessons, from, V, C, orders, G) {
      const count = lessons.length
      const to = from + count
      const u = conducted(us, 0, count === 0 ? 0 : lessons[count - 1]! + 1, C, G)
      const [dy, gain] = [addressOf(dys, from, to, V), addressOf(gains, from, to, C)]
      const [dgate, gate] = [whole(dgates, dgates.rows, G), whole(gates, gates.rows, G)]
      const scratch = lend(instance, foundBytes(C), [rowsOf(contexts, from, to, C + 2), lessons])
      const rows = scratch + foundBytes(C)
      const steps = rows + count * (C + 2) * 4
      kernels.directBackward(dgate, gain, u, scratch, wholeTable(table), gate, dy, rows, steps, count, V, C, orders, G, bitsOf(table))
    },
    directDescend(table, gains, dys, contexts, targets, from, to, V, C, G, learningRate, epsilon) {
      const [dy, gain] = [addressOf(dys, from, to, V), addressOf(gains, from, to, C)]
      const rows = lend(instance, 0, [rowsOf(contexts, from, to, C + 2), targets.subarray(from, to)])
      const symbols = rows + (to - from) * (C + 2) * 4
      kernels.directDescend(wholeTable(table), gain, dy, rows, symbols, to - from, V, C, G, bitsOf(table), learningRate, epsilon)
    },
  }
}

/** What a network sends to the gates; nothing where none conducts */
function conducted(us: Tensor, from: number, to: number, C: number, G: number): number {
  return G === 60 ? 0 : addressOf(us, from, to, 3 * C + 1)
}

/** Scratch space for the address of a line of each context */
function foundBytes(C: number): number {
  return C * 4
}

function rowsOf(numbers: Int32Array, from: number, to: number, columns: number): Int32Array {
  return numbers.subarray(from * columns, to * columns)
}

function wholeTable(table: Tensor): number {
  return whole(table, table.rows, 8)
}

/** A table's lines are a power of two: of which */
function bitsOf(table: Tensor): number {
  return 31 - Math.clz32(table.rows)
}

/** Copies numbers one after the other to the scratch area, after `before` bytes for the caller; returns the address of the area */
function lend(instance: Instance, before: number, parts: readonly Int32Array[]): number {
  const address = instance.scratch(before + parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = (address + before) / 4
  for (const part of parts) {
    instance.memory.integers.set(part, at)
    at += part.length
  }
  return address
}

/** The address of the first `rows` rows */
function whole(tensor: Tensor, rows: number, columns: number): number {
  return addressOf(tensor, 0, rows, columns)
}

/** Copies the symbols of steps [from, to) to the scratch area, after `before` bytes for the caller; returns the address of the area */
function lendSymbols(instance: Instance, symbols: Int32Array, from: number, to: number, V: number, before: number): number {
  const address = instance.scratch(before + (to - from) * 4)
  const { integers } = instance.memory
  const start = (address + before) / 4
  for (let t = from; t < to; t++) integers[start + t - from] = symbolAt(symbols, t, V)
  return address
}

function symbolAt(symbols: Int32Array, t: number, V: number): number {
  const symbol = symbols[t]
  if (symbol === undefined || symbol < 0 || symbol >= V) throw new RangeError(`step ${t} has the symbol ${symbol}, of ${V}`)
  return symbol
}
