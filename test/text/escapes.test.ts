import { describe, expect, test } from 'vitest'
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
    ['a sequence that another one breaks off', '\x1b[3\x1b[1mtext', 'text'],
  ])('%s is no text', (_, text, expected) => {
    expect(learnedOf(text)).toBe(expected)
  })

  test.each([
    ['a title that the line ends', '\x1b]0;title\ntext', '\ntext'],
    ['a title that CRLF ends', '\x1b]0;title\r\ntext', '\r\ntext'],
    ['a control sequence with a character that is none of it', '\x1b[1;ötext', 'ötext'],
    ['ESC and a character beyond ASCII', '\x1bötext', 'ötext'],
    ['brackets without ESC', '[1mtext', '[1mtext'],
  ])('%s does not swallow the text', (_, text, expected) => {
    expect(learnedOf(text)).toBe(expected)
  })

  test('a sequence may be cut anywhere', () => {
    const escapes = new Escapes()
    const parts = Array.from('a\x1b[1;31mb\x1b]0;t\x1b\\c').flatMap((character) => [...escapes.push(character)])
    expect(parts.map(({ text }) => text).join('')).toBe('a\x1b[1;31mb\x1b]0;t\x1b\\c')
    expect(parts.map(({ learned }) => learned).join('')).toBe('abc')
  })
})
