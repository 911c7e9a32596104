import { describe, expect, test } from 'vitest'
import { program } from './program.ts'

/** What --help prints on so wide a terminal */
function help(name: string, width: number): string {
  const all = program()
  const command = all.commands.find((candidate) => candidate.name() === name) ?? all
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => width }).outputHelp()
  return text
}

/** The headings of a text and what is below them */
function groups(text: string): readonly (readonly [heading: string, flags: readonly string[]])[] {
  const parts = text.split(/^(\w[\w ]*:)$/m).slice(1)
  return parts.flatMap((part, i) =>
    i % 2 === 0 ? [[part, Array.from(parts[i + 1]!.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, flag]) => flag!)]] : [],
  )
}

describe('--help', () => {
  test.each(['rxrnn', 'watch', 'evaluate', 'sample', 'compress', 'decompress', 'inspect', 'serve', 'send', 'worker', 'completion'])(
    'of %s fits into 80 and 120 columns',
    (name) => {
      for (const width of [80, 120]) {
        // an example is a line to copy, so it is never broken
        const prose = help(name, width)
          .split('\n')
          .filter((line) => !/\brxrnn\b/.test(line))
        expect(prose.filter((line) => line.length > width)).toEqual([])
      }
    },
  )

  test('of watch groups its options by what they are for, those of the model last', () => {
    const found = new Map(groups(help('watch', 80)))
    expect([...found.keys()].slice(0, 7)).toEqual(['Arguments:', 'Reading:', 'Output:', 'Alerts:', 'Checkpoints:', 'Options:', 'Model options:'])
    expect(found.get('Checkpoints:')).toEqual(['--checkpoint', '--checkpoint-every', '--keep'])
    expect(found.get('Options:')).toEqual(['--help'])
  })

  test('tells choices, ranges and defaults in brackets', () => {
    const text = help('watch', 1000)
    expect(text).toMatch(/--cell <NAME> .*\(rnn, gru, lstm\)$/m)
    expect(text).toMatch(/--hidden <N> .*\(1 to 4096\)$/m)
    expect(text).toMatch(/--decay <X> .*\(0 to 1e9\)$/m)
    expect(text).toMatch(/--keep <N> .*\(1 to 1000; default: 3\)$/m)
    expect(text).toMatch(/--events <TYPE,...> .*\(line, prediction, stats; default: line\)$/m)
    expect(text).not.toContain('default: none')
  })

  test('puts what an example means beside it where there is room, and below it where there is none', () => {
    expect(help('watch', 120)).toContain('\n  tail -F app.log | rxrnn                      watch a log\n')
    expect(help('watch', 60)).toContain('\n  tail -F app.log | rxrnn\n      watch a log\n')
  })
})
