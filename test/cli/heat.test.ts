import { describe, expect, test } from 'vitest'
import { type Palette, PALETTES, type Theme } from '../../src/cli/print/heat.ts'
import { themeOf, themeOfAnswer, themeOfVariable } from '../../src/cli/terminal/theme.ts'

type Rgb = readonly [number, number, number]

const GROUNDS: Readonly<Record<Theme, readonly Rgb[]>> = {
  dark: [
    [0, 0, 0],
    [30, 30, 30],
    [40, 42, 54],
  ],
  light: [
    [255, 255, 255],
    [250, 250, 250],
  ],
}

/** As xterm draws its 256 colours */
function rgbOf(index: number): Rgb {
  const level = (value: number) => (value === 0 ? 0 : 55 + 40 * value)
  return index > 231
    ? [8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)]
    : [level(Math.floor((index - 16) / 36)), level(Math.floor((index - 16) / 6) % 6), level((index - 16) % 6)]
}

/** What an SGR sequence sets: 48 is the ground, 38 the ink */
function colourOf(sgr: string, which: 38 | 48): Rgb {
  const [, kind, rest = ''] = new RegExp(`(?:^|;)${which};([25]);((?:\\d+;?)+)`).exec(sgr) ?? []
  const [first = 0, second = 0, third = 0] = rest.split(';').map(Number)
  return kind === '2' ? [first, second, third] : rgbOf(first)
}

/** Relative luminance and contrast as WCAG defines them */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: Rgb, b: Rgb): number {
  const [less = 0, more = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (more + 0.05) / (less + 0.05)
}

const palettes: readonly (readonly [Theme, string, Palette])[] = Object.entries({ dark: PALETTES.dark, light: PALETTES.light }).flatMap(
  ([theme, byDepth]) => Object.entries(byDepth).map(([depth, palette]) => [theme === 'dark' ? 'dark' : 'light', depth, palette] as const),
)

describe.each(palettes)('the colours on a %s background in %s', (theme, _, { shades, alert }) => {
  test('grow with surprise: each stands out more than the one before', () => {
    for (const ground of GROUNDS[theme]) {
      const contrasts = shades.map((sgr) => contrast(colourOf(sgr, 48), ground))
      expect(contrasts).toEqual(contrasts.toSorted((a, b) => a - b))
      expect(new Set(contrasts).size).toBe(6)
      expect(contrasts.at(-1)! / contrasts[0]!).toBeGreaterThan(5)
    }
  })

  test('can be read', () => {
    for (const sgr of shades) expect(contrast(colourOf(sgr, 48), colourOf(sgr, 38))).toBeGreaterThan(4.5)
    for (const ground of GROUNDS[theme]) expect(contrast(colourOf(alert, 38), ground)).toBeGreaterThan(4.5)
  })
})

describe('the background', () => {
  test.each([
    ['\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\', 'dark'],
    ['\x1b]11;rgb:fd/f6/e3\x07', 'light'],
    ['\x1b]11;rgba:ffff/ffff/ffff/ffff\x1b\\', 'light'],
    ['\x1b]11;rgb:0/0/f\x07', 'dark'],
    ['\x1b]10;rgb:ff/ff/ff\x07', undefined],
    ['j', undefined],
  ])('is read from the answer %j', (answer, theme) => {
    expect(themeOfAnswer(answer)).toBe(theme)
  })

  test.each([
    ['15;0', 'dark'],
    ['0;default;15', 'light'],
    ['0;7', 'light'],
    ['7;8', 'dark'],
    ['default;default', undefined],
    ['', undefined],
  ])('is read from COLORFGBG=%j', (COLORFGBG, theme) => {
    expect(themeOfVariable({ COLORFGBG })).toBe(theme)
  })

  test('is what --theme says, else what COLORFGBG says, else dark', async () => {
    expect(await themeOf('dark', undefined, { COLORFGBG: '0;15' })).toBe('dark')
    expect(await themeOf('auto', undefined, { COLORFGBG: '0;15' })).toBe('light')
    expect(await themeOf('auto', undefined, {})).toBe('dark')
  })
})
