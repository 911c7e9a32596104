import { map, of } from 'rxjs'
import { encode, type Run, Vocabulary } from '../../src/index.ts'
import { NOVEL } from '../../src/text/vocabulary.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { knowing, marbles, textOf } from './parts.ts'

const toText = map(({ characters }: Run) => textOf(characters))

describe('encode', () => {
  complies(() => ({ operator: encode(knowing('abc😀\ud83d')), inputs: ['ab\ud83d', '\ude00c', '', 'a', '\ud83d'] }))

  test('gives one run a chunk, and ends it at each character never seen before', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a-------b---|', { a: 'hel', b: 'lo' })
      const expected = '     --(hel)---o---|'
      expectObservable(source.pipe(encode(new Vocabulary()), toText)).toBe(expected, { h: 'h', e: 'e', l: 'l', o: 'lo' })
      expectSubscriptions(source.subscriptions).toBe('^-------------!')
    })
  })

  test('holds a cut surrogate pair back until its other half comes, or the end', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('  -a-b-a-|', { a: 'x\ud83d', b: '\ude00' })
      const expected = '     -x-y-x-(z|)'
      expectObservable(source.pipe(encode(knowing('x😀\ud83d')), toText)).toBe(expected, { x: 'x', y: '😀', z: '\ud83d' })
    })
  })

  test('reads bytes as UTF-8, cut anywhere', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('  -a-b-c-|', { a: Uint8Array.of(0x78, 0xe2), b: Uint8Array.of(0x82), c: Uint8Array.of(0xac) })
      const expected = '     -x---y-|'
      expectObservable(source.pipe(encode(new Vocabulary()), toText)).toBe(expected, { x: 'x', y: '€' })
    })
  })

  test('says nothing for an empty chunk', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-a-a-|', { a: '' }).pipe(encode(new Vocabulary()))).toBe('-----|')
    })
  })

  test('leaves the vocabulary as it is when growth is fixed', () => {
    const vocabulary = knowing('a')
    const targets: number[] = []
    of('abba')
      .pipe(encode(vocabulary, 'fixed'))
      .subscribe((run) => targets.push(...run.targets))
    expect(targets).toEqual([1, NOVEL, NOVEL, 1])
    expect(vocabulary.size).toBe(2)
  })

  test('knows no more symbols than it is told to', () => {
    const runs: Run[] = []
    of('abca')
      .pipe(encode(knowing('abc'), () => 3))
      .subscribe((run) => runs.push(run))
    expect(runs).toMatchObject([{ characters: Int32Array.of(97, 98, 99, 97), targets: Int32Array.of(1, 2, NOVEL, 1), next: 1, vocabularySize: 3 }])
  })

  test('takes a time that is linear in a chunk, however much of it is novel', { timeout: 5000 }, () => {
    const novel = Array.from({ length: 16_000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('')
    const vocabulary = new Vocabulary('characters', 16384)
    let characters = 0
    of(novel + 'a'.repeat(1_000_000))
      .pipe(encode(vocabulary))
      .subscribe((run) => (characters += run.characters.length))
    expect(characters).toBe(1_016_000)
    expect(vocabulary.size).toBe(16_002)
  })
})
