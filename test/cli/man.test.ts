import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { manPage } from '../../src/cli/flags/man.ts'
import { flagsOf, program } from './program.ts'

const page = manPage(program())
const lines = page.split('\n')
/** As it is read: without fonts and escapes */
const read = page.replace(/\\f[BIR]|\\&/g, '').replaceAll('\\-', '-')

/** The lines of a command's part */
function partOf(command: string): readonly string[] {
  const from = read.split('\n').slice(lines.indexOf(`.SS rxrnn ${command}`) + 1)
  return from.slice(
    0,
    from.findIndex((line) => /^\.S[SH]/.test(line)),
  )
}

describe('the manual', () => {
  test('has the sections that a manual has, in their order', () => {
    const sections = lines.filter((line) => line.startsWith('.SH')).map((line) => line.slice(4))
    const expected = [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'COMMANDS',
      'MODEL OPTIONS',
      'EXAMPLES',
      'EXIT STATUS',
      'ENVIRONMENT',
      'FILES',
      'SEE ALSO',
    ]
    expect(sections).toEqual(expected)
  })

  test.each(program().commands.map((command) => [command.name(), command] as const))('has every option of %s once', (name, command) => {
    const ofModel = command.options.filter(({ helpGroupHeading }) => helpGroupHeading === 'Model options:')
    const own = command.options.filter((option) => !ofModel.includes(option)).map(({ flags }) => flags)
    const tags = (part: readonly string[]) => part.filter((line, i) => part[i - 1] === '.TP' && /^--?\w.*/.test(line) && !line.includes(':'))
    for (const flags of own) expect(tags(partOf(name)).filter((tag) => tag === flags)).toEqual([flags])
    for (const { flags } of ofModel) expect(read.split('\n').filter((line) => line === flags)).toEqual([flags])
  })

  test('says of no option that there is not', () => {
    const known = new Set([program(), ...program().commands].flatMap((command) => flagsOf(command)))
    const told = Array.from(read.matchAll(/(?<![\w-])--[a-z][\w-]*/g), ([flag]) => flag)
    expect(told.filter((flag) => !known.has(flag))).toEqual([])
  })

  test('is troff: only requests that it uses, a tag and a text after every .TP, ASCII, and no hyphen that would become another character', () => {
    const requests = lines.filter((line) => /^[.']/.test(line)).map((line) => line.split(' ')[0])
    expect(new Set(requests)).toEqual(new Set(['.\\"', '.TH', '.SH', '.SS', '.TP', '.PP', '.br']))
    for (const [i, line] of lines.entries()) if (line === '.TP') expect(lines.slice(i + 1, i + 3).join('\n')).toMatch(/^[^.].*\n[^.]/)
    expect(page).toMatch(/^[\n\x20-\x7e]*$/)
    expect(lines.filter((line) => !line.startsWith('.')).join('\n')).not.toMatch(/(?<!\\)-/)
    expect(page).not.toMatch(/\\(?!f[BIR]|-|e|"|&|\[u)/)
  })

  test('is in the package as the build wrote it', () => {
    expect(readFileSync('man/rxrnn.1', 'utf8')).toBe(page)
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' })
    expect(packed).toContain('"man/rxrnn.1"')
  })
})
