import { describe, expect, test } from 'vitest'
import { modelHelp } from '../../src/cli/flags/model-help.ts'
import { createModel } from '../../src/index.ts'
import { RULES } from '../../src/network/options.ts'
import { program, runHere } from './program.ts'

/** What --help prints on so wide a terminal */
function help(name: string, width: number): string {
  const all = program()
  const command =
    name === 'model' ? modelHelp().copyInheritedSettings(all).helpOption(false) : (all.commands.find((candidate) => candidate.name() === name) ?? all)
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
  test.each(['rxrnn', 'watch', 'evaluate', 'sample', 'compress', 'decompress', 'inspect', 'serve', 'send', 'worker', 'completion', 'model'])(
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
    expect([...found.keys()].slice(0, 8)).toEqual([
      'Examples:',
      'Arguments:',
      'Reading:',
      'Output:',
      'Alerts:',
      'Checkpoints:',
      'Options:',
      'Model options:',
    ])
    expect(found.get('Checkpoints:')).toEqual(['--checkpoint', '--checkpoint-every', '--keep'])
    expect(found.get('Options:')).toEqual(['--help'])
    expect(found.get('Model options:')).toEqual(['--preset', '--seed'])
  })

  test('tells choices, ranges and defaults in brackets', () => {
    const text = help('watch', 1000)
    expect(text).toMatch(/--preset <NAME> .*\(default, small, large, min-char-rnn; default: default\)$/m)
    expect(text).toMatch(/--seed <N> .*\(0 to 4294967295; default: \d+\)$/m)
    expect(text).toMatch(/--keep <N> .*\(1 to 1000; default: 3\)$/m)
    expect(text).toMatch(/--events <TYPE,...> .*\(line, prediction, stats; default: line\)$/m)
    expect(text).not.toContain('default: none')
    expect(help('serve', 1000)).toMatch(/--preset <NAME> .*; default: small\)$/m)
  })

  test.each(['rxrnn', 'watch', 'evaluate', 'serve', 'send', 'worker'])('of %s has its examples before its options', (name) => {
    const text = help(name, 80)
    expect(text.indexOf('Examples:')).toBeGreaterThan(0)
    expect(text.indexOf('Examples:')).toBeLessThan(text.search(/^(Arguments|Everyday options|Options):$/m))
  })

  test('of rxrnn alone has what is used every day, as watch has it', () => {
    const everyday = new Map(groups(help('rxrnn', 80))).get('Everyday options:')
    expect(everyday).toEqual(expect.arrayContaining(['--only-alerts', '--explain', '--json', '--checkpoint', '--theme']))
    const lineOf = (name: string, flag: string) => new RegExp(`^ {2}(?:-\\w, )?${flag} .*$`, 'm').exec(help(name, 1000))![0].replace(/ +/g, ' ')
    for (const flag of everyday!) expect(lineOf('rxrnn', flag)).toBe(lineOf('watch', flag))
  })

  test('puts what an example means beside it where there is room, and below it where there is none', () => {
    expect(help('watch', 120)).toMatch(/^ {2}tail -n 1000 -F app\.log \| rxrnn {2,}watch a log$/m)
    expect(help('watch', 60)).toContain('\n  tail -n 1000 -F app.log | rxrnn\n      watch a log\n')
  })
})

describe('help model', () => {
  const flagged = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

  test('shows every option of a model, with the default that a model has', () => {
    const text = help('model', 1000)
    const { options } = createModel()
    for (const name of Object.keys(RULES)) expect(text).toMatch(new RegExp(`^ *${flagged(name)} <`, 'm'))
    for (const name of ['cell', 'hidden', 'learningRate', 'optimizer', 'tableBits', 'decay', 'beta2'] as const)
      expect(text).toMatch(new RegExp(`^ *${flagged(name)} <.*default: ${options[name]}\\)$`, 'm'))
  })

  test('is where the help of every command that makes a model leads', () => {
    for (const { name, options } of program().commands.map((command) => ({ name: command.name(), options: command.options }))) {
      const makesModel = options.some(({ long }) => long === '--hidden')
      expect([name, help(name, 80).includes('rxrnn help model shows all options of the model.')]).toEqual([name, makesModel])
      expect([name, help(name, 80).includes('--hidden <N>')]).toEqual([name, false])
    }
  })

  test.each(['small', 'large', 'min-char-rnn'] as const)('says what --preset %s is made of: those options give the same model', (preset) => {
    const [, flags = ''] = new RegExp(`^  ${preset} +(.*)$`, 'm').exec(help('model', 1000)) ?? []
    const words = flags.split(' ')
    const given = Object.keys(RULES).flatMap((name) => {
      const at = words.indexOf(flagged(name))
      if (at === -1) return []
      const value = words[at + 1]!
      return [[name, Number.isNaN(Number(value)) ? value : Number(value)]]
    })
    expect(createModel(Object.fromEntries(given)).options).toEqual(createModel({ preset }).options)
  })

  test('is what the command prints; a slip of the finger is pointed out', async () => {
    const { stdout } = await runHere(['help', 'model'])
    expect(stdout).toBe(help('model', 80))
    expect((await runHere(['help', 'modle'])).stderr).toContain('there is no command modle\n(Did you mean model?)')
  })
})
