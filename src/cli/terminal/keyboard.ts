import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { Observable, Subject } from 'rxjs'
import type { Suspension } from './suspension.ts'

/** What one read may have cut: the start of an escape sequence */
// oxlint-disable-next-line no-control-regex
const UNFINISHED = /\x1b(?:\[[0-?]*|O|\][^\x07\x1b]*\x1b?)?$/
// oxlint-disable-next-line no-control-regex
const KEYS = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|[^]/gu

/**
 * The keys of the terminal that the process belongs to, whatever its standard input is. Line editing and echo are off while it is open; Ctrl-C and Ctrl-Z
 * still signal all processes of a pipe. While the process is stopped or in the background the terminal is as it was before.
 */
export class Keyboard {
  /** Each key, as the terminal sends it; also its answers to questions */
  readonly keys$: Observable<string>
  readonly #keys = new Subject<string>()
  readonly #terminal: number
  readonly #stream: ReadStream
  readonly #before: string
  readonly #restore = () => this.#set(this.#before)
  readonly #forget: () => void
  #unfinished = ''

  /** Undefined where there is no terminal, or the process may not read from it because it is in the background */
  static open(suspension: Suspension): Keyboard | undefined {
    if (!isInForeground()) return undefined
    try {
      const terminal = openSync('/dev/tty', 'r+')
      const { status, stdout } = stty(terminal, '-g')
      if (status === 0) return new Keyboard(terminal, stdout.trim(), suspension)
      closeSync(terminal)
    } catch {
      // a process without a terminal has no keys
    }
    return undefined
  }

  private constructor(terminal: number, before: string, suspension: Suspension) {
    this.keys$ = this.#keys
    this.#terminal = terminal
    this.#before = before
    this.#stream = new ReadStream(openSync('/dev/tty', 'r'))
    this.#stream
      .on('data', (bytes) => this.#typed(bytes.toString()))
      .on('error', () => {})
      .unref()
    process.on('exit', this.#restore)
    this.#listen()
    this.#forget = suspension.add({
      stop: () => {
        this.#stream.pause()
        this.#restore()
      },
      resume: () => isInForeground() && this.#listen(),
    })
  }

  /** Sends a question to the terminal */
  ask(question: string): void {
    writeSync(this.#terminal, question)
  }

  close(): void {
    this.#forget()
    process.off('exit', this.#restore)
    this.#stream.destroy()
    this.#restore()
    closeSync(this.#terminal)
    this.#keys.complete()
  }

  #listen(): void {
    this.#set('-icanon', '-echo', 'min', '1', 'time', '0')
    this.#stream.resume()
  }

  #set(...settings: readonly string[]): void {
    stty(this.#terminal, ...settings)
  }

  #typed(text: string): void {
    const typed = this.#unfinished + text
    this.#unfinished = UNFINISHED.exec(typed)?.[0] ?? ''
    const complete = typed.slice(0, typed.length - this.#unfinished.length)
    for (const key of complete.match(KEYS) ?? []) this.#keys.next(key)
  }
}

function stty(terminal: number, ...settings: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync('stty', settings, { stdio: [terminal, 'pipe', 'ignore'], encoding: 'utf8' })
}

/** A process in the background is stopped when it reads from its terminal */
function isInForeground(): boolean {
  const [group, foreground] = process.platform === 'linux' ? groupsOfLinux() : groupsOfPs()
  return group !== undefined && group === foreground
}

function groupsOfLinux(): readonly (string | undefined)[] {
  const status = readFileSync('/proc/self/stat', 'utf8')
  // after the name, which may hold anything: state, parent, group, session, terminal, group in the foreground
  const [, , group, , , foreground] = status.slice(status.lastIndexOf(')') + 2).split(' ')
  return [group, foreground]
}

function groupsOfPs(): readonly string[] {
  const { stdout } = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', `${process.pid}`], { encoding: 'utf8' })
  return (stdout ?? '').trim().split(/\s+/)
}
