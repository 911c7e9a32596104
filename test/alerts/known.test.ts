import { describe, expect, test } from 'vitest'
import { KnownWords } from '../../src/alerts/known-words.ts'
import { UsualLines } from '../../src/alerts/usual-lines.ts'
import { UsualValues } from '../../src/alerts/usual-values.ts'
import { restored } from '../lines/saved.ts'

const charactersOf = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!)

describe('what is remembered of a text', () => {
  test('are its words, as far as there is room', () => {
    const words = new KnownWords()
    words.add(charactersOf('GET /item_a/7 größer'))
    const has = (words: KnownWords) => ['GET', 'item_a', '7', 'größer', 'größ', 'get', 'item'].map((word) => words.has(charactersOf(word)))
    expect(has(words)).toEqual([true, true, true, true, false, false, false])
    expect(has(restored(words, new KnownWords()))).toEqual(has(words))
  })

  test('are the last lines that differ in more than digits', () => {
    const usual = new UsualLines()
    expect(usual.nearest('a b c')).toBeUndefined()
    usual.add('get item 1', 'get item 1')
    usual.add('put cart 1', 'put cart 1')
    usual.add('get item 2', 'GET item 2')
    expect(usual.nearest('get items 7')).toBe('GET item 2')
    expect(usual.nearest('nothing of it')).toBeUndefined()
    for (let i = 0; i < 300; i++) usual.add(`x${'y'.repeat(i)}`, '')
    expect(usual.nearest('get item 1')).toBeUndefined()
  })

  test('are the values of a place, as long as they are few', () => {
    const usual = new UsualValues()
    const [status, id] = ['status', 'id']
    for (let i = 0; i < 20; i++) {
      usual.add(['200', '304', '404'][i % 3]!, status)
      usual.add(String(i), id)
      if (i < 7) expect(usual.insteadOf('500', status)).toBeUndefined()
    }
    expect(usual.insteadOf('500', status)).toEqual(['200', '304', '404'])
    expect(usual.insteadOf('304', status)).toBeUndefined()
    expect(usual.insteadOf('500', id)).toBeUndefined()
  })
})
