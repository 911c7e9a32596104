import { createLogUpdate } from 'log-update'
import stringWidth from 'string-width'
import type { Sink } from '../../../streams/files/sink.ts'
import type { Suspension } from '../terminal/suspension.ts'
import { fit } from './heat.ts'

/** Terminals that know it show nothing of what is between these two before the end */
const BEGIN_UPDATE = '\x1b[?2026h'
const END_UPDATE = '\x1b[?2026l'

/**
 * Text that scrolls by above a line or two that stay at the bottom of a terminal. All that happens in one turn of the event loop is written at once, so
 * that nothing flickers.
 */
export class Screen {
  readonly #output: Sink
  readonly #terminal: NodeJS.WriteStream
  readonly #draw: ReturnType<typeof createLogUpdate>
  #above = ''
  #frame = ''
  #drawn: readonly string[] = []
  #isPlanned = false
  #partial = ''
  #panel: readonly string[] = []
  #status = ''
  readonly #resize = () => this.#resized()
  readonly #forget: () => void

  constructor(output: Sink, terminal: NodeJS.WriteStream, suspension: Suspension) {
    this.#output = output
    this.#terminal = terminal
    this.#draw = createLogUpdate(this.#collector())
    terminal.on('resize', this.#resize)
    this.#forget = suspension.add({ stop: () => this.#clear(), resume: () => this.#flush() })
  }

  /** Whole lines, to scroll by */
  write(text: string): void {
    this.#above += text
    this.#plan()
  }

  /** What stands above the status until it is complete: no wider than the terminal */
  set partial(text: string) {
    if (text === this.#partial) return
    this.#partial = text
    this.#plan()
  }

  /** What stands above the status for as long as somebody reads it */
  set panel(lines: readonly string[]) {
    this.#panel = lines
    this.#plan()
  }

  set status(text: string) {
    if (text === this.#status) return
    this.#status = text
    this.#plan()
  }

  /** Leaves only what scrolled by */
  end(): void {
    this.#terminal.off('resize', this.#resize)
    this.#forget()
    this.#partial = ''
    this.#panel = []
    this.#status = ''
    this.#flush()
    this.#draw.done()
    this.#send()
  }

  /** The shell gets a cursor and an empty line */
  #clear(): void {
    this.#draw.clear()
    this.#draw.done()
    this.#send()
  }

  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    queueMicrotask(() => {
      if (this.#isPlanned) this.#flush()
    })
  }

  #flush(): void {
    this.#isPlanned = false
    if (this.#above !== '') {
      this.#draw.clear()
      this.#frame += this.#above
      this.#above = ''
    }
    this.#drawBottom()
    this.#send()
  }

  #drawBottom(): void {
    const width = this.#terminal.columns - 1
    const panel = this.#panel.map((line) => `\x1b[7m${fit(line, width)}\x1b[27m`)
    this.#drawn = [this.#partial, ...panel, fit(this.#status, width)].filter((line) => line !== '')
    if (this.#drawn.length === 0) this.#draw.clear()
    else this.#draw(this.#drawn.join('\n'))
  }

  /** A terminal that becomes narrower breaks the lines at its bottom, so that there are more to take away */
  #resized(): void {
    const { columns } = this.#terminal
    const extra = this.#drawn.reduce((rows, line) => rows + Math.max(Math.ceil(stringWidth(line) / columns) - 1, 0), 0)
    this.#draw.clear()
    if (extra > 0) this.#frame += `\x1b[${extra}A\x1b[J`
    this.#partial = ''
    this.#flush()
  }

  #send(): void {
    if (this.#frame !== '') this.#output.write(BEGIN_UPDATE + this.#frame + END_UPDATE)
    this.#frame = ''
  }

  /** A terminal to log-update, which collects what it writes */
  #collector(): NodeJS.WriteStream {
    const write = (text: string) => {
      this.#frame += text.replaceAll(BEGIN_UPDATE, '').replaceAll(END_UPDATE, '')
      return true
    }
    return new Proxy(this.#terminal, { get: (terminal, name) => (name === 'write' ? write : Reflect.get(terminal, name, terminal)) })
  }
}
