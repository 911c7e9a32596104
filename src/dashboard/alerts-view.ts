import type { Explanation } from '../alerts/explainer.ts'
import type { AlertVerdict } from '../alerts/pipeline.ts'
import { saidOf } from '../alerts/reasons.ts'
import type { TraceEvent, TracedCharacter } from '../inspect/trace.ts'
import { element } from './dom.ts'
import type { Alert } from './source.ts'
import { counted } from '../text/counted.ts'
import { spanOf } from './text-view.ts'
import { expectation, named, safe } from './words.ts'

const SHOWN = 20
// characters that are remembered, to shade a line by their surprise
const REMEMBERED = 8192

const EFFECTS = { useful: 'From the next line on, lines like it rank higher.', noise: 'From the next line on, lines like it rank lower.' } as const
// percent that round to 100.0
const MOST = 99.95
// the name of a producer that has been given none
const ONLY = 'default'
const OPINIONS = ['useful', 'noise'] as const

const KEYS = { useful: '+', noise: '-' } as const

type Opinion = (typeof OPINIONS)[number]

/** The lines that stood out, the latest first, each with what was expected in its place. While somebody is at the list, nothing moves in it: new ones wait. */
export class AlertsView {
  readonly #list: HTMLElement
  readonly #none: Element
  readonly #more: HTMLButtonElement
  readonly #quiet: HTMLElement
  readonly #judge: (verdict: AlertVerdict) => void
  /** Whether the reader can say what is useful */
  canJudge = false
  #waiting: HTMLElement[] = []
  #keptQuiet = 0
  readonly #seen = new Map<number, TracedCharacter>()
  /** Lines whose characters have not all come yet */
  #pending: Alert[] = []
  /** Up to where characters have come, and of which stream */
  #offset = 0
  #stream: string | undefined

  /** `more` shows the ones that wait; `quiet` says how many lines verdicts have kept quiet, and why */
  constructor(list: HTMLElement, more: HTMLButtonElement, quiet: HTMLElement, judge: (verdict: AlertVerdict) => void) {
    this.#list = list
    this.#none = list.firstElementChild!
    this.#more = more
    this.#quiet = quiet
    this.#judge = judge
    list.addEventListener('keydown', (event) => this.#press(event))
    more.addEventListener('click', () => this.#showWaiting())
    list.addEventListener('pointerleave', () => this.#showUnlessRead())
    list.addEventListener('focusout', () => setTimeout(() => this.#showUnlessRead()))
    this.clear()
  }

  clear(): void {
    this.#list.replaceChildren(this.#none)
    this.#waiting = []
    this.#more.hidden = true
    this.#keptQuiet = 0
    this.#quiet.textContent = ''
    this.forget()
  }

  /** The characters that come next are of another stream */
  forget(): void {
    this.#seen.clear()
    this.#pending = []
    this.#offset = 0
  }

  remember({ offset, characters, skipped, stream }: TraceEvent & Pick<Alert, 'stream'>): void {
    this.#offset = offset
    this.#stream = stream
    const first = offset - skipped - characters.length
    for (const [i, traced] of characters.entries()) this.#seen.set(first + i, traced)
    for (const place of this.#seen.keys()) {
      if (this.#seen.size <= REMEMBERED) return
      this.#seen.delete(place)
    }
  }

  /** Adds an alert, to be shown by `settle` */
  add(line: Alert): void {
    this.#pending.push(line)
  }

  /** Shows the alerts whose characters have come, or have gone by unseen */
  settle(): void {
    if (this.#pending.length === 0) return
    const isReady = ({ offset, stream }: Alert) => stream !== this.#stream || offset <= this.#offset
    for (const line of this.#pending.filter(isReady)) this.#show(line)
    this.#pending = this.#pending.filter((line) => !isReady(line))
  }

  #show(line: Alert): void {
    if (!line.alert) return this.#keepQuiet(line)
    this.#waiting.push(this.#item(line))
    if (this.#waiting.length > SHOWN) this.#waiting.shift()
    this.#showUnlessRead()
  }

  #keepQuiet({ verdicts }: Alert): void {
    this.#keptQuiet += 1
    if (verdicts !== undefined) this.#quiet.textContent = `${counted(this.#keptQuiet, 'line')} kept quiet because ${safe(saidOf(verdicts))}`
  }

  #showUnlessRead(): void {
    if (!this.#list.matches(':hover, :focus-within')) return this.#showWaiting()
    this.#more.hidden = this.#waiting.length === 0
    this.#more.textContent = `Show ${counted(this.#waiting.length, 'new one')}`
  }

  #showWaiting(): void {
    this.#more.hidden = true
    if (this.#waiting.length === 0) return
    this.#none.remove()
    this.#list.prepend(...this.#waiting.toReversed())
    this.#waiting = []
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild?.remove()
  }

  #item({ offset, text, score, percentile, reason, explain, stream, verdicts, learned }: Alert): HTMLElement {
    const item = element('li', '')
    item.tabIndex = -1
    const written = element('p', 'line')
    const seen = stream === this.#stream ? this.#lineBefore(offset) : []
    const coloured = colouredLine(text, learned ?? seen)
    if (coloured === undefined) written.textContent = safe(text)
    else written.append(...coloured)
    const origin = stream === undefined || stream === ONLY ? '' : `${stream}: `
    const why = element('p', 'why', `${origin}${reason === undefined ? 'it surprised' : safe(reason.text)}`)
    const rank = percentile === null ? '' : `, more than ${percentile >= MOST ? 'all' : `${percentile.toFixed(1)}% of the`} lines before`
    const details = element('p', 'note', `${explain === undefined ? '' : sentences(explain)}${score.toFixed(0)} bits${rank}.`)
    item.append(written, why, details)
    if (verdicts !== undefined && reason?.cause !== 'verdict') details.textContent += ` ${sentenceOf(safe(saidOf(verdicts)))}`
    if (explain?.similar !== undefined && explain.similar !== text) item.append(element('p', 'note usual', `Usual: ${safe(explain.similar)}`))
    if (this.canJudge) item.append(this.#buttons(offset))
    return item
  }

  #buttons(offset: number): HTMLElement {
    const row = element('p', 'verdicts note')
    const effect = element('span', '')
    const buttons = OPINIONS.map((opinion) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = sentenceOf(opinion, '')
      button.dataset['verdict'] = opinion
      button.ariaKeyShortcuts = KEYS[opinion]
      button.title = `${KEYS[opinion]} on the keyboard`
      button.ariaPressed = 'false'
      button.addEventListener('click', () => choose(button.ariaPressed === 'true' ? undefined : opinion))
      return button
    })
    const choose = (chosen: Opinion | undefined) => {
      for (const button of buttons) button.ariaPressed = String(button.dataset['verdict'] === chosen)
      effect.textContent = chosen === undefined ? '' : EFFECTS[chosen]
      this.#judge({ offset, verdict: chosen ?? 'none' })
    }
    effect.role = 'status'
    row.append(...buttons, effect)
    return row
  }

  /** The arrow keys move among the alerts; + and - say that one is useful, or noise */
  #press(event: KeyboardEvent): void {
    const items = Array.from(this.#list.querySelectorAll<HTMLElement>(':scope > li:not(.note)'))
    const at = items.findIndex((item) => item.contains(document.activeElement))
    const step = new Map([
      ['ArrowDown', 1],
      ['ArrowUp', -1],
    ]).get(event.key)
    const opinion = OPINIONS.find((opinion) => KEYS[opinion] === event.key)
    if (step === undefined && opinion === undefined) return
    event.preventDefault()
    if (step !== undefined) items[Math.min(Math.max(at + step, 0), items.length - 1)]?.focus()
    else items[at]?.querySelector<HTMLButtonElement>(`[data-verdict=${opinion}]`)?.click()
  }

  /** What was seen of the line that ends there with a line feed: its end, or all of it */
  #lineBefore(end: number): readonly TracedCharacter[] {
    const line: TracedCharacter[] = []
    for (let at = end - 2; ; at--) {
      const traced = this.#seen.get(at)
      if (traced === undefined || traced[0] === '\n') return line.toReversed()
      line.push(traced)
    }
  }
}

/**
 * A line as it came, in the colours of what was learned of it, which may have one character in the place of many, as that of a time. Undefined unless the two
 * fit.
 */
function colouredLine(text: string, learned: readonly TracedCharacter[]): readonly HTMLElement[] | undefined {
  const came = Array.from(text)
  const shorter = Math.min(came.length, learned.length)
  let start = 0
  while (start < shorter && came[start] === learned[start]![0]) start += 1
  let end = 0
  while (end < shorter - start && came.at(-1 - end) === learned.at(-1 - end)![0]) end += 1
  const masked = learned.slice(start, learned.length - end)
  const whole = came.slice(start, came.length - end).join('')
  if (masked.length > 1 || (masked.length === 0) !== (whole === '')) return undefined
  const replaced = masked.map(([, ...rest]): TracedCharacter => [whole, ...rest])
  return [...learned.slice(0, start), ...replaced, ...learned.slice(learned.length - end)].map(spanOf)
}

function sentences({ after, word, character, expected, values }: Explanation): string {
  const place = after === '' ? 'At its start' : `After ${quoted(after)}`
  const usual = values === undefined ? '' : `Usual here: ${safe(values.join(' or '))}. `
  if (expected !== undefined && character !== undefined)
    return `${place} it expected ${expectation(expected) || 'nothing'}, but ${named(character)} came. ${usual}`
  return after === '' ? usual : `${place} came ${quoted(word)}. ${usual}`
}

function sentenceOf(text: string, end = '.'): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${end}`
}

function quoted(text: string): string {
  return `\u201c${safe(text)}\u201d`
}
