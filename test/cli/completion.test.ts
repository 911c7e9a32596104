import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BASH, FISH, testWithPeer, ZSH } from '../peers.ts'
import { flagsOf, program, runHere } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
for (const name of ['app.log', 'a b.log', 'serve.log']) writeFileSync(join(folder, name), '')
mkdirSync(join(folder, 'state'))

const SHELLS = ['bash', 'zsh', 'fish'] as const
const scripts = new Map(await Promise.all(SHELLS.map(async (shell) => [shell, (await runHere(['completion', shell])).stdout] as const)))
const files = new Map(SHELLS.map((shell) => [shell, join(folder, `.${shell}`)] as const))
for (const [shell, file] of files) writeFileSync(file, scripts.get(shell)!)

const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const sorted = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort()

/** What bash offers for the last of these words; none means what readline itself offers: files */
function bash(...words: readonly string[]): readonly string[] {
  const complete = `source "${files.get('bash')!}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rxrnn; printf '%s\\n' "\${COMPREPLY[@]}"`
  return sorted(run('bash', '--norc', '-c', complete, 'bash', 'rxrnn', ...words))
}

describe('the completion', () => {
  test.each(SHELLS)('of %s has every command and every option', (shell) => {
    const words = new Set(scripts.get(shell)!.match(/[\w-]+/g))
    // fish has names without their dashes
    const inScript = (flag: string) => words.has(shell === 'fish' ? flag.replace(/^-+/, '') : flag)
    const flags = [program(), ...program().commands].flatMap((command) => [command.name(), ...flagsOf(command)])
    expect(flags.filter((flag) => !inScript(flag))).toEqual([])
  })

  test.each(SHELLS)('of %s has every choice', (shell) => {
    const choices = program().commands.flatMap(({ options }) => options.map(({ argChoices }) => argChoices?.join(' ') ?? ''))
    expect(choices).toContain('default small large min-char-rnn')
    expect(choices.filter((names) => !scripts.get(shell)!.includes(names))).toEqual([])
  })
})

describe('in bash', () => {
  testWithPeer(...BASH, 'the script has no syntax error', async () => {
    expect(run('bash', '-n', files.get('bash')!)).toBe('')
  })

  const COMPLETIONS: readonly (readonly [words: readonly string[], completions: readonly string[]])[] = [
    [['wat'], ['watch']],
    [['--pre'], ['--preset']],
    [['--vers'], ['--version']],
    [
      ['--preset', ''],
      ['default', 'large', 'min-char-rnn', 'small'],
    ],
    [['--preset', 's'], ['small']],
    [['sample', '--preset', '=', 'm'], ['min-char-rnn']],
    [['app.log', '--col'], ['--color']],
    [['sample', '--te'], ['--temperature']],
    [['decompress', '--hid'], []],
    [
      ['inspect', '-'],
      ['--help', '--json', '-h'],
    ],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['help', 'sam'], ['sample']],
    [['help', 'mod'], ['model']],
    [['--ngram-l'], ['--ngram-learning-rate']],
    [
      ['--mask', 'n'],
      ['none', 'numbers'],
    ],
    [
      ['watch', '--mask', 'ip,'],
      ['ip,clock', 'ip,hex', 'ip,none', 'ip,numbers', 'ip,timestamps', 'ip,uuid'],
    ],
    [['--mask', '=', 'ip,h'], ['ip,hex']],
    [['--hidden', ''], []],
    [['--hidden', '-'], []],
    [['--checkpoint', 'st'], []],
    [['compress', '-o', 'ap'], []],
    [['watch', 'ap'], []],
    [['--', '--pre'], []],
    [['serv'], ['serve', 'serve.log']],
  ]
  for (const [words, completions] of COMPLETIONS)
    testWithPeer(...BASH, `${JSON.stringify(words)} is completed by ${JSON.stringify(completions)}`, async () => {
      expect(bash(...words)).toEqual(completions)
    })

  testWithPeer(...BASH, 'an empty first word is completed by every command', async () => {
    expect(bash('')).toEqual(
      program()
        .commands.map((command) => command.name())
        .sort(),
    )
  })
})

testWithPeer(...ZSH, 'in zsh the script has no syntax error', async () => {
  expect(run('zsh', '-n', files.get('zsh')!)).toBe('')
  expect(scripts.get('zsh')).toContain("'--preset=[where the other options start from]:NAME:(default small large min-char-rnn)'")
})

testWithPeer(...FISH, 'in fish commands, options, values, lists and files are completed', async () => {
  const fish = (line: string) => {
    const offered = run('fish', '--no-config', '-c', `source "${files.get('fish')!}"; complete -C "${line}"`)
    return sorted(offered).map((completion) => completion.split('\t')[0])
  }
  expect(fish('rxrnn wat')).toEqual(['watch'])
  expect(fish('rxrnn --pre')).toEqual(['--preset'])
  expect(fish('rxrnn --preset ')).toEqual(['default', 'large', 'min-char-rnn', 'small'])
  expect(fish('rxrnn sample --preset=s')).toEqual(['--preset=small'])
  expect(fish('rxrnn --mask ip,h')).toEqual(['ip,hex'])
  expect(fish('rxrnn --mask=ip,h')).toEqual(['--mask=ip,hex'])
  expect(fish('rxrnn watch a')).toEqual(['a b.log', 'app.log'])
  expect(fish('rxrnn compress -o ap')).toEqual(['app.log'])
  expect(fish('rxrnn --checkpoint ')).toEqual(['state/'])
  expect(fish('rxrnn serve a')).toEqual([])
  expect(fish('rxrnn completion ')).toEqual(['bash', 'fish', 'zsh'])
})
