import { describe, expect, test } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { MASK_NAMES, Mask, type MaskName } from '../../src/text/mask.ts'

function masked(text: string, names: readonly MaskName[]): string {
  const mask = new Mask(names)
  return [...mask.push({ text, learned: text }), ...mask.flush()].map(({ learned }) => learned).join('')
}

describe('masks', () => {
  test.each([
    ['timestamps', '2026-01-31T10:00:00.123Z 2026-01-31 10:00:00,123 31/Jan/2026:10:00:00 +0100', '@ @ @ @ +0100'],
    ['timestamps', '2026-01-31T10:00:00+01:00 2026/01/31 2026-01-31-10.00.00.123456', '@ @ @'],
    ['timestamps', 'took 10:00 or 1:02:03, x2026-01-31', 'took 10:00 or @, x2026-01-31'],
    ['uuid', 'id=123e4567-e89b-12d3-a456-426614174000,', 'id=&,'],
    ['ip', 'from 192.0.2.1:443 to [2001:db8::1] and 2001:db8:0:0:0:0:0:1', 'from %:443 to [%] and %'],
    ['ip', 'version 1.2.3, std::fab, 10:00:00', 'version 1.2.3, std::fab, 10:00:00'],
    ['hex', '0x1F deadbeef00 12345678 faded 1234abcd.', '$ $ 12345678 faded $.'],
    ['numbers', 'worker7 took 0.25s, 12%, v1.2.3-4', 'worker# took #s, #%, v#-#'],
  ] as const)('%s: %s', (name, text, expected) => {
    expect(masked(text, [name])).toBe(expected)
  })

  test('go from the more particular to the less', () => {
    const text = 'Nov  3 10:00:00 2026-01-31 192.0.2.1 123e4567-e89b-12d3-a456-426614174000 0xff 42'
    expect(masked(text, MASK_NAMES.toReversed())).toBe('@ @ % & $ #')
  })

  test('keep the text beside what is learned of it', () => {
    const mask = new Mask(['numbers'])
    expect([...mask.push({ text: 'a 12 b\n', learned: 'a 12 b\n' })]).toEqual([
      { text: 'a ', learned: 'a ' },
      { text: '12', learned: '#' },
      { text: ' b\n', learned: ' b\n' },
    ])
  })

  test.each([
    [['numbers'], '12 3a', ['12=#', ' = ', '3=#', 'a=a']],
    [['clock'], 'a 12 b', ['a 12 b=a 12 b']],
    [['clock'], 'Nov', ['Nov=Nov']],
    [['clock', 'numbers'], 'a 12\n', ['a =a ', '12=#', '\n=\n']],
    [['numbers'], '', []],
  ] as const)('%j give no empty spans of "%s"', (names, text, expected) => {
    const mask = new Mask(names)
    const spans = [...mask.push({ text, learned: text }), ...mask.flush()]
    const joined = spans.reduce<string[]>((all, { text, learned }) => [...all, `${text}=${learned}`], [])
    expect(joined).toEqual(expected)
  })

  test('resume within a word, from what was saved with the same names or with others', () => {
    const saved = (names: readonly MaskName[], text: string, others = names) => {
      const [mask, loaded, saver] = [new Mask(names), new Mask(others), new Saver()]
      const before = [...mask.push({ text, learned: text })]
      mask.transfer(saver)
      loaded.transfer(new Loader(saver.tensors, saver.metadata))
      expect(before.map(({ text }) => text).join('') + mask.held).toBe(text)
      return [loaded.held, ...loaded.push({ text: '2 ', learned: '2 ' }), ...loaded.flush()]
    }
    const spans = [
      { text: 'a', learned: 'a' },
      { text: '12', learned: '#' },
      { text: ' ', learned: ' ' },
    ]
    expect(saved(['numbers'], 'x a1')).toEqual(['a1', ...spans])
    expect(saved(['numbers'], 'x a1', ['clock'])[0]).toBe('')
    expect(saved(['clock'], 'x a1', ['numbers'])).toEqual(['', { text: '2', learned: '#' }, { text: ' ', learned: ' ' }])
  })

  test('hold back a word until it ends, and no more than 256 characters', () => {
    const mask = new Mask(['numbers'])
    const push = (text: string) => Array.from(mask.push({ text, learned: text }), ({ learned }) => learned).join('')
    expect(push('Password: 1')).toBe('Password: ')
    expect(mask.held).toBe('1')
    expect(push('2 ')).toBe('# ')
    expect(push('7'.repeat(300))).toBe('#')
    expect(mask.held).toHaveLength(44)
  })

  test('take time in proportion to the text, whatever it holds', () => {
    const time = (text: string) => {
      const start = process.cpuUsage()
      masked(text, MASK_NAMES)
      return process.cpuUsage(start).user / 1000
    }
    for (const piece of ['a', '1', 'a:', '1:', 'a1-', '1.', '0123456789abcdef']) {
      time(piece.repeat(10_000))
      expect(time(piece.repeat(50_000)), piece).toBeLessThan(2000)
    }
  })

  test('are known by name', () => {
    // @ts-expect-error: from a program without types
    expect(() => new Mask(['dates'])).toThrow(
      expect.objectContaining({
        name: 'OptionError',
        option: 'mask',
        message: 'mask is dates, but it must be one or more of clock,timestamps,uuid,ip,hex,numbers',
      }),
    )
  })
})
