import type { ParametersEvent, Tensor } from '../inspect/detail.ts'
import { CellGrid } from './cell-grid.ts'
import { byId, element } from './dom.ts'
import { FEW } from './pipeline-view.ts'
import { fixed, named, signed } from './words.ts'

/** What a tensor leads from and to */
const MEANINGS: readonly (readonly [name: RegExp, meaning: string])[] = [
  [/^Wxh$/, 'from each symbol to each unit'],
  [/^weight_ih_l0$/, 'W: from each symbol to each unit'],
  [/^Whh$/, 'from each unit to each unit'],
  [/^weight_hh/, 'U: from each unit to each unit'],
  [/^weight_ih/, 'from the units below'],
  [/^conductor.weight/, 'from each unit to the gates of the direct connections'],
  [/^conductor/, 'bias of each gate'],
  [/^factors/, '\u03b1, \u03b2\u2081, \u03b2\u2082: how input and state are multiplied'],
  [/^Why$/, 'from each unit to each symbol'],
  [/^by$/, 'bias of each symbol'],
  [/^b/, 'bias of each unit'],
]
/** Of the standard deviations of its numbers, where a picture has its strongest colour */
const STRONGEST = 2.5
const CHOICES = ['weights', 'gradients'] as const

/** The parameters and their gradients as pictures */
export class TensorsView {
  readonly #list: HTMLElement
  readonly #note: HTMLElement
  readonly #vectors = element('div', 'vectors')
  readonly #pictures = new Map<string, { readonly grid: CellGrid; tensor: Tensor }>()
  #shown: (typeof CHOICES)[number] = 'weights'
  #parameters: ParametersEvent | undefined
  #pointed: { readonly name: string; readonly cell: number } | undefined

  constructor(list: HTMLElement, note: HTMLElement) {
    this.#list = list
    this.#note = note
    for (const shown of CHOICES) {
      byId(`show-${shown}`, HTMLButtonElement).addEventListener('click', () => this.#choose(shown))
    }
    this.clear()
  }

  clear(): void {
    this.#vectors.replaceChildren()
    this.#list.replaceChildren(this.#vectors)
    this.#pictures.clear()
    this.#pointed = undefined
    this.#note.textContent = 'Point at a cell for its weight, and for what the last update did to it.'
  }

  show(parameters: ParametersEvent): void {
    this.#parameters = parameters
    for (const tensor of parameters.tensors) {
      const picture = this.#pictures.get(tensor.name)
      if (picture === undefined) this.#add(tensor)
      else picture.tensor = tensor
    }
    this.#draw()
    this.#say()
  }

  #choose(shown: (typeof CHOICES)[number]): void {
    this.#shown = shown
    for (const name of CHOICES) byId(`show-${name}`, HTMLButtonElement).ariaPressed = String(name === shown)
    this.#draw()
  }

  #add(tensor: Tensor): void {
    const { name } = tensor
    const meaning = MEANINGS.find(([pattern]) => pattern.test(name))?.[1] ?? ''
    const pointed = (cell: number) => {
      this.#pointed = { name, cell }
      this.#say()
    }
    const grid = new CellGrid({ label: `${name}, ${meaning}`, pointed })
    const figure = element('figure', '')
    const caption = element('figcaption', 'note', meaning)
    caption.prepend(element('code', '', name), ' ')
    figure.append(caption, grid.element)
    if (tensor.rows === 1) this.#vectors.append(figure)
    else this.#vectors.before(figure)
    this.#pictures.set(name, { grid, tensor })
  }

  #draw(): void {
    for (const { grid, tensor } of this.#pictures.values()) {
      const values = this.#shown === 'weights' ? tensor.values : (tensor.update?.gradient ?? new Float64Array(tensor.values.length))
      grid.show(values, tensor.columns, STRONGEST * deviationOf(values) || 1)
    }
  }

  #say(): void {
    if (this.#pointed === undefined || this.#parameters === undefined) return
    const { name, cell } = this.#pointed
    const { tensor } = this.#pictures.get(name)!
    const { units } = this.#parameters
    // a small network is shown as the notebook prints it
    const digits = (values: Float64Array) => (units <= FEW ? fixed(values[cell]!, 8) : signed(values[cell]!))
    const { update } = tensor
    const learned =
      update === undefined ? '' : ` Its gradient in the last update was ${digits(update.gradient)}, which moved it by ${digits(update.change)}.`
    const kind = tensor.rows === 1 ? 'bias' : 'weight'
    this.#note.textContent = `${name}, ${placeIn(tensor, cell, this.#parameters)}: ${kind} ${digits(tensor.values)}.${learned}`
  }
}

function deviationOf(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

/** The row and the column of a cell, by what they belong to */
function placeIn({ name, rows, columns }: Tensor, cell: number, { symbols, units }: ParametersEvent): string {
  const symbol = (index: number) => (symbols[index] === '' ? 'new characters' : named(symbols[index] ?? ''))
  if (name.startsWith('conductor')) return rows === 1 ? `gate ${cell}` : `from unit ${cell % columns} to gate ${Math.floor(cell / columns)}`
  const unit = (index: number, size: number) => (size > units ? `gate ${Math.floor(index / units)} of unit ${index % units}` : `unit ${index}`)
  const [row, column] = [Math.floor(cell / columns), cell % columns]
  if (name === 'by') return symbol(column)
  if (rows === 1) return unit(column, columns)
  if (name.startsWith('factors')) return `factor ${row} of ${unit(column, columns)}`
  if (name === 'Why') return `from unit ${column} to ${symbol(row)}`
  const from = name === 'Wxh' || name === 'weight_ih_l0' ? symbol(column) : unit(column, columns)
  return `from ${from} to ${unit(row, rows)}`
}
