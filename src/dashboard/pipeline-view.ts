import type { TraceEvent } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { count, named, percent } from './words.ts'

type Stage = readonly [name: string, tell: (trace: TraceEvent) => string]

/** The stages that have nothing to do before their window closes */
const LEARNING: ReadonlySet<string> = new Set(['backward', 'update'])

const STAGES: readonly Stage[] = [
  ['encode', ({ characters, segment }) => `${named(characters.at(-1)?.[0] ?? '')} is symbol ${segment.symbol} of ${segment.vocabulary}`],
  ['truncate', ({ segment }) => `segment of ${segment.pairs}, ${segment.pending} of ${segment.every} in its window`],
  ['forward', ({ hidden }) => `h has norm ${norm(hidden).toFixed(2)}, of ${hidden.length} units`],
  ['loss', ({ segment }) => `${segment.bits.toFixed(2)} bits per character`],
  ['backward', ({ update, segment }) => (update === null ? 'waits for its window' : `${update.injected} losses, through ${segment.through} steps`)],
  ['update', ({ update }) => (update === null ? 'none yet' : `no. ${count(update.updates)}, |g| ${update.gradientNorm.toPrecision(2)}`)],
  ['predict', ({ next: [likeliest] }) => (likeliest === undefined ? 'nothing yet' : `${named(likeliest[0])} ${percent(likeliest[1])}`)],
]

/** The stages in their order, with the last value at each */
export class PipelineView {
  readonly #stages: readonly { readonly item: HTMLElement; readonly value: HTMLElement; readonly tell: Stage[1]; readonly waits: boolean }[]

  constructor(list: HTMLElement) {
    this.#stages = STAGES.map(([name, tell]) => {
      const item = element('li', '')
      const value = element('p', '', '\u2013')
      item.append(element('h3', '', name), value)
      return { item, value, tell, waits: LEARNING.has(name) }
    })
    list.replaceChildren(...this.#stages.map(({ item }) => item))
  }

  show(trace: TraceEvent): void {
    for (const { item, value, tell, waits } of this.#stages) {
      value.textContent = tell(trace)
      item.classList.toggle('working', waits && trace.segment.closes)
      item.classList.toggle('waiting', waits && !trace.segment.closes)
    }
  }
}

function norm(vector: readonly number[]): number {
  return Math.hypot(...vector)
}
