import type { GradedLine } from '../../alerts/grader.ts'
import { shapeOf } from '../../lines/template.ts'

/** Finds the alerts that score most in their block so far, the first one included */
export class BlockPeaks {
  #group: number | undefined
  #source: string | undefined
  #score = 0

  has({ alert, group, score }: GradedLine, source: string | undefined): boolean {
    if (!alert || (group === this.#group && source === this.#source && score <= this.#score)) return false
    this.#group = group
    this.#source = source
    this.#score = score
    return true
  }
}

/** Collects alerts that belong to the block of the last one that was shown, or repeat it but for their numbers and identifiers */
export class Fold {
  /** The one that scores more than what was shown, if any */
  worst: GradedLine | undefined
  source: string | undefined
  #first: GradedLine | undefined
  #count = 0
  #areAlike = true

  begin(line: GradedLine, source: string | undefined): void {
    this.#first = line
    this.source = source
    this.#count = 0
    this.#areAlike = true
    this.worst = undefined
  }

  takes(line: GradedLine, source: string | undefined): boolean {
    const first = this.#first
    if (first === undefined || source !== this.source) return false
    const isAlike = shapeOf(line.characters) === shapeOf(first.characters)
    if (line.group !== first.group && !(isAlike && this.#areAlike)) return false
    this.#areAlike &&= isAlike
    this.#count += 1
    if (!isAlike && line.score > (this.worst ?? first).score) this.worst = line
    return true
  }

  /** How many were folded; empty when none was */
  get text(): string {
    if (this.#count === 0) return ''
    const count = this.#count.toLocaleString('en')
    return this.#areAlike ? `  … ${count} more like it` : `  … ${count} more ${this.#count === 1 ? 'line' : 'lines'} of this block`
  }
}
