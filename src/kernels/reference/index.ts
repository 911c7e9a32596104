import { type Backend, wholeRows } from '../backend.ts'
import { directBackward, directDescend, directForward, directTop } from './direct.ts'
import { embeddingBackward, embeddingDescend, embeddingForward, embeddingSquaredNorm } from './embedding.ts'
import { gruBackward, gruForward } from './gru.ts'
import { lstmBackward, lstmForward } from './lstm.ts'
import { miBackward, miForward } from './mi.ts'
import { adagrad, adam, momentum, rmsprop, scale, sgd, squaredNorm } from './optimizers.ts'
import { crossEntropyBackward, crossEntropyForward, outputBackward, outputForward, softmaxForward } from './output.ts'
import { rnnBackward, rnnForward } from './rnn.ts'
import { symbolBackward, symbolForward } from './symbol.ts'

/** Plain TypeScript on float64: slow, readable, and the oracle that the SIMD kernels are held against. */
export function referenceBackend(): Backend<Float64Array> {
  return {
    name: 'reference',
    dtype: 'F64',
    rnnForward,
    rnnBackward,
    symbolForward,
    symbolBackward,
    gruForward,
    gruBackward,
    lstmForward,
    lstmBackward,
    miForward,
    miBackward,
    embeddingForward,
    embeddingBackward,
    embeddingSquaredNorm,
    embeddingDescend,
    outputForward,
    outputBackward,
    softmaxForward,
    crossEntropyForward,
    crossEntropyBackward,
    squaredNorm,
    scale,
    sgd,
    adagrad,
    momentum,
    rmsprop,
    adam,
    directTop,
    directForward,
    directBackward,
    directDescend,
    zeros: (rows, columns) => new Float64Array(rows * columns),
    grow,
    free: () => {},
    read: (tensor, from, to, columns) => tensor.slice(from * columns, to * columns),
    write: (tensor, from, columns, values) => tensor.set(values, from * columns),
    copy: (tensor, target, source, from, to, columns) => tensor.set(source.subarray(from * columns, to * columns), target * columns),
    bytes: (tensor, from, to, columns) => bytesOf(tensor).subarray(8 * from * columns, 8 * to * columns),
    load: (tensor, columns, bytes) => bytesOf(tensor).set(wholeRows(bytes, 8 * columns)),
    move: (tensor, target, from, to, columns) => void tensor.copyWithin(target * columns, from * columns, to * columns),
    clear: (tensor) => void tensor.fill(0),
  }
}

function grow(tensor: Float64Array, rows: number, columns: number, oldColumns: number): Float64Array {
  const grown = new Float64Array(rows * columns)
  for (let from = 0, to = 0; from < tensor.length; from += oldColumns, to += columns) grown.set(tensor.subarray(from, from + oldColumns), to)
  return grown
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
