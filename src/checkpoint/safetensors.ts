import { CheckpointError } from './error.ts'
import { checkName, METADATA, parseHeader, quote, type TensorHeader } from './header.ts'

export type DType = 'F32' | 'F64' | 'U8' | 'U32' | 'I32' | 'I64'

/** Bytes of one element */
export const ELEMENT: Readonly<Record<DType, number>> = { F64: 8, I64: 8, F32: 4, U32: 4, I32: 4, U8: 1 }

/** Numbers in row-major order, each little-endian */
export interface StoredTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

export interface Contents {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: ReadonlyMap<string, string>
}

/** So many bytes to write a file into; what is in them does not matter */
export type Allocate = (length: number) => Uint8Array<ArrayBuffer>

/** Bytes before the header: its length */
export const PREFIX = 8
// the format allows 100,000,000; the headers of all our models stay far below, and a hostile one costs time and memory
const LARGEST_HEADER = 2_000_000

/**
 * Writes a safetensors file (https://github.com/huggingface/safetensors#format). Metadata comes first and in the order given, tensors by the size of their
 * elements and then by name, so that each starts at a multiple of its element and equal contents make equal bytes. Throws CheckpointError when a
 * tensor's data does not fit its shape.
 */
export function writeSafetensors({ tensors, metadata }: Contents, allocate: Allocate = (length) => new Uint8Array(length)): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([a, x], [b, y]) => ELEMENT[y.dtype] - ELEMENT[x.dtype] || (a < b ? -1 : 1))
  const header = encodeHeader(sorted, metadata)
  const bytes = allocate(PREFIX + header.length + sorted.reduce((total, [, { data }]) => total + data.length, 0))
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, PREFIX)
  let at = PREFIX + header.length
  for (const [, { data }] of sorted) {
    bytes.set(data, at)
    at += data.length
  }
  return bytes
}

/**
 * Reads a safetensors file from anywhere. Every length is checked before anything is allocated or looked at; the data are views of the bytes that were
 * given, at any alignment. Throws CheckpointError, which names the fault.
 */
export function readSafetensors(bytes: Uint8Array): Contents {
  const length = headerLength(bytes)
  const { tensors, metadata } = parseHeader(decodeHeader(bytes.subarray(PREFIX, PREFIX + length)))
  const data = bytes.subarray(PREFIX + length)
  const contents = new Map<string, StoredTensor>()
  for (const [name, header] of tensors) contents.set(name, tensorOf(name, header, data))
  checkCoverage([...tensors.entries()], data.length)
  return { tensors: contents, metadata }
}

function encodeHeader(tensors: readonly (readonly [string, StoredTensor])[], metadata: ReadonlyMap<string, string>): Uint8Array {
  let at = 0
  const members = tensors.map(([name, { dtype, shape, data }]) => {
    checkTensor(name, dtype, shape, data.length)
    const begin = at
    at += data.length
    return member(name, JSON.stringify({ dtype, shape, data_offsets: [begin, at] }))
  })
  if (metadata.size > 0) members.unshift(member(METADATA, `{${Array.from(metadata, ([key, value]) => member(key, JSON.stringify(value))).join()}}`))
  if (tensors.some(([name]) => name === METADATA)) throw new CheckpointError(`${METADATA} is no name for a tensor`)
  const encoded = new TextEncoder().encode(`{${members.join()}}`)
  if (encoded.length > LARGEST_HEADER) throw new CheckpointError(`a header of ${encoded.length} bytes is too long: ${LARGEST_HEADER} at most`)
  return padded(encoded)
}

function member(name: string, json: string): string {
  checkName(name)
  return `${JSON.stringify(name)}:${json}`
}

/** Spaces up to a multiple of 8 */
function padded(header: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(header.length / 8) * 8).fill(0x20)
  bytes.set(header)
  return bytes
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < PREFIX) throw new CheckpointError(`${bytes.length} bytes are no safetensors file: its header's length alone takes ${PREFIX}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > bytes.length - PREFIX)
    throw new CheckpointError(`the header is said to have ${length} bytes, but the file ends after ${bytes.length - PREFIX}`)
  if (length > LARGEST_HEADER) throw new CheckpointError(`the header has ${length} bytes, more than ${LARGEST_HEADER}`)
  return Number(length)
}

function decodeHeader(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) throw new CheckpointError('the header does not start with {: this is no safetensors file')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CheckpointError('the header is not UTF-8')
  }
}

function tensorOf(name: string, { dtype, shape, offsets: [begin, end] }: TensorHeader, data: Uint8Array): StoredTensor {
  if (begin > end || end > data.length) {
    throw new CheckpointError(`tensor ${quote(name)} has the bytes ${begin} to ${end} of the data, which has ${data.length}`)
  }
  return { dtype: checkTensor(name, dtype, shape, end - begin), shape, data: data.subarray(begin, end) }
}

function isDType(name: string): name is DType {
  return Object.hasOwn(ELEMENT, name)
}

/** The tensor's dtype, when the file has one like that and so many bytes are what its shape takes */
function checkTensor(name: string, dtype: string, shape: readonly number[], length: number): DType {
  if (!isDType(dtype)) throw new CheckpointError(`tensor ${quote(name)} has the unknown dtype ${quote(dtype)}`)
  let size = ELEMENT[dtype]
  for (const dimension of shape) {
    size *= dimension
    if (dimension < 0 || !Number.isInteger(dimension) || !Number.isSafeInteger(size))
      throw new CheckpointError(`tensor ${quote(name)} has the impossible shape [${shape.join(', ')}]`)
  }
  if (size !== length) throw new CheckpointError(`tensor ${quote(name)} has ${length} bytes, but ${dtype} [${shape.join(', ')}] takes ${size}`)
  return dtype
}

/** Every byte of the data belongs to exactly one tensor */
function checkCoverage(tensors: (readonly [name: string, header: TensorHeader])[], length: number): void {
  tensors.sort(([, { offsets: a }], [, { offsets: b }]) => a[0] - b[0] || a[1] - b[1])
  let at = 0
  for (const [name, { offsets }] of tensors) {
    const [begin, end] = offsets
    if (begin < at) throw new CheckpointError(`tensor ${quote(name)} overlaps another one: it starts at byte ${begin}, which is before ${at}`)
    if (begin > at) throw new CheckpointError(`the bytes ${at} to ${begin} of the data belong to no tensor`)
    at = end
  }
  if (at < length) throw new CheckpointError(`the bytes ${at} to ${length} of the data belong to no tensor`)
}
