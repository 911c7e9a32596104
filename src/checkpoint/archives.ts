import type { Backend } from '../kernels/backend.ts'
import type { Archive, Integers } from '../archive.ts'
import { CheckpointError } from './error.ts'
import { type DType, ELEMENT, type StoredTensor } from './safetensors.ts'

/** The counters of a state are one member of the metadata */
const COUNTERS = 'counters'

/** Bytes of a block: a line of the table of direct connections */
const BLOCK = 32
/** Smaller parts are saved as they are, and so are larger ones: a small file must not ask for more memory than the largest preset takes */
const [LEAST, MOST] = [2 ** 16, 2 ** 27]
const blocksOf = (name: string) => `${name}.blocks`

/** Takes a state down. The tensors are views: copy them (`seal` does) before anything continues. */
export class Saver implements Archive {
  readonly tensors: Map<string, StoredTensor> = new Map()
  readonly #counters: [string, number][] = []

  get metadata(): ReadonlyMap<string, string> {
    return new Map([[COUNTERS, JSON.stringify(Object.fromEntries(this.#counters))]])
  }

  tensor<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number): void {
    this.#add(name, backend.dtype, [rows, columns], backend.bytes(tensor, 0, rows, columns))
  }

  bits<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number): void {
    this.#addSparse(name, 'U8', backend.bytes(tensor, 0, rows, columns))
  }

  values(name: string, dtype: Backend<unknown>['dtype'], shape: readonly number[], values: Float64Array): Float64Array {
    this.#add(name, dtype, shape, bytesOf(dtype === 'F64' ? values : Float32Array.from(values)))
    return values
  }

  integers(name: string, numbers: Integers): void {
    this.#addSparse(name, dtypeOf(numbers), bytesOf(numbers))
  }

  list(name: string, numbers: Float64Array): Float64Array {
    this.#add(name, 'F64', [numbers.length], bytesOf(numbers))
    return numbers
  }

  text(name: string, text: string): string {
    this.#add(name, 'U8', [text.length * 2], bytesOf(Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))))
    return text
  }

  integer(name: string, value: number): number {
    return this.real(name, value)
  }

  real(name: string, value: number): number {
    this.#counters.push([name, value])
    return value
  }

  has(): boolean {
    return true
  }

  /** Only the blocks that are not zeros, and which they are, where that takes less */
  #addSparse(name: string, dtype: DType, data: Uint8Array): void {
    const blocks = data.length < LEAST || data.length > MOST ? undefined : touchedBlocks(data)
    if (blocks === undefined) return this.#add(name, dtype, [data.length / ELEMENT[dtype]], data)
    const touched = new Uint8Array(blocks.length * BLOCK)
    blocks.forEach((block, i) => touched.set(data.subarray(block * BLOCK, (block + 1) * BLOCK), i * BLOCK))
    this.#add(name, 'U8', [blocks.length, BLOCK], touched)
    this.#add(blocksOf(name), 'U32', [blocks.length], bytesOf(blocks))
  }

  #add(name: string, dtype: DType, shape: readonly number[], data: Uint8Array): void {
    this.tensors.set(name, { dtype, shape, data })
  }
}

/** Puts a state back, as often as wanted. Throws CheckpointError where what was saved does not fit. */
export class Loader implements Archive {
  readonly #tensors: ReadonlyMap<string, StoredTensor>
  readonly #counters: ReadonlyMap<string, unknown>

  constructor(tensors: ReadonlyMap<string, StoredTensor>, metadata: ReadonlyMap<string, string>) {
    this.#tensors = tensors
    this.#counters = new Map(Object.entries(parsed(metadata.get(COUNTERS))))
  }

  tensor<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number): void {
    const bytes = this.#take(name, backend.dtype, [rows, columns])
    assertFinite(name, floatsOf(bytes, backend.dtype))
    if (rows > 0) backend.load(tensor, columns, bytes)
  }

  bits<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number, check: (bytes: Uint8Array) => void): void {
    const bytes = this.#takeSparse(name, 'U8', rows * columns * ELEMENT[backend.dtype])
    check(bytes)
    backend.load(tensor, columns, bytes)
  }

  values(name: string, dtype: Backend<unknown>['dtype'], shape: readonly number[]): Float64Array {
    const values = Float64Array.from(floatsOf(this.#take(name, dtype, shape), dtype))
    assertFinite(name, values)
    return values
  }

  integers(name: string, numbers: Integers, min: number = -Infinity, max: number = Infinity): void {
    const bytes = this.#takeSparse(name, dtypeOf(numbers), numbers.byteLength)
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).set(bytes)
    for (const number of numbers) {
      if (number < min || number > max) throw new CheckpointError(`${name} holds ${number}, but it must be from ${min} to ${max}`)
    }
  }

  list(name: string, _: Float64Array, most: number): Float64Array {
    const saved = this.#get(name)
    const length = saved.shape[0] ?? 0
    if (length > most) throw new CheckpointError(`${name} has ${length} numbers, more than ${most}`)
    const numbers = Float64Array.from(floatsOf(this.#take(name, 'F64', [length]), 'F64'))
    assertFinite(name, numbers)
    return numbers
  }

  text(name: string, _: string, most: number): string {
    const length = this.#get(name).shape[0] ?? 0
    if (length > 2 * most || length % 2 === 1)
      throw new CheckpointError(`${name} has ${length} bytes, but it must be an even number up to ${2 * most}`)
    return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(this.#take(name, 'U8', [length]))
  }

  integer(name: string, _: number, min: number, max: number): number {
    const saved = this.#counters.get(name)
    if (Number.isSafeInteger(saved) && Number(saved) >= min && Number(saved) <= max) return Number(saved)
    throw new CheckpointError(`${name} is ${String(saved)}, but it must be a whole number from ${min} to ${max}`)
  }

  real(name: string): number {
    const saved = this.#counters.get(name)
    if (Number.isFinite(saved)) return Number(saved)
    throw new CheckpointError(`${name} is ${String(saved)}, but it must be a number`)
  }

  has(name: string): boolean {
    return this.#tensors.has(name) || this.#counters.has(name)
  }

  /** Throws unless a tensor is there in that shape: to be asked before memory is taken for it */
  expect(name: string, dtype: DType, shape: readonly number[]): void {
    this.#take(name, dtype, shape)
  }

  /** Throws unless so many bytes are there, or the blocks of them that are not zeros: call before allocating them */
  expectBytes(name: string, length: number): void {
    if (!this.#tensors.has(blocksOf(name))) this.#take(name, 'U8', [length])
    else if (length > MOST) throw new CheckpointError(`${name} has ${length} bytes, of which the file holds a part: it may do so up to ${MOST}`)
  }

  /** All bytes of a part that may have been saved as its blocks */
  #takeSparse(name: string, dtype: DType, length: number): Uint8Array {
    const saved = this.#tensors.get(blocksOf(name))
    if (saved === undefined) return this.#take(name, dtype, [length / ELEMENT[dtype]])
    const count = saved.shape[0] ?? 0
    const blocks = new Uint32Array(new Uint8Array(this.#take(blocksOf(name), 'U32', [count])).buffer)
    const touched = this.#take(name, 'U8', [count, BLOCK])
    const bytes = new Uint8Array(length)
    for (const [i, block] of blocks.entries()) {
      if ((block + 1) * BLOCK > length) throw new CheckpointError(`${blocksOf(name)} holds ${block}, but ${length} bytes have fewer blocks`)
      bytes.set(touched.subarray(i * BLOCK, (i + 1) * BLOCK), block * BLOCK)
    }
    return bytes
  }

  #get(name: string): StoredTensor {
    const saved = this.#tensors.get(name)
    if (saved === undefined) throw new CheckpointError(`the tensor ${name} is missing`)
    return saved
  }

  #take(name: string, dtype: DType, shape: readonly number[]): Uint8Array {
    const saved = this.#get(name)
    if (saved.dtype !== dtype || saved.shape.length !== shape.length || saved.shape.some((size, i) => size !== shape[i])) {
      throw new CheckpointError(
        `the tensor ${name} is ${saved.dtype} [${saved.shape.join(', ')}], but the model needs ${dtype} [${shape.join(', ')}]`,
      )
    }
    return saved.data
  }
}

/** Which blocks are not all zeros; undefined when to save those takes more than to save all */
function touchedBlocks(data: Uint8Array): Uint32Array | undefined {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length >> 2)
  const width = BLOCK >> 2
  const blocks: number[] = []
  for (let start = 0; start < words.length; start += width) {
    let bits = 0
    for (let i = start; i < start + width; i++) bits |= words[i]!
    if (bits !== 0) blocks.push(start / width)
  }
  return blocks.length * (BLOCK + 4) < data.length ? Uint32Array.from(blocks) : undefined
}

function parsed(counters: string | undefined): object {
  try {
    const value: unknown = JSON.parse(counters ?? '')
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // said below
  }
  throw new CheckpointError('the counters are missing or damaged')
}

function dtypeOf(numbers: Integers): DType {
  if (numbers instanceof Int32Array) return 'I32'
  // safetensors knows of no 16 bits without a sign in all its versions
  return numbers instanceof Uint32Array ? 'U32' : 'U8'
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The numbers in bytes of any alignment */
function floatsOf(bytes: Uint8Array, dtype: Backend<unknown>['dtype']): Float32Array | Float64Array {
  // not slice: that of a Buffer copies nothing
  const { buffer } = new Uint8Array(bytes)
  return dtype === 'F32' ? new Float32Array(buffer) : new Float64Array(buffer)
}

function assertFinite(name: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) throw new CheckpointError(`${name} holds ${numbers[i]}, but its numbers must be finite`)
  }
}

/** The same archive with a prefix to each name, for parts that there are several of */
export function prefixed(archive: Archive, prefix: string): Archive {
  return {
    tensor: (name, ...rest) => archive.tensor(prefix + name, ...rest),
    bits: (name, ...rest) => archive.bits(prefix + name, ...rest),
    values: (name, ...rest) => archive.values(prefix + name, ...rest),
    integers: (name, ...rest) => archive.integers(prefix + name, ...rest),
    list: (name, ...rest) => archive.list(prefix + name, ...rest),
    text: (name, ...rest) => archive.text(prefix + name, ...rest),
    integer: (name, ...rest) => archive.integer(prefix + name, ...rest),
    real: (name, ...rest) => archive.real(prefix + name, ...rest),
    has: (name) => archive.has(prefix + name),
  }
}
