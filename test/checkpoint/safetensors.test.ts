import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { CheckpointError } from '../../src/checkpoint/error.ts'
import { type Contents, ELEMENT, readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.ts'
import { contents, fileOf } from './parts.ts'

const tensor = (shape: string, begin: number, end: number) => `{"dtype":"U8","shape":[${shape}],"data_offsets":[${begin},${end}]}`

describe('safetensors', () => {
  property.prop([contents])('gives back what was written', (written) => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(written))
    expect(new Map(tensors)).toEqual(new Map(written.tensors))
    expect([...metadata]).toEqual([...written.metadata])
  })

  property.prop([contents])('writes equal bytes for equal tensors in any order', ({ tensors, metadata }) => {
    const reversed = new Map([...tensors].toReversed())
    expect(writeSafetensors({ tensors: reversed, metadata })).toEqual(writeSafetensors({ tensors, metadata }))
  })

  property.prop([contents])('starts every tensor at a multiple of its element', (written) => {
    const file = writeSafetensors(written)
    for (const { dtype, data } of readSafetensors(file).tensors.values()) expect((data.byteOffset - file.byteOffset) % ELEMENT[dtype]).toBe(0)
  })

  property.prop([contents, fc.integer({ min: 0, max: 7 })])('reads from anywhere in a buffer', (written, shift) => {
    const file = writeSafetensors(written)
    const shifted = new Uint8Array(file.length + shift)
    shifted.set(file, shift)
    expect(new Map(readSafetensors(shifted.subarray(shift)).tensors)).toEqual(new Map(written.tensors))
  })

  test('writes what the format describes, byte for byte', () => {
    const written: Contents = {
      tensors: new Map([
        ['b', { dtype: 'U8', shape: [1], data: Uint8Array.of(7) }],
        ['a', { dtype: 'F32', shape: [], data: Uint8Array.of(0, 0, 128, 63) }],
      ]),
      metadata: new Map([['k', 'v']]),
    }
    const header =
      '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}'
    const file = writeSafetensors(written)
    expect(new TextDecoder().decode(file.subarray(8, -5))).toBe(header.padEnd(Math.ceil(header.length / 8) * 8))
    expect([...file.subarray(-5)]).toEqual([0, 0, 128, 63, 7])
    expect(new DataView(file.buffer).getBigUint64(0, true)).toBe(BigInt(file.length - 8 - 5))
  })

  test('reads what others write: spaces, any order of fields, escapes', () => {
    const header = '{ "\\u0061" : {"data_offsets": [ 0, 2 ],\n "shape": [2], "dtype": "U8"} , "__metadata__": {"format": "pt"}}   '
    const { tensors, metadata } = readSafetensors(fileOf(header, 2))
    expect([...tensors.keys()]).toEqual(['a'])
    expect([...metadata]).toEqual([['format', 'pt']])
  })

  test.each([
    ['nothing', new Uint8Array(0), '0 bytes are no safetensors file'],
    ['half a length', new Uint8Array(7), '7 bytes are no safetensors file'],
    ['a length of no header', new Uint8Array(8), 'does not start with {'],
    ['a length of 2^63', fileOf('{}', 0, 2n ** 63n), 'said to have 9223372036854775808 bytes, but the file ends after 2'],
    ['a length of 2^64 - 1', fileOf('{}', 0, 2n ** 64n - 1n), 'said to have 18446744073709551615 bytes'],
    ['a length past the end', fileOf('{}', 0, 3n), 'said to have 3 bytes, but the file ends after 2'],
    ['an endless header', fileOf(`{${' '.repeat(8_000_000)}}`), 'the header has 8000002 bytes, more than'],
    [
      'more tensors than any model has',
      fileOf(`{${Array.from({ length: 4097 }, (_, i) => `"${i}":${tensor('0', 0, 0)}`).join()}}`),
      'more than 4096',
    ],
    ['a header of zeros', new Uint8Array(100), 'does not start with {'],
    ['broken UTF-8', fileOf('{"a":0}').map((byte) => (byte === 0x61 ? 0xff : byte)), 'not UTF-8'],
    ['an array', fileOf('[]'), 'does not start with {'],
    ['half an object', fileOf('{"a":'), 'expected { at character 5, found its end'],
    ['two objects', fileOf('{}{}'), 'expected nothing more at character 2'],
    ['a trailing comma', fileOf(`{"a":${tensor('1', 0, 1)},}`, 1), 'expected a string'],
    ['an endless string', fileOf('{"a'), 'expected the end of the string'],
    ['an escaped end', fileOf(String.raw`{"a\"`), 'expected the end of the string'],
    ['a broken escape', fileOf(String.raw`{"\x":{}}`), 'a broken string at character 1'],
    ['a deep header', fileOf(`{"a":${'['.repeat(1e5)}`), 'expected {'],
    ['a deep shape', fileOf(`{"a":{"shape":${'['.repeat(1e5)}`), 'expected a whole number'],
    ['a long shape', fileOf(`{"a":${tensor(`${'1,'.repeat(1e5)}1`, 0, 1)}}`, 1), 'a list of more than 8 numbers'],
    ['a negative dimension', fileOf(`{"a":${tensor('-1', 0, 1)}}`, 1), 'expected a whole number'],
    ['a fraction', fileOf(`{"a":${tensor('1.5', 0, 1)}}`, 1), 'expected a whole number'],
    ['an exponent', fileOf(`{"a":${tensor('1e3', 0, 1)}}`, 1), 'expected a whole number'],
    ['a leading zero', fileOf(`{"a":${tensor('01', 0, 1)}}`, 1), 'expected a whole number'],
    ['a dimension past 2^53', fileOf(`{"a":${tensor('9007199254740992', 0, 1)}}`, 1), 'expected a whole number'],
    ['a dimension of 100 digits', fileOf(`{"a":${tensor('9'.repeat(100), 0, 1)}}`, 1), 'expected a whole number'],
    ['a product that overflows', fileOf(`{"a":${tensor('4294967296,4294967296', 0, 1)}}`, 1), 'impossible shape [4294967296, 4294967296]'],
    ['a product that overflows before a zero', fileOf(`{"a":${tensor('4294967296,4294967296,0', 0, 0)}}`), 'impossible shape'],
    ['a shape that does not fit the bytes', fileOf(`{"a":${tensor('2,2', 0, 3)}}`, 3), 'has 3 bytes, but U8 [2, 2] takes 4'],
    ['an unknown dtype', fileOf('{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', 2), 'unknown dtype "BF16"'],
    ['a dtype of every object', fileOf('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,2]}}', 2), 'unknown dtype "toString"'],
    ['a missing dtype', fileOf('{"a":{"shape":[1],"data_offsets":[0,1]}}', 1), 'lacks dtype, shape or data_offsets'],
    ['one offset', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', 1), 'needs two data_offsets'],
    ['three offsets', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', 1), 'a list of more than 2 numbers'],
    ['an unknown field', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}', 1), 'unknown field "x"'],
    ['offsets past the end', fileOf(`{"a":${tensor('2', 0, 2)}}`, 1), 'has the bytes 0 to 2 of the data, which has 1'],
    ['offsets far past the end', fileOf(`{"a":${tensor('1', 9007199254740990, 9007199254740991)}}`, 1), 'of the data, which has 1'],
    ['offsets in the wrong order', fileOf(`{"a":${tensor('1', 1, 0)}}`, 1), 'has the bytes 1 to 0'],
    ['an overlap', fileOf(`{"a":${tensor('2', 0, 2)},"b":${tensor('2', 1, 3)}}`, 3), '"b" overlaps another one'],
    ['one inside the other', fileOf(`{"a":${tensor('3', 0, 3)},"b":${tensor('1', 1, 2)}}`, 3), '"b" overlaps another one'],
    ['a hole at the start', fileOf(`{"a":${tensor('1', 1, 2)}}`, 2), 'the bytes 0 to 1 of the data belong to no tensor'],
    ['a hole', fileOf(`{"a":${tensor('1', 0, 1)},"b":${tensor('1', 2, 3)}}`, 3), 'the bytes 1 to 2 of the data belong to no tensor'],
    ['a hole at the end', fileOf(`{"a":${tensor('1', 0, 1)}}`, 2), 'the bytes 1 to 2 of the data belong to no tensor'],
    ['a tensor twice', fileOf(`{"a":${tensor('1', 0, 1)},"a":${tensor('1', 1, 2)}}`, 2), 'has the key "a" twice'],
    ['a tensor twice, once escaped', fileOf(`{"a":${tensor('1', 0, 1)},"\\u0061":${tensor('1', 1, 2)}}`, 2), 'has the key "a" twice'],
    ['a field twice', fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), 'tensor "a" has the key "dtype" twice'],
    ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), 'has the key "__metadata__" twice'],
    ['a metadatum twice', fileOf('{"__metadata__":{"a":"","a":""}}'), '__metadata__ has the key "a" twice'],
    ['a metadatum that is a number', fileOf('{"__metadata__":{"a":1}}'), 'expected a string'],
    ['__proto__', fileOf(`{"__proto__":${tensor('1', 0, 1)}}`, 1), '"__proto__" is no name'],
    ['an escaped __proto__', fileOf(`{"\\u005f_proto__":${tensor('1', 0, 1)}}`, 1), '"__proto__" is no name'],
    ['constructor', fileOf(`{"constructor":${tensor('1', 0, 1)}}`, 1), '"constructor" is no name'],
    ['__proto__ in the metadata', fileOf('{"__metadata__":{"__proto__":"x"}}'), '"__proto__" is no name'],
    ['a very long name', fileOf(`{"${'n'.repeat(1e5)}":{}}`), `tensor "${'n'.repeat(40)}..." lacks`],
    // how soon is measured by bench/hostile.mjs
  ])('refuses %s, and says so', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(CheckpointError)
    expect(() => readSafetensors(bytes)).toThrow(message)
  })

  const headerOf = (length: number) => `{${' '.repeat(length - 2)}}`
  const members = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":${tensor('0', 0, 0)}`).join()}}`
  const metadata = (length: number) => ({ tensors: new Map(), metadata: new Map([['', 'x'.repeat(length - '{"__metadata__":{"":""}}'.length)]]) })

  test.each([
    ['a header', fileOf(headerOf(2_000_000)), fileOf(headerOf(2_000_001)), 'the header has 2000001 bytes, more than 2000000'],
    ['a header that ends with the file', fileOf('{}'), fileOf('{}', 0, 3n), 'said to have 3 bytes, but the file ends after 2'],
    ['members', fileOf(members(4096)), fileOf(members(4097)), 'the header has more than 4096 members'],
    [
      'dimensions',
      fileOf(`{"a":${tensor('1,1,1,1,1,1,1,1', 0, 1)}}`, 1),
      fileOf(`{"a":${tensor('1,1,1,1,1,1,1,1,1', 0, 1)}}`, 1),
      'a list of more than 8 numbers',
    ],
    [
      'a tensor that ends with the file',
      fileOf(`{"a":${tensor('2', 0, 2)}}`, 2),
      fileOf(`{"a":${tensor('3', 0, 3)}}`, 2),
      'has the bytes 0 to 3 of the data, which has 2',
    ],
    ['an empty tensor', fileOf(`{"a":${tensor('0', 0, 0)}}`), fileOf(`{"a":${tensor('0', 1, 1)}}`), 'has the bytes 1 to 1 of the data, which has 0'],
  ])('reads the largest of %s, and nothing beyond', (_, largest, beyond, message) => {
    expect(() => readSafetensors(largest)).not.toThrow()
    expect(() => readSafetensors(beyond)).toThrow(message)
  })

  test('writes the longest header that it reads, and no longer one', () => {
    expect(readSafetensors(writeSafetensors(metadata(2_000_000))).metadata.size).toBe(1)
    expect(() => writeSafetensors(metadata(2_000_001))).toThrow('a header of 2000001 bytes is too long: 2000000 at most')
  })

  property.prop([contents, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })])(
    'reads or refuses whatever is damaged, and fails no other way',
    (written, at, noise) => {
      const file = writeSafetensors(written)
      const place = at % file.length
      file.set(noise.subarray(0, file.length - place), place)
      try {
        readSafetensors(file)
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError)
      }
    },
  )

  test.each([
    ['a shape that does not fit', 'a', [2], 'has 1 bytes, but U8 [2] takes 2'],
    ['a negative shape', 'a', [-1, -1], 'impossible shape'],
    ['__proto__', '__proto__', [1], 'is no name'],
    ['__metadata__', '__metadata__', [1], 'is no name'],
  ])('does not write %s', (_, name, shape, message) => {
    const tensors = new Map([[name, { dtype: 'U8' as const, shape, data: Uint8Array.of(1) }]])
    expect(() => writeSafetensors({ tensors, metadata: new Map() })).toThrow(message)
  })
})
