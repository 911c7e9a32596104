import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, type WriteStream, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))
const WAIT = 30_000

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly environment?: Readonly<Record<string, string>>
  /** The colour of its background, which the terminal tells who asks */
  readonly ground?: string
  /** A program of the shell that writes into the pipe */
  readonly source?: string
  /** What runs instead of the command */
  readonly program?: string
  /** Without the pipe, so that keys are its standard input */
  readonly typed?: boolean
  /** With a shell around it, which can stop it and continue it */
  readonly jobs?: boolean
  /** In the background of that shell */
  readonly background?: boolean
}

/** The built command in a terminal of its own (tmux), with a pipe for its standard input */
export class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rxrnn-tmux-'))
  readonly #input: WriteStream

  constructor(
    args: readonly string[],
    {
      columns = 80,
      rows = 12,
      environment = {},
      jobs = false,
      ground,
      typed = false,
      background = false,
      program = main,
      source,
    }: TerminalOptions = {},
  ) {
    const fifo = join(this.#folder, 'input')
    spawnSync('mkfifo', [fifo])
    const variables = Object.entries({ NO_COLOR: '', ...environment }).map(([name, value]) => `${name}=${value}`)
    const command = ['env', ...variables, process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
    // the pipe stays open for reading and writing until the input ends, so that neither side waits for the other
    const line = typed ? command : `${source ?? `cat '${fifo}'`} | ${command}`
    const run = jobs ? "env PS1='$ ' bash --norc -i" : `${line}; sleep 1000`
    const settings = join(this.#folder, 'settings')
    writeFileSync(settings, ground === undefined ? '' : `set -g window-style bg=${ground}\n`)
    this.#tmux('-f', settings, 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, run)
    if (jobs) this.press(background ? `${line} &` : line, 'Enter')
    this.#input = createWriteStream(typed || source !== undefined ? '/dev/null' : fifo)
    this.#input.on('error', () => {})
  }

  type(text: string): void {
    this.#input.write(text)
  }

  endInput(): void {
    this.#input.end()
  }

  /** Presses keys, as tmux calls them */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys)
  }

  get showsCursor(): boolean {
    return this.#tmux('display-message', '-p', '#{cursor_flag}').trim() === '1'
  }

  resize(columns: number): void {
    this.#tmux('resize-window', '-x', `${columns}`)
  }

  /** The rows of the screen, without what is empty at its end */
  rows(...options: readonly string[]): readonly string[] {
    return this.#tmux('capture-pane', '-p', ...options)
      .trimEnd()
      .split('\n')
  }

  /** The screen when it looks so */
  async until(looks: (rows: readonly string[]) => boolean): Promise<readonly string[]> {
    const start = performance.now()
    for (;;) {
      const rows = this.rows()
      if (looks(rows)) return rows
      if (performance.now() - start > WAIT) throw new Error(`the screen stayed as it is:\n${rows.join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  close(): void {
    this.#input.destroy()
    this.#tmux('kill-server')
    rmSync(this.#folder, { recursive: true })
  }

  #tmux(...args: readonly string[]): string {
    return spawnSync('tmux', ['-S', join(this.#folder, 'socket'), ...args], { encoding: 'utf8' }).stdout
  }
}
