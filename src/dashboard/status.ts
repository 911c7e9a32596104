import type { Choice } from './choice.ts'
import { messageOf } from '../text/message-of.ts'

/** Says where the learner is and how it is connected */
export class Status {
  readonly #element: HTMLElement

  constructor(element: HTMLElement) {
    this.#element = element
  }

  opening({ kind }: Choice): void {
    this.#say(kind === 'page' ? 'Learns in this page; nothing that you type leaves it' : `Connecting to ${location.host}`)
  }

  connected({ kind }: Choice): void {
    this.#say(kind === 'watch' ? `Watches a model on ${location.host}` : `Connected to ${location.host}, where it learns`)
  }

  lost(delay: number): void {
    this.#say(`Connection lost; tries again in ${Math.max(1, Math.round(delay / 1000))} s`, 'trouble')
  }

  failed(error: unknown): void {
    this.#say(messageOf(error), 'trouble')
  }

  #say(text: string, className = ''): void {
    if (this.#element.textContent !== text) this.#element.textContent = text
    this.#element.className = className
  }
}
