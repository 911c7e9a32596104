import { describe, expect, test } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { Escapes } from '../../src/text/escapes.ts'

const learnedOf = (text: string) => Array.from(new Escapes().push(text), ({ learned }) => learned).join('')

describe('escape sequences', () => {
  test.each([
    ['a colour', '\x1b[1;31mERROR\x1b[0m disk', 'ERROR disk'],
    ['many colours', '\x1b[38;5;208m\x1b[48:2::1:2:3mx', 'x'],
    ['a cursor that moves', 'a\x1b[2K\x1b[?25lb', 'ab'],
    ['a title that BEL ends', '\x1b]0;title\x07text', 'text'],
    ['a link that ESC \\ ends', '\x1b]8;;http://a.b/c\x1b\\text\x1b]8;;\x1b\\', 'text'],
    ['a device string', '\x1bP1$r0m\x1b\\text', 'text'],
    ['a character set and others of two or three characters', '\x1b(B\x1b7text\x1b8\x1bM', 'text'],
    ['each of the edges of a form', '\x1b ~\x1b/0\x1b0\x1b[ ?@\x1b[~text', 'text'],
    ['a sequence that another one breaks off', '\x1b[3\x1b[1mtext', 'text'],
  ])('%s is no text', (_, text, expected) => {
    expect(learnedOf(text)).toBe(expected)
  })

  test.each([
    ['a title that the line ends', '\x1b]0;title\ntext', '\ntext'],
    ['a title that CRLF ends', '\x1b]0;title\r\ntext', '\r\ntext'],
    ['a control sequence with a character that is none of it', '\x1b[1;ötext', 'ötext'],
    ['ESC and a character beyond ASCII', '\x1bötext', 'ötext'],
    ['ESC and DEL', '\x1b\x7ftext', '\x7ftext'],
    ['a control sequence with DEL', '\x1b[\x7ftext', '\x7ftext'],
    ['a control sequence with a control character', '\x1b[1\x1f;text', '\x1f;text'],
    ['brackets without ESC', '[1mtext', '[1mtext'],
  ])('%s does not swallow the text', (_, text, expected) => {
    expect(learnedOf(text)).toBe(expected)
  })

  test.each([
    ['at the start', ['\ufeffa'], ['-\ufeff', '+a']],
    ['at the start of each line, and not within one', ['a\ufeffb\n\ufeffc\ufeff\n', '\ufeff'], ['+a\ufeffb\n', '-\ufeff', '+c\ufeff\n', '-\ufeff']],
    ['once in a row', ['\ufeff', '\ufeff'], ['-\ufeff', '+\ufeff']],
    ['after a chunk that is a colour', ['\x1b[1m', '\ufeff'], ['-\x1b[1m', '-\ufeff']],
    ['after a colour', ['a\n\x1b[1m\ufeffb'], ['+a\n', '-\x1b[1m', '-\ufeff', '+b']],
    ['not after text before a colour', ['a\x1b[1m\ufeffb'], ['+a', '-\x1b[1m', '+\ufeffb']],
  ])('a byte order mark is no text %s', (_, chunks, expected) => {
    const escapes = new Escapes()
    const spans = chunks.flatMap((chunk) => [...escapes.push(chunk)])
    expect(spans.map(({ text, learned }) => `${learned === '' ? '-' : '+'}${text}`)).toEqual(expected)
    for (const { text, learned } of spans) expect(['', text]).toContain(learned)
  })

  test('no span is empty', () => {
    const spans = [...new Escapes().push('\x1b[1m\x1b[0ma\x1b[1m')]
    expect(spans.map(({ text }) => text)).toEqual(['\x1b[1m\x1b[0m', 'a', '\x1b[1m'])
    expect([...new Escapes().push('')]).toEqual([])
  })

  test.each(['\x1b', '\x1b(', '\x1b[1', '\x1b]0;t', 'a', 'a\n', ''])('after "%s" it resumes from where it was saved', (start) => {
    const [straight, saved, resumed] = [new Escapes(), new Escapes(), new Escapes()]
    for (const escapes of [straight, saved]) expect([...escapes.push(start)].length).toBeLessThan(2)
    const saver = new Saver()
    saved.transfer(saver)
    resumed.transfer(new Loader(saver.tensors, saver.metadata))
    expect([...resumed.push('\ufeff0m')]).toEqual([...straight.push('\ufeff0m')])
  })

  test('what 0.1.0 saved knows nothing of byte order marks, and stands within a line', () => {
    const [saver, escapes] = [new Saver(), new Escapes()]
    escapes.transfer(saver)
    const metadata = Array.from(saver.metadata, ([name, counters]) => [name, counters.replace(/,?"escapes.atLineStart":\d/, '')] as const)
    escapes.transfer(new Loader(saver.tensors, new Map(metadata)))
    expect(Array.from(escapes.push('\ufeff'), ({ learned }) => learned)).toEqual(['\ufeff'])
  })

  test('no state but the known ones is loaded', () => {
    const saver = new Saver()
    saver.integer('escapes.state', 5)
    expect(() => new Escapes().transfer(new Loader(saver.tensors, saver.metadata))).toThrow('escapes.state')
  })

  test('a sequence may be cut anywhere', () => {
    const escapes = new Escapes()
    const parts = Array.from('a\x1b[1;31mb\x1b]0;t\x1b\\c').flatMap((character) => [...escapes.push(character)])
    expect(parts.map(({ text }) => text).join('')).toBe('a\x1b[1;31mb\x1b]0;t\x1b\\c')
    expect(parts.map(({ learned }) => learned).join('')).toBe('abc')
  })
})
