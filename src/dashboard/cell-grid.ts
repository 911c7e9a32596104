import { colourOf, onSchemeChange } from './colours.ts'
import { element } from './dom.ts'

export interface CellGridOptions {
  /** What the picture is of, for those who cannot see it */
  readonly label: string
  /** Called with the cell that is pointed at, by pointer or keyboard */
  readonly pointed: (cell: number) => void
  /** Called with the cell that is clicked, or chosen by Enter or Space */
  readonly chosen?: (cell: number) => void
}

type Colour = readonly [red: number, green: number, blue: number]

/** Numbers as a grid of cells, from one colour for the lowest through none for 0 to another for the highest. Every cell answers the pointer and the arrow keys. */
export class CellGrid {
  readonly element: HTMLElement = element('div', 'grid')
  readonly #canvas = document.createElement('canvas')
  readonly #cursor = element('span', 'cursor')
  readonly #context = this.#canvas.getContext('2d')!
  readonly #options: CellGridOptions
  #columns = 1
  #count = 0
  #cell: number | undefined
  #draw = () => {}

  constructor(options: CellGridOptions) {
    this.#options = options
    this.element.tabIndex = 0
    this.element.role = 'application'
    this.element.ariaLabel = `${options.label}; the arrow keys move through its cells`
    this.#cursor.hidden = true
    this.element.append(this.#canvas, this.#cursor)
    this.element.addEventListener('pointermove', (event) => this.#point(event))
    this.element.addEventListener('pointerdown', (event) => this.#point(event))
    this.element.addEventListener('click', () => this.#choose())
    this.element.addEventListener('keydown', (event) => this.#press(event))
    onSchemeChange(() => this.#draw())
  }

  /** Row by row; `most` is the value of the strongest colour */
  show(values: ArrayLike<number>, columns: number, most: number): void {
    const rows = Math.ceil(values.length / columns)
    this.#columns = columns
    this.#count = values.length
    if (this.#canvas.width !== columns || this.#canvas.height !== rows) {
      this.#canvas.width = columns
      this.#canvas.height = rows
      this.element.style.aspectRatio = `${columns} / ${rows}`
    }
    this.#draw = () => this.#paint(values, rows, most)
    this.#draw()
  }

  /** Points at no cell */
  clear(): void {
    this.#cell = undefined
    this.#cursor.hidden = true
  }

  #paint(values: ArrayLike<number>, rows: number, most: number): void {
    const [negative, positive] = [rgb(colourOf(this.element, 'negative')), rgb(colourOf(this.element, 'positive'))]
    const image = this.#context.createImageData(this.#columns, rows)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      image.data.set(value < 0 ? negative : positive, 4 * i)
      image.data[4 * i + 3] = 255 * Math.min(Math.abs(value) / most, 1)
    }
    this.#context.putImageData(image, 0, 0)
  }

  #point({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect()
    const column = Math.floor(((clientX - left) / width) * this.#columns)
    const row = Math.floor(((clientY - top) / height) * this.#canvas.height)
    if (column >= 0 && column < this.#columns && row >= 0) this.#move(row * this.#columns + column)
  }

  #press(event: KeyboardEvent): void {
    const step = new Map([
      ['ArrowLeft', -1],
      ['ArrowRight', 1],
      ['ArrowUp', -this.#columns],
      ['ArrowDown', this.#columns],
    ]).get(event.key)
    if (step === undefined && event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    if (step === undefined) this.#choose()
    else this.#move(this.#cell === undefined ? 0 : this.#cell + step)
  }

  #move(cell: number): void {
    if (cell < 0 || cell >= this.#count) return
    this.#cell = cell
    const [x, y] = [cell % this.#columns, Math.floor(cell / this.#columns)]
    this.#cursor.hidden = false
    const { style } = this.#cursor
    style.left = `${(100 * x) / this.#columns}%`
    style.top = `${(100 * y) / this.#canvas.height}%`
    style.width = `${100 / this.#columns}%`
    style.height = `${100 / this.#canvas.height}%`
    this.#options.pointed(cell)
  }

  #choose(): void {
    if (this.#cell !== undefined) this.#options.chosen?.(this.#cell)
  }
}

/** Of a colour #rrggbb */
function rgb(colour: string): Colour {
  const [red = 0, green = 0, blue = 0] = Array.from(colour.trim().matchAll(/[0-9a-f]{2}/gi), ([hex]) => Number.parseInt(hex, 16))
  return [red, green, blue]
}
