import type { Choice } from './choice.ts'

/** Says where the learner is and how it is connected */
export class Status {
  readonly #element: HTMLElement

  constructor(element: HTMLElement) {
    this.#element = element
  }

  opening({ path }: Choice): void {
    this.#say(path === undefined ? 'Learns in this page; nothing that you type leaves it' : `Connecting to ${location.host}`)
  }

  connected({ path }: Choice): void {
    if (path !== undefined) this.#say(`Connected to ${location.host}, ${path.startsWith('watch') ? 'looks on' : 'learns there'}`)
  }

  lost(delay: number): void {
    this.#say(`Connection lost; tries again in ${Math.max(1, Math.round(delay / 1000))} s`, 'trouble')
  }

  failed(error: unknown): void {
    this.#say(error instanceof Error ? error.message : String(error), 'trouble')
  }

  #say(text: string, className = ''): void {
    if (this.#element.textContent !== text) this.#element.textContent = text
    this.#element.className = className
  }
}
