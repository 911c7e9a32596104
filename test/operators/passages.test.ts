import { fc, test } from '@fast-check/vitest'
import { from, map } from 'rxjs'
import { learn, learned, passages } from 'rxrnn'
import { describe, expect } from 'vitest'
import { complies } from './compliance.ts'
import { marbles, smallModel, sum } from './parts.ts'

const numbers = { mask: ['numbers'] } as const
const inputs = ['\x1b[1mab 1', '2 c\x1b', '[0m\nskip me\n', 'abc 12']

describe('passages', () => {
  complies(() => ({ operator: passages({ ...numbers, ignore: (line) => line.startsWith('skip') }), inputs }))

  test('hold back the word that may be masked', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b--c-|', { a: 'ab 1', b: '2', c: ' c 3' })
      const expected = '     -x----y-(z|)'
      const text$ = source.pipe(
        passages(numbers),
        map(({ learned }) => learned),
      )
      expectObservable(text$).toBe(expected, { x: 'ab ', y: '# c ', z: '#' })
      expectSubscriptions(source.subscriptions).toBe('^-------!')
    })
  })

  test.prop([
    fc.array(fc.constantFrom('a', 'b1', '12', '\x1b[1m', '\x1b]0;t\x07', ' ', 'skip', '\r\n', '\n', 'ö'), { maxLength: 25 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
  ])('give every character the same bits however the text is cut', (parts, lengths) => {
    const bytes = new TextEncoder().encode(parts.join(''))
    const chunks: Uint8Array[] = []
    for (let at = 0, i = 0; at < bytes.length; at += chunks[i++]!.length) chunks.push(bytes.subarray(at, at + lengths[i % lengths.length]!))
    const lossesOf = (chunks: readonly Uint8Array[]) => {
      const all: number[] = []
      from(chunks)
        .pipe(passages({ ...numbers, ignore: (line) => line.startsWith('skip') }), learned(), learn(smallModel()))
        .subscribe(({ losses }) => all.push(...losses))
      return all
    }
    expect(lossesOf(chunks)).toEqual(lossesOf([bytes]))
  })

  test('refuse a mask that they do not know', () => {
    // @ts-expect-error: from a program without types
    expect(() => passages({ mask: ['dates'] })).toThrow(expect.objectContaining({ name: 'OptionError', option: 'mask' }))
  })
})

describe('learned', () => {
  complies(() => ({
    operator: learned(),
    inputs: ['ab', '', 'c'].map((text) => ({ parts: [{ text, learned: text }], learned: text, ignored: false })),
  }))

  test.each(['characters', 'bytes'] as const)('gives a model with the alphabet %s what it would read of the plain text', (alphabet) => {
    const offsets = (chunks: readonly Uint8Array[]) => {
      let bits = 0
      from(chunks)
        .pipe(passages({ alphabet }), learned(alphabet), learn(smallModel({ alphabet })))
        .subscribe(({ losses }) => (bits += sum(losses)))
      return bits
    }
    const encode = (text: string) => new TextEncoder().encode(text)
    expect(offsets([encode('\x1b[1mgrö'), encode('ßer\x1b[0m\n')])).toBe(offsets([encode('größer\n')]))
  })
})
