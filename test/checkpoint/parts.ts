import { fc } from '@fast-check/vitest'
import { type Contents, type DType, ELEMENT, type StoredTensor } from '../../src/checkpoint/safetensors.ts'

const TAKEN = new Set(['__proto__', 'constructor', 'prototype', '__metadata__', 'sha256', 'format'])

const dtypes: readonly DType[] = ['F32', 'F64', 'U8', 'U32', 'I32', 'I64']

const tensor: fc.Arbitrary<StoredTensor> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }) })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, dimension) => product * dimension, ELEMENT[dtype])
    return fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), data: fc.uint8Array({ minLength: length, maxLength: length }) })
  })

const name = fc
  .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('toString', 'rnn.weight_ih_l0', '"', '\\', '\\"', '\u{1f600}', '\n'))
  .filter((text) => !TAKEN.has(text))

/** Tensors and metadata of any names, kinds and sizes, empty ones included */
export const contents: fc.Arbitrary<Contents> = fc.record({
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 5 }).map((entries) => new Map(entries)),
  metadata: fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 5 }).map((entries) => new Map(entries)),
})

/** A file with this header, said to be as long as it is unless told otherwise, and so many bytes of data */
export function fileOf(header: string, data: number = 0, length: bigint = BigInt(new TextEncoder().encode(header).length)): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + data)
  new DataView(bytes.buffer).setBigUint64(0, length, true)
  bytes.set(text, 8)
  return bytes
}
