import type { GradedLine } from '../../alerts/grader.ts'
import type { AlertVerdict } from '../../alerts/pipeline.ts'
import { visibleText } from '../../text/visible.ts'
import type { Place } from './place.ts'

/** Alerts that can be chosen: the last ones */
const MOST = 100

const HELP = [
  'k ↑ older alert   j ↓ newer alert',
  '+ useful: lines like it rank higher',
  '- noise: lines like it rank lower',
  'u take back   q close',
]
const NAMES: ReadonlyMap<string, string> = new Map([
  ['\x1b[A', 'k'],
  ['\x1bOA', 'k'],
  ['\x1b[B', 'j'],
  ['\x1bOB', 'j'],
  ['=', '+'],
])

type Verdict = AlertVerdict['verdict']

interface Alert {
  readonly line: GradedLine
  readonly place: Place
  readonly judge: (verdict: Verdict) => boolean
  verdict: Verdict
}

/** What the keys of a terminal say of the last alerts */
export class AlertKeys {
  readonly #said: (line: GradedLine, verdict: Verdict) => void
  #alerts: readonly Alert[] = []
  #chosen: Alert | undefined
  #judged: readonly Alert[] = []
  #helps = false
  /** What the last key did, where that is not to be seen */
  #answer = ''

  /** Calls back with each verdict that was said, or taken back */
  constructor(said: (line: GradedLine, verdict: Verdict) => void) {
    this.#said = said
  }

  /** A flagged line; of several of a block, the one that stands out most can be judged */
  add(line: GradedLine, place: Place, judge: Alert['judge']): void {
    if (!line.alert) return
    const last = this.#alerts.at(-1)
    const isSameBlock = last !== undefined && last.line.group === line.group && last.place.source === place.source
    if (isSameBlock && (line.score <= last.line.score || last === this.#chosen || last.verdict !== 'none')) return
    const alert: Alert = { line, place, judge, verdict: 'none' }
    this.#alerts = [...(isSameBlock ? this.#alerts.slice(0, -1) : this.#alerts), alert].slice(-MOST)
    // what was judged gives way, so that the next key chooses the newest
    if (this.#chosen !== undefined && (!this.#alerts.includes(this.#chosen) || this.#chosen.verdict !== 'none')) this.#chosen = undefined
  }

  press(key: string): void {
    this.#answer = ''
    const name = NAMES.get(key) ?? key
    if (name === '?') this.#helps = !this.#helps
    else if (name === 'q' || name === '\x1b') this.#close()
    else if (name === 'k') this.#choose(-1)
    else if (name === 'j') this.#choose(1)
    else if (name === '+') this.#judge('useful')
    else if (name === '-') this.#judge('noise')
    else if (name === 'u') this.#undo()
  }

  /** What the status line says of the keys */
  get hint(): string {
    return this.#alerts.length === 0 ? '? keys' : 'k choose an alert, ? keys'
  }

  /** What stands above the status line */
  get panel(): readonly string[] {
    return [
      ...(this.#helps ? HELP : []),
      ...(this.#answer === '' ? [] : [this.#answer]),
      ...(this.#chosen === undefined ? [] : [this.#shown(this.#chosen)]),
    ]
  }

  #shown(alert: Alert): string {
    const { line, place, verdict } = alert
    const at = `alert ${this.#alerts.indexOf(alert) + 1} of ${this.#alerts.length}`
    const source = place.source === undefined ? '' : `${visibleText(place.source)}, `
    return `${at} │ ${verdict === 'none' ? '+ useful  - noise' : verdict} │ ${source}line ${place.number.toLocaleString('en')}: ${visibleText(line.text)}`
  }

  #close(): void {
    this.#helps = false
    this.#chosen = undefined
  }

  #choose(step: number): void {
    const at = this.#chosen === undefined ? this.#alerts.length : this.#alerts.indexOf(this.#chosen)
    this.#chosen = this.#alerts[Math.max(0, at + step)]
    if (this.#alerts.length === 0) this.#answer = 'there is no alert yet'
  }

  #judge(verdict: Verdict): void {
    this.#chosen ??= this.#alerts.at(-1)
    const alert = this.#chosen
    if (alert === undefined) this.#answer = 'there is no alert yet'
    else if (alert.verdict === verdict) return
    else if (this.#say(alert, verdict)) this.#judged = [...this.#judged.filter((other) => other !== alert), alert].slice(-MOST)
  }

  #undo(): void {
    const alert = this.#judged.at(-1)
    if (alert === undefined) return void (this.#answer = 'there is nothing to take back')
    this.#judged = this.#judged.slice(0, -1)
    this.#chosen = alert
    this.#say(alert, 'none')
  }

  #say(alert: Alert, verdict: Verdict): boolean {
    if (!alert.judge(verdict)) {
      this.#answer = 'too long ago: it cannot be judged any more'
      return false
    }
    alert.verdict = verdict
    this.#said(alert.line, verdict)
    return true
  }
}
