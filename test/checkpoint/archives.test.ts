import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, prefixed, Saver } from '../../src/checkpoint/archives.ts'

const loaderOf = ({ tensors, metadata }: Saver) => new Loader(tensors, metadata)

describe('an archive', () => {
  test.each(['', 'plain', '\uFEFFgrößer 😀\0\n'])('gives back the text %j', (text) => {
    const saver = new Saver()
    expect(saver.text('name', text)).toBe(text)
    expect(loaderOf(saver).text('name', '', 20)).toBe(text)
  })

  test('refuses a text that is longer than it may be, or missing', () => {
    const saver = new Saver()
    saver.text('name', 'abc')
    expect(() => loaderOf(saver).text('name', '', 2)).toThrow('name has 6 bytes, but it must be an even number up to 4')
    expect(() => loaderOf(saver).text('other', '', 2)).toThrow('the tensor other is missing')
  })

  const LENGTH = 2 ** 16
  const sparse = (numbers: Uint32Array) => {
    const saver = new Saver()
    saver.integers('name', numbers)
    return saver
  }

  test.prop([fc.array(fc.record({ at: fc.nat(LENGTH / 4 - 1), value: fc.nat() }), { maxLength: 40 })], { numRuns: 30 })(
    'saves of large whole numbers only the blocks that are not zeros, and gives back all',
    (touched) => {
      const numbers = new Uint32Array(LENGTH / 4)
      for (const { at, value } of touched) numbers[at] = value
      const saver = sparse(numbers)
      expect([...saver.tensors.values()].reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(36 * touched.length)
      const loaded = new Uint32Array(numbers.length).fill(7)
      loaderOf(saver).integers('name', loaded)
      expect(loaded).toEqual(numbers)
    },
  )

  test('saves all where that takes less, as 0.1.0 did', () => {
    const numbers = new Uint32Array(LENGTH / 4).fill(1)
    const saver = sparse(numbers)
    expect([...saver.tensors]).toEqual([['name', expect.objectContaining({ dtype: 'U32', shape: [LENGTH / 4] })]])
    const loaded = new Uint32Array(numbers.length)
    loaderOf(saver).integers('name', loaded)
    expect(loaded).toEqual(numbers)
  })

  test('refuses blocks that there are not, and memory that a small file is not worth', () => {
    const numbers = new Uint32Array(LENGTH / 4)
    numbers[9] = 1
    const saver = sparse(numbers)
    const blocks = { dtype: 'U32', shape: [1], data: new Uint8Array(Uint32Array.of(LENGTH / 32).buffer) } as const
    expect(() => new Loader(new Map([...saver.tensors, ['name.blocks', blocks]]), saver.metadata).integers('name', numbers)).toThrow(
      'name.blocks holds 2048, but 65536 bytes have fewer blocks',
    )
    expect(() => loaderOf(saver).expectBytes('name', 2 ** 28)).toThrow('the file holds a part')
    expect(() => loaderOf(saver).expectBytes('name', 2 ** 27)).not.toThrow()
  })

  test('keeps parts of the same name apart under prefixes', () => {
    const saver = new Saver()
    const parts = ['', 'second.'].map((prefix) => prefixed(saver, prefix))
    parts.forEach((part, i) => part.integer('count', i, 0, 9))
    parts.forEach((part, i) => part.text('name', `text ${i}`, 9))
    const loader = loaderOf(saver)
    const loaded = ['', 'second.', 'third.'].map((prefix) => prefixed(loader, prefix))
    expect(loaded.map((part) => part.has('count'))).toEqual([true, true, false])
    expect(loaded.slice(0, 2).map((part) => [part.integer('count', 0, 0, 9), part.text('name', '', 9)])).toEqual([
      [0, 'text 0'],
      [1, 'text 1'],
    ])
  })
})
