import { Random } from 'rxrnn'
import { afterEach, describe, expect } from 'vitest'
import { TMUX, testWithPeer } from '../peers.ts'
import { Terminal, type TerminalOptions } from './tmux.ts'

const SMALL = ['--preset', 'small', '--hidden', '8']
const STATUS = 'bits/char'
const terminals: Terminal[] = []
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close()
})

function open(args: readonly string[] = [], options?: TerminalOptions): Terminal {
  const terminal = new Terminal([...SMALL, ...args], options)
  terminals.push(terminal)
  return terminal
}

const isStatus = (row: string) => row.includes(STATUS)
const hasStatus = (rows: readonly string[]) => rows.some(isStatus)
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('the screen of a terminal', { timeout: 60_000 }, () => {
  testWithPeer(...TMUX, 'shows the lines as they came, and below them how it is going', async () => {
    const terminal = open([], { columns: 120 })
    terminal.type('first line\nsecond\tline\nthird line\n')
    const rows = await terminal.until((rows) => hasStatus(rows) && rows.includes('  third line'))
    expect(rows.slice(0, 3)).toEqual(['  first line', '  second        line', '  third line'])
    expect(rows[3]).toMatch(/^\d+\.\d\d bits\/char │ [█ ]+ │ [\d,]+ chars\/s │ no alerts before 3\d more lines │ next .+ \d+%/)
    expect(rows).toHaveLength(4)
    terminal.endInput()
    const last = await terminal.until((rows) => rows.some((row) => row.startsWith('read 34 characters in 3 lines')))
    expect(last.slice(0, 3)).toEqual(rows.slice(0, 3))
    expect(hasStatus(last)).toBe(false)
  })

  testWithPeer(...TMUX, 'never flickers: at any moment there is one status line, and all else are whole lines', async () => {
    const terminal = open()
    terminal.type('line 0 of a log\n')
    await terminal.until(hasStatus)
    const feeding = (async () => {
      for (let i = 1; i <= 300; i++) {
        terminal.type(`line ${i} of a log\n`)
        await pause(3)
      }
    })()
    const screens: (readonly string[])[] = []
    for (let i = 0; i < 60; i++) {
      screens.push(terminal.rows())
      await pause(5)
    }
    await feeding
    for (const rows of screens) {
      expect(rows.filter(isStatus)).toHaveLength(1)
      expect(rows.filter((row) => !isStatus(row) && !/^[ ▶│] line \d+ of a log$/.test(row))).toEqual([])
    }
    expect(new Set(screens.map((rows) => rows.join('\n'))).size).toBeGreaterThan(5)
  })

  testWithPeer(...TMUX, 'stays whole with wide characters, very long lines and other widths', async () => {
    const terminal = open([], { columns: 60, rows: 20 })
    const long = Array.from({ length: 40 }, (_, i) => `<${i}>`).join('-')
    terminal.type(`${'漢字仮名'.repeat(20)}\n${long}\nshort\n`)
    await terminal.until((rows) => hasStatus(rows) && rows.includes('  short'))
    const unbroken = () => terminal.rows('-J', '-S', '-').join('|')
    for (const columns of [24, 100, 41, 60]) {
      terminal.resize(columns)
      await pause(300)
      terminal.type(`${columns} columns\n`)
      const rows = await terminal.until((rows) => rows.includes(`  ${columns} columns`) && rows.at(-1)!.includes('bits/char'))
      expect(rows.filter((row) => row.includes('bits/char'))).toHaveLength(1)
      expect(unbroken()).toContain('short|')
      expect(unbroken()).toContain('<38>-<39>')
    }
    expect(unbroken()).toContain('漢字仮名'.repeat(20))
    expect(unbroken()).toContain(long)
  })

  testWithPeer(...TMUX, 'shows a prompt, whose line has not ended, and later the whole line once', async () => {
    const terminal = open()
    terminal.type('welcome\nPassword: ')
    const rows = await terminal.until((rows) => rows.some((row) => row.startsWith('  Password:')))
    expect(rows[1]).toBe('  Password:')
    terminal.type('accepted\n')
    const after = await terminal.until((rows) => rows.includes('  Password: accepted'))
    expect(after.filter((row) => row.includes('Password'))).toHaveLength(1)
  })

  testWithPeer(...TMUX, 'marks what stands out, in colours of the terminal', async () => {
    const terminal = open([], { environment: { FORCE_COLOR: '3' } })
    terminal.type('GET /index.html 200\n'.repeat(300))
    terminal.type('kernel: Out of memory, killed process 4711\nGET /index.html 200\n')
    await terminal.until((rows) => rows.some((row) => /^▶ kernel: Out of memory, killed process 4711$/.test(row)))
    const painted = terminal.rows('-e').join('\n')
    expect(painted).toContain('48;2;')
    const quiet = open([], { environment: { NO_COLOR: '1' } })
    quiet.type('abc\n'.repeat(50))
    await quiet.until((rows) => rows.length >= 11)
    expect(quiet.rows('-e').join('\n')).not.toContain('\x1b[48')
  })

  const OF_THEME = { dark: '48;5;230', light: '48;5;88' } as const
  for (const [ground, args, theme] of [
    ['#1e1e1e', [], 'dark'],
    ['#fdf6e3', [], 'light'],
    ['#fdf6e3', ['--theme', 'dark'], 'dark'],
  ] as const) {
    testWithPeer(...TMUX, `has the colours of a ${theme} background on ${ground} with ${JSON.stringify(args)}`, async () => {
      const terminal = open(args, { ground })
      terminal.type('all of this is new\n')
      await terminal.until(hasStatus)
      expect(terminal.rows('-e').join('\n')).toContain(OF_THEME[theme])
    })
  }

  for (const columns of [40, 80, 200]) {
    testWithPeer(...TMUX, `keeps its text in place and lists the alerts at the end, at ${columns} columns`, async () => {
      const terminal = open([], { columns, rows: 30 })
      terminal.type(`${'GET /index.html 200\n'.repeat(100)}FATAL disk /dev/sda1 is on fire, giving up\nGET /index.html 200\n`)
      terminal.endInput()
      const rows = await terminal.until((rows) => rows.some((row) => row.startsWith('read ')))
      const text = terminal.rows('-J').join('\n')
      expect(text).toMatch(/^ {2}GET \/index.html 200\n▶ FATAL disk \/dev\/sda1 is on fire, giving up\n╰ the .*first of its/m)
      expect(text).toMatch(/^alerts:\n {2}line 101: FATAL disk \/dev\/sda1 is on fire, giving up\n {4}the .* first of its kind in 100 lines\nread /m)
      expect(rows.filter((row) => row.startsWith('╰'))).toHaveLength(1)
    })
  }

  testWithPeer(...TMUX, 'folds alerts that repeat the one before', async () => {
    const terminal = open(['--only-alerts'], { columns: 120 })
    const messages = ['GET /index 200 in # ms', 'PUT /item 201 in # ms', 'cache hit for user #']
    const random = new Random(3)
    const value = () => String(Math.floor(90 * random.uniform()) + 10)
    const usual = Array.from({ length: 1500 }, () => `${messages[Math.floor(3 * random.uniform())]!.replace('#', value())}\n`)
    terminal.type(usual.join(''))
    // a burst: the same again and again, each a little less likely than what is usual
    for (let i = 0; i < 40; i++) terminal.type(`connection to db ${value()} timed out\n`)
    const rows = await terminal.until((rows) => rows.at(-4)?.includes('timed out') === true && rows.at(-2)!.includes('more like it'))
    expect(rows.at(-4)).toMatch(/^▶ connection to db \d+ timed out$/)
    expect(rows.at(-3)).toMatch(/^╰ the new word "connection": first of its kind in 1,500 lines$/)
    expect(rows.at(-2)).toMatch(/^ {2}… \d+ more like it$/)
    expect(rows.filter((row) => row.includes('timed out'))).toHaveLength(1)
    terminal.endInput()
    const last = await terminal.until((rows) => rows.some((row) => row.startsWith('read ')))
    expect(last.at(-2)).toMatch(/^ {2}… \d+ more like it$/)
  })
})
