import { once } from 'node:events'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { paletteOf, useColor } from '../../src/cli/print/color.ts'
import { PALETTES } from '../../src/cli/print/heat.ts'
import { TMUX, testWithPeer } from '../peers.ts'
import { startRxrnn } from './run.ts'
import { Terminal, type TerminalOptions } from './tmux.ts'

const SMALL = ['--preset', 'small', '--hidden', '8']
const terminals: Terminal[] = []
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close()
})

function open(options: TerminalOptions): Terminal {
  const terminal = new Terminal(SMALL, options)
  terminals.push(terminal)
  return terminal
}

const hasStatus = (rows: readonly string[]) => rows.some((row) => row.includes('bits/char'))

describe('colours', () => {
  test.each([
    ['on a terminal', true, { TERM: 'xterm' }, true],
    ['elsewhere', false, { TERM: 'xterm' }, false],
    ['on a dumb terminal', true, { TERM: 'dumb' }, false],
    ['on a terminal that does not say what it is', true, {}, false],
    ['with NO_COLOR', true, { TERM: 'xterm', NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['with FORCE_COLOR', false, { TERM: 'dumb', FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR=0', true, { TERM: 'xterm', FORCE_COLOR: '0' }, false],
    ['with an empty FORCE_COLOR, which is none', false, { TERM: 'xterm', FORCE_COLOR: '' }, false],
    ['with an empty FORCE_COLOR on a terminal', true, { TERM: 'xterm', FORCE_COLOR: '', NO_COLOR: '' }, true],
  ])('%s', (_, terminal, environment, colours) => {
    expect(useColor('auto', terminal, environment)).toBe(colours)
    expect(useColor('always', terminal, environment)).toBe(true)
    expect(useColor('never', terminal, environment)).toBe(false)
  })

  test('are as many as the terminal has', () => {
    for (const theme of ['dark', 'light'] as const) {
      expect(paletteOf(theme, { TERM: 'xterm', COLORTERM: 'truecolor' })).toBe(PALETTES[theme].truecolor)
      expect(paletteOf(theme, { TERM: 'xterm', COLORTERM: 'truecolor', FORCE_COLOR: '' })).toBe(PALETTES[theme].truecolor)
      expect(paletteOf(theme, { TERM: 'xterm' })).toBe(PALETTES[theme][256])
    }
  })
})

describe('a terminal', { timeout: 60_000 }, () => {
  testWithPeer(...TMUX, 'that is dumb gets the lines as they come, and nothing else', async () => {
    const terminal = open({ environment: { TERM: 'dumb' } })
    terminal.type('first line\nPassword: ')
    await terminal.until((rows) => rows.includes('Password:'))
    terminal.type('accepted\n')
    terminal.endInput()
    const rows = await terminal.until((rows) => rows.some((row) => row.startsWith('read ')))
    expect(rows.slice(0, 2)).toEqual(['first line', 'Password: accepted'])
    expect(terminal.rows('-e')).toEqual(rows)
  })

  testWithPeer(...TMUX, 'has its cursor while the command is stopped, and is drawn anew when it continues', async () => {
    const terminal = open({ jobs: true, rows: 20, environment: { TERM: 'xterm' } })
    terminal.type('first line\n')
    await terminal.until(hasStatus)
    expect(terminal.showsCursor).toBe(false)
    terminal.press('C-z')
    const stopped = await terminal.until((rows) => rows.some((row) => row.includes('Stopped')) && rows.at(-1)!.startsWith('$'))
    expect(hasStatus(stopped)).toBe(false)
    expect(terminal.showsCursor).toBe(true)
    terminal.press('fg', 'Enter')
    await terminal.until(hasStatus)
    expect(terminal.showsCursor).toBe(false)
    terminal.type('second line\n')
    const rows = await terminal.until((rows) => rows.includes('  second line') && hasStatus(rows))
    expect(rows.filter((row) => row.includes('bits/char'))).toHaveLength(1)
    terminal.press('C-z')
    await terminal.until((rows) => !hasStatus(rows))
  })
})

test('SIGHUP saves, as SIGTERM does, and ends with 129', async () => {
  const state = mkdtempSync(join(tmpdir(), 'rxrnn-'))
  const child = startRxrnn(['--checkpoint', state, ...SMALL])
  child.stdin?.write('hello\n')
  await once(child.stdout!, 'data')
  child.kill('SIGHUP')
  expect(await once(child, 'exit')).toEqual([129, null])
  expect(readdirSync(state)).toEqual(['checkpoint-0000000000000006.safetensors'])
})
