/**
 * Draws the picture of docs/score.md: what each character of two lines cost, once a log of 1,000 such lines is known.
 *
 *     npm run build && node scripts/score-picture.mjs > docs/score.svg
 */
import { of } from 'rxjs'
import { AlertStream } from '../dist/src/alerts/pipeline.js'
import { createModel } from '../dist/src/index.js'

const [CELL, BAR, BASE, LEFT] = [11, 6, 110, 12]
const usual = (i) => `worker ${i % 4} started job ${(7 * i) % 10} for ${['anna', 'ben', 'carla'][i % 3]}`
const text = [...Array.from({ length: 1000 }, (_, i) => usual(i)), usual(1002), 'worker 3 lost job 4 for anna', ''].join('\n')

const lines = []
of(text)
  .pipe(new AlertStream(createModel({ preset: 'small' })).grade())
  .subscribe((graded) => lines.push(...graded.lines))

const rows = lines.slice(-2)
const width = Math.max(...rows.map(({ text }) => text.length)) * CELL + 2 * LEFT
console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${rows.length * (BASE + 50)}" role="img" aria-label="Two lines with a bar above each character, as high as its surprise">`,
    '<style>text{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#3b4048}.note{font-size:12px;fill:#6b7280}rect{fill:#9aa4b2}.counts{fill:#d9480f}',
    '@media(prefers-color-scheme:dark){text{fill:#d7dae0}.note{fill:#9aa4b2}rect{fill:#626b78}.counts{fill:#ff922b}}</style>',
    ...rows.map((line, i) => drawn(line, i * (BASE + 50))),
    '</svg>',
  ].join('\n'),
)

function drawn({ text, surprise, score, bits, alert }, top) {
  const characters = [...text].map((character, i) => {
    const x = LEFT + i * CELL
    const height = Math.max(1, surprise[i] * BAR)
    const bar = `<rect x="${x}" y="${(top + BASE - height).toFixed(1)}" width="${CELL - 2}" height="${height.toFixed(1)}"${surprise[i] > 4 ? ' class="counts"' : ''}/>`
    return `${bar}<text x="${x}" y="${top + BASE + 16}">${character}</text>`
  })
  const note = `${bits.toFixed(0)} bits in all, score ${score.toFixed(0)}${alert ? ': an alert' : ''}`
  return `${characters.join('')}<text class="note" x="${LEFT}" y="${top + BASE + 36}">${note}</text>`
}
