import { colourOf, onSchemeChange } from './colours.ts'

const CELL = 12

interface Colours {
  readonly negative: string
  readonly positive: string
}

/** The hidden state as a row of cells, one a unit: from -1 to +1 */
export class HiddenView {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  #colours: Colours

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d')!
    this.#colours = coloursOf(canvas)
    onSchemeChange(() => (this.#colours = coloursOf(canvas)))
  }

  show(hidden: readonly number[]): void {
    const columns = Math.min(16, hidden.length)
    const rows = Math.ceil(hidden.length / columns)
    if (this.#canvas.width !== columns * CELL || this.#canvas.height !== rows * CELL) this.#resize(columns, rows, hidden.length)
    const { negative, positive } = this.#colours
    this.#context.clearRect(0, 0, columns * CELL, rows * CELL)
    for (const [i, value] of hidden.entries()) {
      this.#context.globalAlpha = Math.min(Math.abs(value), 1)
      this.#context.fillStyle = value < 0 ? negative : positive
      this.#context.fillRect((i % columns) * CELL, Math.floor(i / columns) * CELL, CELL - 1, CELL - 1)
    }
  }

  #resize(columns: number, rows: number, units: number): void {
    this.#canvas.width = columns * CELL
    this.#canvas.height = rows * CELL
    this.#canvas.ariaLabel = `The values of ${units} hidden units`
  }
}

function coloursOf(element: Element): Colours {
  return { negative: colourOf(element, 'negative'), positive: colourOf(element, 'positive') }
}
