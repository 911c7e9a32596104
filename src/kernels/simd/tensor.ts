import { wholeRows } from '../backend.ts'
import type { Block, Memory } from './memory.ts'

/*
 * How a tensor lies in memory: assembly/rows.ts has the same rules. Rows are a multiple of 8 floats long and padded with zeros; the number of rows that
 * are allocated is a multiple of 4.
 */

/** A handle on a matrix of float32 in WebAssembly memory. Opaque outside of this folder. */
export interface Tensor {
  /** Byte address of the first row; 0 once the handle must not be used any more */
  address: number
  readonly rows: number
  readonly columns: number
  readonly block: Block
}

/** Floats from one row to the next */
export function strideOf(columns: number): number {
  return (columns + 7) & ~7
}

/** Bytes of a number of rows */
export function bytesOf(rows: number, columns: number): number {
  return rows * strideOf(columns) * 4
}

/** The byte address of a row of a tensor of at least `rows` rows of `columns`. Throws when there is no such tensor. */
export function addressOf(tensor: Tensor, row: number, rows: number, columns: number): number {
  if (tensor.address === 0) throw new Error('this tensor was freed or grown: its handle must not be used any more')
  if (columns !== tensor.columns || rows > tensor.rows || !(row >= 0 && row <= rows)) {
    throw new RangeError(`a tensor (${tensor.rows}, ${tensor.columns}) has no rows [${row}, ${rows}) of ${columns}`)
  }
  return tensor.address + bytesOf(row, columns)
}

/** A new tensor of zeros, in memory for at least `capacity` rows */
export function newTensor(memory: Memory, rows: number, columns: number, capacity: number): Tensor {
  assertShape(rows, columns)
  const block = memory.allocate(bytesOf((capacity + 3) & ~3, columns))
  memory.floats.fill(0, block.address >>> 2, (block.address + block.bytes) / 4)
  return { address: block.address, rows, columns, block }
}

// 4 GiB of float32
const MOST_NUMBERS = 2 ** 30

function assertShape(rows: number, columns: number): void {
  if (Number.isInteger(rows) && Number.isInteger(columns) && rows >= 0 && columns >= 1 && rows <= MOST_NUMBERS && rows * columns <= MOST_NUMBERS)
    return
  throw new RangeError(`a tensor cannot be (${rows}, ${columns})`)
}

/** The same numbers with more rows or columns; the old handle ends */
export function growTensor(memory: Memory, tensor: Tensor, rows: number, columns: number, oldColumns: number): Tensor {
  const old = addressOf(tensor, 0, tensor.rows, oldColumns)
  assertShape(rows, columns)
  if (rows < tensor.rows || columns < oldColumns) {
    throw new RangeError(`a tensor (${tensor.rows}, ${oldColumns}) cannot grow to (${rows}, ${columns})`)
  }
  if (strideOf(columns) === strideOf(oldColumns) && bytesOf((rows + 3) & ~3, columns) <= tensor.block.bytes)
    return growInPlace(memory, tensor, rows, columns)
  // rows come one by one when a vocabulary grows
  const capacity = rows === tensor.rows ? rows : rows + (rows >> 2)
  const grown = newTensor(memory, rows, columns, capacity)
  for (let row = 0; row < tensor.rows; row++) {
    const from = (old + bytesOf(row, oldColumns)) / 4
    memory.floats.copyWithin((grown.address + bytesOf(row, columns)) / 4, from, from + oldColumns)
  }
  freeTensor(memory, tensor)
  return grown
}

/** What the kernels left after the old rows and columns when numbers were not finite becomes zeros */
function growInPlace(memory: Memory, tensor: Tensor, rows: number, columns: number): Tensor {
  const { address, block } = tensor
  const stride = strideOf(columns)
  const start = address / 4
  for (let row = 0; row < tensor.rows; row++) memory.floats.fill(0, start + row * stride + tensor.columns, start + (row + 1) * stride)
  memory.floats.fill(0, start + tensor.rows * stride, start + rows * stride)
  tensor.address = 0
  return { address, rows, columns, block }
}

export function freeTensor(memory: Memory, tensor: Tensor): void {
  addressOf(tensor, 0, tensor.rows, tensor.columns)
  tensor.address = 0
  memory.free(tensor.block)
}

/** A copy of rows [from, to), without padding */
export function readRows(memory: Memory, tensor: Tensor, from: number, to: number, columns: number): Float64Array {
  const { floats } = memory
  const stride = strideOf(columns)
  const values = new Float64Array((to - from) * columns)
  let start = addressOf(tensor, from, to, columns) / 4
  for (let at = 0; at < values.length; at += columns) {
    for (let column = 0; column < columns; column++) values[at + column] = floats[start + column]!
    start += stride
  }
  return values
}

/** Sets the rows that start at `from` */
export function writeRows(memory: Memory, tensor: Tensor, from: number, columns: number, values: ArrayLike<number>): void {
  const rows = values.length / columns
  if (!Number.isInteger(rows)) throw new RangeError(`${values.length} values are no whole number of rows of ${columns}`)
  const start = addressOf(tensor, from, from + rows, columns) / 4
  const stride = strideOf(columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) memory.floats[start + row * stride + column] = values[row * columns + column]!
  }
}

/** Copies rows [from, to) of another tensor to the rows that start at `target` */
export function copyRows(memory: Memory, tensor: Tensor, target: number, source: Tensor, from: number, to: number, columns: number): void {
  const start = addressOf(source, from, to, columns) / 4
  const destination = addressOf(tensor, target, target + to - from, columns) / 4
  memory.floats.copyWithin(destination, start, start + (to - from) * strideOf(columns))
}

/** The bytes of rows [from, to), without padding; a view of the memory where there is no padding */
export function bytesOfRows(memory: Memory, tensor: Tensor, from: number, to: number, columns: number): Uint8Array {
  const start = addressOf(tensor, from, to, columns) / 4
  const stride = strideOf(columns)
  const { integers } = memory
  if (stride === columns) return new Uint8Array(integers.buffer, start * 4, (to - from) * columns * 4)
  const words = new Int32Array((to - from) * columns)
  for (let row = 0; row < to - from; row++) words.set(integers.subarray(start + row * stride, start + row * stride + columns), row * columns)
  return new Uint8Array(words.buffer)
}

/** Sets the first rows to bytes without padding */
export function loadRows(memory: Memory, tensor: Tensor, columns: number, bytes: Uint8Array): void {
  const rows = wholeRows(bytes, columns * 4).length / (columns * 4)
  const start = addressOf(tensor, 0, rows, columns)
  const stride = strideOf(columns) * 4
  const all = new Uint8Array(memory.floats.buffer)
  for (let row = 0; row < rows; row++) all.set(bytes.subarray(row * columns * 4, (row + 1) * columns * 4), start + row * stride)
}

/** Copies rows [from, to) to the rows that start at `target`, as if through a buffer */
export function moveRows(memory: Memory, tensor: Tensor, target: number, from: number, to: number, columns: number): void {
  const source = addressOf(tensor, from, to, columns) / 4
  const destination = addressOf(tensor, target, target + to - from, columns) / 4
  memory.floats.copyWithin(destination, source, source + (to - from) * strideOf(columns))
}

/** Zeros everywhere, in the padding too */
export function clearTensor(memory: Memory, tensor: Tensor): void {
  const start = addressOf(tensor, 0, tensor.rows, tensor.columns) / 4
  memory.floats.fill(0, start, start + tensor.block.bytes / 4)
}
