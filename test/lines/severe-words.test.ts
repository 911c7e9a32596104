import { expect, test } from 'vitest'
import { severeWordsOf } from '../../src/lines/severe-words.ts'

test.each([
  ['', []],
  ['all is well', []],
  ['error', ['error']],
  ['Error: request timed out, error again', ['error', 'timed out']],
  ['NullPointerException in is_corrupted, IOERROR 12error', ['exception', 'corrupt', 'error']],
  ['failed, failing, warnings', ['fail', 'warn']],
  // the end of another word is a name
  ['installed liberror-perl, stderr, forewarned', []],
])('the severe words of %j are %j', (line, words) => {
  expect(severeWordsOf(Int32Array.from(line, (character) => character.codePointAt(0)!))).toEqual(words)
})
