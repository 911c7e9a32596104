import type { Detail, ParametersEvent, Step, Tensor } from '../inspect/detail.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { counted } from '../text/counted.ts'
import { element } from './dom.ts'
import { count, fixed, named, percent, signed } from './words.ts'

interface Shown {
  readonly trace: TraceEvent
  readonly detail: Detail | undefined
  /** The output's bias, and what the last update did to it */
  readonly bias: Tensor | undefined
  /** The unit whose sum is shown */
  readonly unit: number
}

interface Stage {
  readonly name: string
  /** What it does, in plain words */
  readonly words: string
  readonly formula: (shown: Shown) => string
  /** The formula with the numbers of this step */
  readonly numbers: (shown: Shown) => string
}

const CELL_FORMULAS: Readonly<Record<string, string>> = {
  rnn: 'h = tanh(Wxh x + Whh h\u2032 + bh)',
  gru: 'h = (1 \u2212 z) n + z h\u2032',
  lstm: 'h = o tanh(f c\u2032 + i g)',
  mi: 'h = tanh(\u03b1 (Wx)(Uh\u2032) + \u03b2\u2081 Uh\u2032 + \u03b2\u2082 Wx + b)',
}
// a vector of so few numbers is shown whole, as the notebook prints it
export const FEW = 4
const DIGITS = 8

const STAGES: readonly Stage[] = [
  {
    name: 'encode',
    words: 'Each character has a number. \u201cnew\u201d stands for all that have none yet.',
    formula: () => 'x = one-hot(symbol)',
    numbers: ({ trace: { characters, segment } }) =>
      `${named(characters.at(-1)?.[0] ?? '')} has index ${segment.symbol} (0 to ${segment.vocabulary - 1})`,
  },
  {
    name: 'truncate',
    words: 'Characters are learned together, a window at a time.',
    formula: ({ trace: { segment } }) => `a window is ${counted(segment.every, 'pair')} (input, target)`,
    numbers: ({ trace: { segment }, detail }) => {
      const pair = detail?.step === undefined ? '' : `: ${symbolIn(detail, detail.step.input)} \u2192 ${symbolIn(detail, detail.step.target)}`
      return `pair ${segment.pending} of ${segment.every}${pair}`
    },
  },
  {
    name: 'forward',
    words: 'What was read so far, h\u2032, and the character, x, give the next state, h, and a score, y, for each next character.',
    formula: ({ detail }) =>
      `${(detail && CELL_FORMULAS[detail.cell]) ?? 'h = cell(x, h\u2032)'},  y = Why h + by${detail?.hasDirect === true ? ' + direct' : ''}`,
    numbers: forwardNumbers,
  },
  {
    name: 'loss',
    words: 'The less likely the character that came, the more bits it costs.',
    formula: () => 'L = \u2212log\u2082 p(target),  p = exp(y) / \u03a3 exp(y)',
    numbers: lossNumbers,
  },
  {
    name: 'backward',
    words: 'In which direction would each weight have made the loss smaller?',
    formula: () => '\u2202L/\u2202y = p \u2212 [1 at the target], then back in time',
    numbers: backwardNumbers,
  },
  {
    name: 'update',
    words: 'Each weight moves a little in that direction.',
    formula: ({ detail }) => updateFormula(detail?.optimizer),
    numbers: updateNumbers,
  },
  {
    name: 'predict',
    words: 'What comes next, with the new weights?',
    formula: () => 'p = softmax(y) of the step ahead',
    numbers: ({ trace: { next } }) =>
      `most likely next: ${next
        .slice(0, 3)
        .map(([character, probability]) => `${named(character)} ${percent(probability)}`)
        .join(', ')}`,
  },
]

/** The stages in their order: what each computes, and the same with the numbers of this step */
export class PipelineView {
  readonly #stages: readonly { readonly formula: HTMLElement; readonly numbers: HTMLElement; readonly stage: Stage }[]
  /** Whose sum is shown */
  unit = 0
  #bias: Tensor | undefined
  #last: TraceEvent | undefined

  constructor(list: HTMLElement) {
    const items = STAGES.map((stage) => {
      const item = element('li', '')
      const [formula, numbers] = [element('p', 'formula'), element('p', 'numbers')]
      item.append(element('h3', '', stage.name), formula, numbers, element('p', 'note words', stage.words))
      return { item, formula, numbers, stage }
    })
    this.#stages = items
    list.replaceChildren(...items.map(({ item }) => item))
  }

  clear(): void {
    this.#bias = undefined
    this.#last = undefined
    for (const { formula, numbers } of this.#stages) {
      formula.textContent = ''
      numbers.textContent = ''
    }
  }

  show(trace: TraceEvent): void {
    this.#last = trace
    const shown = { trace, detail: trace.detail, bias: this.#bias, unit: this.unit }
    for (const { formula, numbers, stage } of this.#stages) {
      formula.textContent = stage.formula(shown)
      numbers.textContent = stage.numbers(shown)
    }
  }

  /** An update was made */
  learned({ tensors }: ParametersEvent): void {
    this.#bias = tensors.find(({ name }) => name === 'by')
    if (this.#last !== undefined) this.show(this.#last)
  }
}

function forwardNumbers({ trace: { hidden }, detail, unit }: Shown): string {
  const step = detail?.step
  if (detail === undefined || step === undefined) return `|h| = ${fixed(Math.hypot(...hidden), 2)} of ${hidden.length} units`
  const y =
    detail.symbols.length <= FEW ? `y = ${vector(step.logits)}` : `y(${symbolIn(detail, step.target)}) = ${fixed(step.logits[step.target]!, 2)}`
  if (detail.units <= FEW) return `h = ${vector(step.after)},  ${y}`
  const i = Math.min(unit, detail.units - 1)
  return `h[${i}] = ${sumOf(step, i)}${fixed(step.after[i]!, 2)},  ${y}`
}

function sumOf({ terms, before }: Step, unit: number): string {
  if (terms === undefined) return `${fixed(before[unit]!, 2)} \u2192 `
  return `tanh(${[terms.input, terms.recurrent, terms.bias].map((term) => fixed(term[unit]!, 2)).join(' + ')}) = `
}

function lossNumbers({ trace: { segment }, detail }: Shown): string {
  const step = detail?.step
  if (detail === undefined || step === undefined) return `${fixed(segment.bits, 2)} bits per character`
  const p = probabilityOf(step)
  if (detail.symbols.length <= FEW) {
    return `p = ${vector(step.logits.map((logit) => Math.exp(logit - step.logZ)))},  L = ${fixed(-Math.log2(p), 2)} bits = ${fixed(-Math.log(p), DIGITS)} nats`
  }
  const logit = fixed(step.logits[step.target]!, 2)
  return `p(${symbolIn(detail, step.target)}) = exp(${logit} \u2212 ${fixed(step.logZ, 2)}) = ${fixed(p, 3)},  L = ${fixed(-Math.log2(p), 2)} bits`
}

function backwardNumbers({ trace: { update, segment }, detail }: Shown): string {
  const step = detail?.step
  const losses = update === null ? '' : `;  ${counted(update.injected, 'character')} through ${counted(segment.through, 'step')}`
  if (detail === undefined || step === undefined) return update === null ? 'waits for a whole window' : losses.slice(3)
  if (detail.symbols.length <= FEW) {
    return `dy = ${vector(step.logits.map((logit, symbol) => Math.exp(logit - step.logZ) - (symbol === step.target ? 1 : 0)))}`
  }
  const p = probabilityOf(step)
  return `\u2202L/\u2202y(${symbolIn(detail, step.target)}) = ${fixed(p, 3)} \u2212 1 = ${fixed(p - 1, 3)}${losses}`
}

function updateFormula(optimizer: string | undefined): string {
  if (optimizer === 'sgd') return 'w \u2190 w \u2212 rate \u00b7 g'
  if (optimizer === 'adagrad') return 'w \u2190 w \u2212 rate \u00b7 g / \u221av,  v: sum of g\u00b2'
  return 'w \u2190 w \u2212 rate \u00b7 g / \u221av,  v: mean of g\u00b2'
}

function updateNumbers({ trace: { update, segment }, detail, bias }: Shown): string {
  if (update === null) return `waits for ${counted(segment.every - segment.pending, 'more character')}`
  const example = bias?.update === undefined || detail === undefined ? '' : `${moved(bias.values, bias.update, detail)};  `
  return `${example}update ${count(update.updates)}, rate ${update.learningRate.toPrecision(2)}, |g| = ${update.gradientNorm.toPrecision(3)}`
}

/** What the update did to the bias with the largest gradient */
function moved(values: Float64Array, { gradient, change }: NonNullable<Tensor['update']>, detail: Detail): string {
  const symbol = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0)
  const after = values[symbol]!
  return `by(${symbolIn(detail, symbol)}): ${signed(after - change[symbol]!)} \u2192 ${signed(after)}, as g = ${signed(gradient[symbol]!)}`
}

function probabilityOf({ logits, logZ, target }: Step): number {
  return Math.exp(logits[target]! - logZ)
}

function symbolIn({ symbols }: Detail, symbol: number): string {
  return symbols[symbol] === '' ? 'new' : named(symbols[symbol] ?? '')
}

function vector(values: Float64Array): string {
  return `(${Array.from(values, (value) => fixed(value, DIGITS)).join(', ')})`
}
