const SVG = 'http://www.w3.org/2000/svg'
/** The picture's own coordinates: it is stretched to its place, and the strokes keep their width */
const SIZE = 1000

export type Point = readonly [x: number, y: number]

/** Lines in a place, which they fill: style.css colours them by their class. Points are in shares of width and height, from the bottom left. */
export class LineChart {
  readonly #svg = document.createElementNS(SVG, 'svg')
  readonly #lines = new Map<string, SVGPolylineElement>()

  /** Each of `classes` is a line, the last one on top */
  constructor(place: Element, classes: readonly string[]) {
    this.#svg.setAttribute('viewBox', `0 0 ${SIZE} ${SIZE}`)
    this.#svg.setAttribute('preserveAspectRatio', 'none')
    for (const name of classes) {
      const line = document.createElementNS(SVG, 'polyline')
      line.setAttribute('class', name)
      this.#lines.set(name, line)
      this.#svg.append(line)
    }
    place.append(this.#svg)
  }

  draw(name: string, points: readonly Point[]): void {
    const written = points.map(([x, y]) => `${Math.round(SIZE * x)},${Math.round(SIZE * (1 - y))}`).join(' ')
    this.#lines.get(name)!.setAttribute('points', written)
  }
}
