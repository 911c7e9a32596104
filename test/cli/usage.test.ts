import { accessSync, constants, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'
import { TMUX, testWithPeer } from '../peers.ts'
import { rxrnn } from './run.ts'
import { Terminal } from './tmux.ts'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const missing = join(folder, 'missing.log')

describe('wrong usage', () => {
  test.each([
    [
      ['--hidden', '0'],
      ['--hidden', "'0'", 'from 1 to 4096'],
    ],
    [
      ['--hidden', '1.5'],
      ['--hidden', 'a whole number'],
    ],
    [
      ['--hidden', ''],
      ['--hidden', 'a whole number'],
    ],
    [
      ['--learning-rate', 'NaN'],
      ['--learning-rate', 'NaN', 'from 0 to 10'],
    ],
    [
      ['--every', '50', '--through', '10'],
      ['--through', '10', '--every', '50'],
    ],
    [
      ['--optimizer', 'magic'],
      ['--optimizer', 'magic', 'sgd, adagrad'],
    ],
    [
      ['--preset', 'huge'],
      ['--preset', 'huge', 'default, small, large, min-char-rnn'],
    ],
    [
      ['--seed', '-1'],
      ['--seed', 'from 0'],
    ],
    [['--no-such-option'], ['--no-such-option']],
    [['completion'], ['SHELL']],
    [
      ['completion', 'tcsh'],
      ['tcsh', 'bash, zsh, fish'],
    ],
    [
      ['--events', 'lines'],
      ['--events', 'line,prediction,stats'],
    ],
    [
      ['--alert-rate', '2'],
      ['--alert-rate', 'from 0.0001 to 0.5'],
    ],
    [['evaluate'], ['FILE']],
    [['evaluate', missing], ['missing.log']],
    [[missing], ['missing.log']],
    [
      ['evaluate', folder],
      [folder, 'folder'],
    ],
    [[folder], [folder, 'folder']],
    [['sample', missing], ['missing.log']],
    [
      ['sample', folder],
      [folder, 'folder'],
    ],
    [
      ['serve', '--hidden', '0'],
      ['--hidden', 'from 1 to 4096'],
    ],
    [
      ['evaluate', '--learning-rate', 'Infinity', '-'],
      ['--learning-rate', 'from 0 to 10'],
    ],
    [
      ['sample', '--temperature', '0'],
      ['--temperature', 'from 0.01'],
    ],
    [
      ['sample', '--checkpoint', missing],
      ['missing.log', 'no such file'],
    ],
    [['sample', '--checkpoint', 'x', '--hidden', '5'], ['--hidden is that of the checkpoint; omit it']],
    [['sample', '--checkpoint', 'x', 'book.txt'], ['--checkpoint is given, so no FILE is learned']],
    [
      ['sample', '--top-p', '0'],
      ['--top-p', 'from 0.0001 to 1'],
    ],
    [
      ['--keep', '0'],
      ['--keep', 'from 1 to 1000'],
    ],
    [['compress', missing], ['missing.log']],
    [
      ['compress', '--preset', 'huge'],
      ['--preset', 'huge'],
    ],
    [['decompress', missing], ['missing.log']],
    [['decompress', '--hidden', '8'], ['--hidden']],
    [
      ['compress', '--quiet', '-o', join(missing, 'out')],
      ['missing.log', 'no such file'],
    ],
    [
      ['compress', '--quiet', '-o', folder],
      [folder, 'folder'],
    ],
    [
      ['serve', '--port', '70000'],
      ['--port', 'from 0 to 65535'],
    ],
    [
      ['wathc', missing],
      ['rxrnn: wathc is neither a command nor a file', 'Did you mean watch?'],
    ],
    [
      ['help', 'sapmle'],
      ['rxrnn: there is no command sapmle', 'Did you mean sample?'],
    ],
    [['--jsn'], ['rxrnn: unknown option', 'Did you mean --json?']],
    [
      ['serve', '--tls-cert', missing, '--tls-key', missing],
      ['rxrnn: cannot read', 'missing.log: there is no such file'],
    ],
    [
      ['serve', '--token-file', missing],
      ['rxrnn: cannot read', 'missing.log: there is no such file'],
    ],
    [
      ['--checkpoint', missing, missing],
      ['rxrnn: --checkpoint', 'add -f'],
    ],
  ])('%j is refused in words, with exit code 2 and nothing on standard output', async (args, words) => {
    const { code, stdout, stderr } = await runHere(args)
    for (const word of words) expect(stderr).toContain(word)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test.each([
    [['--help']],
    [['watch', '--help']],
    [['evaluate', '--help']],
    [['sample', '--help']],
    [['compress', '--help']],
    [['decompress', '--help']],
    [['inspect', '--help']],
    [['serve', '--help']],
    [['completion', '--help']],
    [['help', 'sample']],
    [['send', '--help']],
  ])('%j teaches with examples and exits with 0', async (args) => {
    const { code, stdout, stderr } = await runHere(args)
    expect(stdout).toContain('Examples:')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('an option that is like no other proposes none', async () => {
    expect((await rxrnn(['--nope'])).stderr).toBe("rxrnn: unknown option '--nope'\n(--help says what there is)\n")
  })

  test('a file that is not a checkpoint is named', async () => {
    const path = join(folder, 'app.log')
    writeFileSync(path, 'hello\n')
    for (const args of [
      ['inspect', path],
      ['sample', '--checkpoint', path],
    ]) {
      const { code, stderr } = await rxrnn(args)
      expect(stderr).toContain(`rxrnn: ${path} is not a valid checkpoint: `)
      expect(code).toBe(1)
    }
  })

  test('there is nothing to sample from when nothing was read', async () => {
    const { code, stdout, stderr } = await rxrnn(['sample'], '')
    expect(stderr).toContain('rxrnn: nothing to learn from: the input was empty')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  test('the program has its run bit after each build', () => {
    accessSync(fileURLToPath(import.meta.resolve('rxrnn/cli')), constants.X_OK)
  })

  testWithPeer(...TMUX, 'on a terminal without a file, it says what it waits for', async () => {
    const terminal = new Terminal([], { typed: true })
    await terminal.until((rows) => rows.some((row) => row.includes('waits for text: type or paste some')))
    terminal.close()
  })

  test('--version tells the version', async () => {
    expect(await runHere(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  })

  test.each([[['--help']], [['--no-such-option']], [['--hidden', '0']], [[missing]]])('%j ends the process as it ends here', async (args) => {
    expect(await rxrnn(args, 'text')).toMatchObject(await runHere(args))
  })
})
