import type { Archive } from '../../archive.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import type { Optimizer } from '../../network/optimizer.ts'
import { counted } from '../../text/counted.ts'

/** What was seen so far */
export class Tally {
  characters = 0
  lines = 0
  /** Blocks of lines that stand out, and those lines */
  alerts = 0
  flagged = 0
  bits = 0
  /** Lines until one can be an alert; undefined before the first line */
  warmUp: number | undefined

  transfer(archive: Archive): void {
    for (const name of ['characters', 'lines', 'alerts', 'flagged'] as const)
      this[name] = archive.integer(`tally.${name}`, this[name], 0, Number.MAX_SAFE_INTEGER)
    this.bits = archive.real('tally.bits', this.bits)
  }

  add(line: GradedLine): void {
    if (line.ignored) return
    this.characters += line.length
    this.bits += line.bits
    this.lines += 1
    this.warmUp = Math.max(line.warmUp - 1, 0)
    if (line.group === line.offset) this.alerts += 1
    if (line.alert) this.flagged += 1
  }

  summary(optimizer: Pick<Optimizer, 'dropped' | 'rollbacks'>): string {
    if (this.characters === 0) return 'nothing to read: the input was empty'
    const bits = (this.bits / this.characters).toFixed(3)
    return `read ${counted(this.characters, 'character')} in ${counted(this.lines, 'line')}: ${bits} bits per character, ${this.verdict}${skippedUpdates(optimizer)}`
  }

  /** How many alerts there were, or that there could be none yet */
  get verdict(): string {
    if (this.warmUp !== undefined && this.warmUp > 0) return `nothing could be flagged yet, which takes ${counted(this.warmUp, 'more line')}`
    return `${counted(this.alerts, 'alert')}${this.flagged > this.alerts ? ` (${counted(this.flagged, 'line')})` : ''}`
  }
}

/** What the guard had to do; nothing to say when that was nothing */
function skippedUpdates({ dropped, rollbacks }: Pick<Optimizer, 'dropped' | 'rollbacks'>): string {
  const returned = rollbacks === 0 ? '' : `, ${counted(rollbacks, 'return')} to the last good state`
  return dropped === 0 ? '' : `; ${counted(dropped, 'window')} dropped, as not finite${returned}`
}
