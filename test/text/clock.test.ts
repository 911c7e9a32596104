import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { ClockMask } from '../../src/text/clock.ts'
import type { Span } from '../../src/text/span.ts'

const push = (mask: ClockMask, text: string) => [...mask.push({ text, learned: text })]
const learnedOf = (parts: readonly Span[]) => parts.map(({ learned }) => learned).join('')
const shownOf = (parts: readonly Span[]) => parts.map(({ text }) => text).join('')

function masked(text: string): string {
  const mask = new ClockMask()
  return learnedOf([...push(mask, text), ...mask.flush()])
}

describe('the clock of a line', () => {
  test.each([
    '2026-01-05T10:00:00.123Z',
    '2026-01-05T10:00:00.123456789+01:00',
    '2026-01-05T10:00Z',
    '2026-01-05 10:00:00',
    '2026-01-05 10:00:00,123',
    '2026-01-05 10:00:00,123 +0000',
    '2026-01-05 10:00:00.123+00',
    '2026/01/05 10:00:00.123456',
    '2026-01-05',
    '2026-01-05 - 10:00:00',
    '2015.07.29-19:04:12',
    '2005-06-03-15.42.50.363779',
    '2017-05-16_13:53:08',
    '20171223-22:15:29:606',
    '20171224-0:6:1:25',
    '20260105T100000Z',
    '20260105100000',
    '20260105 100000',
    '081109 203615',
    '260105  9:00:00',
    '17/06/09 20:10:40',
    '01/05/2026',
    '05.01.2026',
    '05.01.2026 10:00:00',
    '1/5/2026 10:00:00 AM',
    '10:31:05 AM',
    '10:31 pm',
    '10:00:00',
    '00:01:02.345',
    '10:00:00,123',
    'Nov  3 04:05:06',
    'Nov 13 04:05:06.789',
    'Jan 05, 2026 10:00:00 AM',
    'Mon Jan  5 10:00:00 UTC 2026',
    'Sun Dec 04 04:47:44 2005',
    'Sun, 06 Nov 1994 08:49:37',
    '05 Jan 2026 10:00:00.123',
    '05/Jan/2026:10:00:00 +0000',
    '05-Jan-2026 10:00:00',
    '2026 Jan 05 10:00:00',
    '03-17 16:13:38.811',
    '10.30 16:49:06',
    '1700000000',
    '1700000000.123456',
    '1700000000123',
    '1700000000123456',
    '1700000000123456789',
    '1131566461 2005.11.09',
  ])('%s', (clock) => {
    expect(masked(`${clock} up 12 ms\n${clock}\tup\n[${clock}] up\n`)).toBe('@ up 12 ms\n@\tup\n[@] up\n')
  })

  test.each([
    ['I1105 10:00:00.123456 1 x.go:7] up', 'I@ 1 x.go:7] up'],
    ['[12345.678901] usb', '[@] usb'],
    ['[    12.345] (II) up', '[@] (II) up'],
    ['[10:31] <nick> hi', '[@] <nick> hi'],
    ['<34>Oct 11 22:14:15 host su: up', '<34>@ host su: up'],
    ['- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.363779 R02', '- @ R02 @ R02'],
    ['{"ts":"2026-01-05T10:00:00Z","ms":12}', '{"ts":"@","ms":12}'],
    ['{"level":30,"time":1700000000123,"pid":1700000000123}', '{"level":30,"time":@,"pid":1700000000123}'],
    ['{"@timestamp": "1700000000.5", "ms": 12}', '{"@timestamp": "@", "ms": 12}'],
    ['{"time":"10:00:00","took":"00:00:12"}', '{"time":"@","took":"00:00:12"}'],
    ['level=info ts=1700000000.123 took=12', 'level=info ts=@ took=12'],
    ['192.0.2.1 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1234', '192.0.2.1 - - [@] "GET / HTTP/1.1" 200 1234'],
    ['web-1  | 2026-01-05 10:00:00,123 up', 'web-1  | @ up'],
    ['1:M 05 Jan 2026 10:00:00.123 * Ready', '1:M @ * Ready'],
    ['msg=audit(1364481363.243:24287): x', 'msg=audit(@:24287): x'],
    ['Jul  1 09:00:55 host kernel: [   12.345678] x', '@ host kernel: [@] x'],
    ['Nov  3 04:05:06 2048 items', '@ 2048 items'],
    ['start=1498000000000000000,duration=123', 'start=@,duration=123'],
  ])('in %s', (line, expected) => {
    expect(masked(`${line}\n`)).toBe(`${expected}\n`)
    expect(masked(line)).toBe(expected)
  })

  test.each([
    'checkout took 9000 ms',
    'took 00:12:33 and 1:02:03.5, until 10:00:00',
    'took 1700000000 ns, id 1700000000123',
    '36:00:00 elapsed',
    '1500 ms',
    '0.123 s',
    '192.168.20.26 GET /',
    '10.01.2026.5 up',
    '1.10.2 released',
    'v2026.01.05 released',
    '2026.01.05-rc1 released',
    '2026/01/05/index.html',
    'GET /2026/01/05/ 200 1234',
    '12345678901 bytes',
    '1700000000',
    '1234567890123456',
    '17000000001 requests',
    '2026-13-45 10:00',
    'May be 12 of 30',
    '[12345] up',
    '[0.5] loss',
    'Progress 12/30/45',
  ])('is not found in: %s', (line) => {
    expect(masked(`${line}\n`)).toBe(`${line}\n`)
  })

  test('leaves the values beside it in a table', () => {
    expect(masked('2026-01-05 10:00:00,200,GET\n2026-01-05 10:00:00,200\n1700000000,200\n')).toBe('@,200,GET\n@,200\n@,200\n')
  })

  test('is found behind colours, and in each line anew', () => {
    const mask = new ClockMask()
    const parts = [
      ...mask.push({ text: '\x1b[2m', learned: '' }),
      ...push(mask, '['),
      ...mask.push({ text: '\x1b[0m', learned: '' }),
      ...push(mask, '10:00:00] up 10:00:00\r\n10:00:01 up\n'),
    ]
    expect(learnedOf(parts)).toBe('[@] up 10:00:00\r\n@ up\n')
  })
})

describe('what may be a clock', () => {
  test('is held back, and nothing else', () => {
    const mask = new ClockMask()
    expect(learnedOf(push(mask, 'Password: '))).toBe('Password: ')
    expect(learnedOf(push(mask, 'x\n2026-01-05 10:00:0'))).toBe('x\n')
    expect(mask.held).toBe('2026-01-05 10:00:0')
    expect(learnedOf(push(mask, '1 up '))).toBe('@ up ')
    expect(learnedOf(push(mask, 'Mar'))).toBe('')
    expect(learnedOf(push(mask, 'k 1'))).toBe('Mark ')
    expect(learnedOf([...mask.flush()])).toBe('1')
  })

  const snippets = fc.constantFrom(
    '2026-01-05',
    '10:00:00',
    ',123',
    '.5',
    'Nov  3',
    ' ',
    '  ',
    'T',
    'Z',
    '+0000',
    '1700000000',
    '123',
    '081109',
    '203615',
    'Mon',
    '05',
    '/',
    'Jan',
    '2026',
    '[',
    ']',
    '{"ts":',
    '"',
    '\n',
    '\r\n',
    '- ',
    'a',
    'ö',
    '😀',
    'I',
    '1',
    ':',
    '-',
    '.',
    'kernel: ',
    'audit(',
    '    ',
    '@',
    'AM',
  )
  const text = fc.array(snippets, { maxLength: 30 }).map((parts) => parts.join(''))

  test.prop([text, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 })])(
    'is decided in the same way however the text is cut and saved',
    (text, lengths) => {
      let mask = new ClockMask()
      const parts: Span[] = []
      for (let at = 0, i = 0; at < text.length; at += lengths[i++ % lengths.length]!) {
        parts.push(...push(mask, text.slice(at, at + lengths[i % lengths.length]!)))
        expect(mask.held.length).toBeLessThanOrEqual(80)
        const saver = new Saver()
        mask.transfer(saver)
        mask = new ClockMask()
        mask.transfer(new Loader(saver.tensors, saver.metadata))
      }
      parts.push(...mask.flush())
      expect(shownOf(parts)).toBe(text)
      expect(learnedOf(parts)).toBe(masked(text))
    },
  )

  test.prop([text])('has digits, and the rest is learned as it came', (text) => {
    const mask = new ClockMask()
    for (const { text: shown, learned } of [...push(mask, text), ...mask.flush()]) {
      if (shown !== learned) expect([learned, shown]).toEqual(['@', expect.stringMatching(/^(?=.*\d.*\d.*\d)[^\n\r]*$/)])
    }
  })
})
