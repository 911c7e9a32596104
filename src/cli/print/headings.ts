import { visibleText } from '../../text/visible.ts'

/** Names of sources, as `tail -f` shows them: one where the source is another than before */
export class Headings {
  atLineStart = true
  #source: string | undefined

  before(source: string | undefined): string {
    if (source === undefined || source === this.#source) return ''
    const first = this.#source === undefined
    this.#source = source
    return `${this.atLineStart ? '' : '\n'}${first ? '' : '\n'}==> ${visibleText(source)} <==\n`
  }
}
