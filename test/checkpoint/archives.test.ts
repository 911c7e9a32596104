import { describe, expect, test } from 'vitest'
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
