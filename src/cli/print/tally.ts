import type { Archive } from '../../archive.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import type { Optimizer } from '../../network/optimizer.ts'

/** What was seen so far */
export class Tally {
  characters = 0
  lines = 0
  alerts = 0
  bits = 0

  transfer(archive: Archive): void {
    for (const name of ['characters', 'lines', 'alerts'] as const)
      this[name] = archive.integer(`tally.${name}`, this[name], 0, Number.MAX_SAFE_INTEGER)
    this.bits = archive.real('tally.bits', this.bits)
  }

  add(line: GradedLine): void {
    if (line.ignored) return
    this.characters += line.length
    this.bits += line.bits
    this.lines += 1
    if (line.alert) this.alerts += 1
  }

  summary(optimizer: Pick<Optimizer, 'dropped' | 'rollbacks'>): string {
    if (this.characters === 0) return 'nothing to read: the input was empty'
    const bits = (this.bits / this.characters).toFixed(3)
    return `read ${count(this.characters, 'character')} in ${count(this.lines, 'line')}: ${bits} bits a character, ${count(this.alerts, 'alert')}${mishaps(optimizer)}`
  }
}

/** What the guard had to do; nothing to say when that was nothing */
function mishaps({ dropped, rollbacks }: Pick<Optimizer, 'dropped' | 'rollbacks'>): string {
  const returned = rollbacks === 0 ? '' : `, ${count(rollbacks, 'return')} to the last good state`
  return dropped === 0 ? '' : `; ${count(dropped, 'window')} dropped, as not finite${returned}`
}

function count(number: number, unit: string): string {
  return `${number.toLocaleString('en')} ${unit}${number === 1 ? '' : 's'}`
}
