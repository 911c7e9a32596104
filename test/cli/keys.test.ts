import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect } from 'vitest'
import { TMUX, testWithPeer } from '../peers.ts'
import { Terminal, type TerminalOptions } from './tmux.ts'

const SMALL = ['--preset', 'small', '--hidden', '8']
const USUAL = 'GET /index.html 200\n'.repeat(100)
const FAULTS = ['FATAL disk is on fire', 'certificate of smtp expired today', 'kernel: Out of memory, killed process 4711']
const terminals: Terminal[] = []
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close()
})

/** A terminal in which three alerts were shown */
async function withAlerts(args: readonly string[] = [], options: TerminalOptions = {}): Promise<Terminal> {
  const terminal = new Terminal([...SMALL, ...args], { columns: 120, rows: 24, ...options })
  terminals.push(terminal)
  terminal.type(FAULTS.map((fault) => `${USUAL}${fault}\n`).join('') + USUAL)
  await terminal.until((rows) => rows.at(-1)?.includes('3 alerts') === true)
  return terminal
}

describe('the keys of a terminal whose text comes by a pipe', { timeout: 60_000 }, () => {
  testWithPeer(...TMUX, 'choose among the alerts, judge them, take back and help: ten keys', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rxrnn-')), 'verdicts')
    const terminal = await withAlerts(['--verdicts', file])
    const press = async (key: string, shows: string | RegExp) => {
      terminal.press(key)
      await terminal.until((rows) => rows.slice(-5).some((row) => (typeof shows === 'string' ? row.includes(shows) : shows.test(row))))
    }
    await press('?', 'noise: lines like it rank lower')
    await press('q', /^\d.*\? keys/)
    await press('k', 'alert 3 of 3 │ + useful  - noise │ line 303: kernel: Out of memory')
    await press('Up', 'alert 2 of 3 │ + useful  - noise │ line 202: certificate')
    await press('-', 'alert 2 of 3 │ noise │')
    await press('k', 'alert 1 of 3 │ + useful  - noise │ line 101: FATAL disk')
    await press('+', 'alert 1 of 3 │ useful │')
    await press('Down', 'alert 2 of 3 │ noise │')
    await press('u', 'alert 1 of 3 │ + useful  - noise │')
    await press('u', 'alert 2 of 3 │ + useful  - noise │')
    const said = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))
    expect(said.map(({ verdict, text }) => [verdict, text])).toEqual([
      ['noise', FAULTS[1]],
      ['useful', FAULTS[0]],
      ['none', FAULTS[0]],
      ['none', FAULTS[1]],
    ])
  })

  testWithPeer(...TMUX, 'leave Ctrl-C, Ctrl-Z and fg to the shell, and the terminal as it was', async () => {
    const terminal = await withAlerts([], { jobs: true, environment: { TERM: 'xterm' } })
    terminal.press('C-z')
    await terminal.until((rows) => rows.some((row) => row.includes('Stopped')) && rows.at(-1)!.startsWith('$'))
    terminal.press('stty -a | tr " " "\\n" | grep -x -e icanon -e echo | tr "\\n" .', 'Enter')
    await terminal.until((rows) => rows.some((row) => row.startsWith('icanon.echo.')))
    terminal.press('fg', 'Enter')
    await terminal.until((rows) => rows.at(-1)!.includes('bits/char'))
    terminal.press('k')
    await terminal.until((rows) => rows.at(-2)!.includes('alert 3 of 3'))
    terminal.press('C-c')
    await terminal.until((rows) => rows.some((row) => row.startsWith('read ')) && rows.at(-1)!.startsWith('$'))
    terminal.press('clear; stty -a | tr " " "\\n" | grep -x -e icanon -e echo | tr "\\n" .', 'Enter')
    await terminal.until((rows) => rows.some((row) => row.startsWith('icanon.echo.')))
    expect(terminal.showsCursor).toBe(true)
  })

  testWithPeer(...TMUX, 'are left to a program that asks for a password before it writes', async () => {
    const source = `bash -c 'read -rs -p "Password: " word < /dev/tty; echo "it was $word"; sleep 1000'`
    const terminal = new Terminal(SMALL, { source })
    terminals.push(terminal)
    await terminal.until((rows) => rows.some((row) => row.startsWith('Password:')))
    terminal.press('-l', 'jk+-secret')
    terminal.press('Enter')
    const rows = await terminal.until((found) => found.at(-1)?.includes('? keys') === true)
    expect(rows.join('\n')).toContain('  it was jk+-secret\n')
    terminal.press('?')
    await terminal.until((found) => found.some((row) => row.includes('older alert')))
  })

  testWithPeer(...TMUX, 'can be turned off', async () => {
    const terminal = await withAlerts(['--no-keys'])
    expect(terminal.rows().at(-1)).not.toContain('keys')
  })

  testWithPeer(...TMUX, 'are off in the background, which may not read from the terminal', async () => {
    const terminal = new Terminal(SMALL, { jobs: true, background: true, columns: 100, environment: { TERM: 'xterm' } })
    terminals.push(terminal)
    terminal.type(`${USUAL}${FAULTS[0]}\n${USUAL}`)
    await terminal.until((rows) => rows.some((row) => row.includes('1 alert')))
    expect(terminal.rows().join('\n')).not.toContain('? keys')
    expect(terminal.rows().join('\n')).not.toContain('Stopped')
  })
})
