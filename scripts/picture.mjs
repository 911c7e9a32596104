/**
 * Takes the moving picture of the README: shows a log in a terminal of its own (tmux), the lines before FROM at once and those up to TO one by one, and draws
 * what is on the screen after each as one SVG.
 *
 *     npm run build && node scripts/picture.mjs LOG FROM TO > docs/terminal.svg
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

const [log, from, to] = process.argv.slice(2)
if (to === undefined) throw new Error('which lines of which log? node scripts/picture.mjs LOG FROM TO')

const [COLUMNS, ROWS] = [112, 22]
const [CELL, LINE, MARGIN] = [7.8, 17, 14]
const [GROUND, INK, DIM] = ['#16181d', '#d7dae0', '#8b919c']
/** Milliseconds that a line has to arrive on the screen; seconds that it is shown, an alert, and the last one */
const SETTLED = 700
const [SHOWN, ALERT, LAST] = [0.5, 3, 5]

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-picture-'))
const tmux = (...args) => spawnSync('tmux', ['-S', join(folder, 'socket'), ...args], { encoding: 'utf8' }).stdout
const main = new URL('../dist/command/main.js', import.meta.url).pathname
const fed = join(folder, 'log')
const lines = readFileSync(log, 'utf8').split('\n').slice(0, Number(to))
writeFileSync(fed, `${lines.slice(0, Number(from) - 1).join('\n')}\n`)
tmux(
  '-f',
  '/dev/null',
  'new-session',
  '-d',
  '-x',
  `${COLUMNS}`,
  '-y',
  `${ROWS}`,
  `FORCE_COLOR=3 sh -c "tail -n +1 -F ${fed} | node ${main} --theme dark"`,
)
try {
  await setTimeout(8000)
  const frames = []
  for (const line of lines.slice(Number(from) - 1)) {
    appendFileSync(fed, `${line}\n`)
    await setTimeout(SETTLED)
    const rows = tmux('capture-pane', '-e', '-p').trimEnd().split('\n')
    const isAlert = rows.slice(-3).some((row) => stripVTControlCharacters(row).startsWith('╰'))
    frames.push({ rows: withLooks(rows), seconds: isAlert ? ALERT : SHOWN })
  }
  frames.at(-1).seconds = LAST
  console.log(svgOf(frames))
} finally {
  tmux('kill-server')
  rmSync(folder, { recursive: true })
}

/** Rows as SGR sequences begin and end them: each is drawn once, however many frames have it */
function svgOf(frames) {
  const drawn = new Map()
  const idOf = (row) => {
    const picture = row.map((run) => runOf(run)).join('')
    if (!drawn.has(picture)) drawn.set(picture, `r${drawn.size}`)
    return drawn.get(picture)
  }
  const total = frames.reduce((sum, { seconds }) => sum + seconds, 0)
  const percent = (seconds) => `${((100 * seconds) / total).toFixed(2)}%`
  let start = 0
  const shown = frames.map(({ rows, seconds }, i) => {
    const [begin, end] = [percent(start), percent((start += seconds))]
    const uses = rows.map((row, y) => `<use href="#${idOf(row)}" y="${MARGIN + y * LINE}"/>`).join('')
    const isLast = i === frames.length - 1
    const hidden = isLast ? '' : `${end}{visibility:hidden}`
    const keyframes = `@keyframes f${i}{0%{visibility:hidden}${begin}{visibility:visible}${hidden}}`
    return {
      keyframes: `${keyframes}#f${i}{animation:f${i} ${total}s step-end infinite${isLast ? '' : ';visibility:hidden'}}`,
      group: `<g id="f${i}">${uses}</g>`,
    }
  })
  const [width, height] = [Math.ceil(COLUMNS * CELL + 2 * MARGIN), ROWS * LINE + 2 * MARGIN]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal in which a log runs by; a line that stands out is marked and explained">`,
    `<style>${shown.map(({ keyframes }) => keyframes).join('')}@media(prefers-reduced-motion:reduce){g{animation:none!important}}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13"><defs>`,
    '',
    '</defs>',
    ...shown.map(({ group }) => group),
    '</g></svg>',
  ]
    .join('\n')
    .replace('<defs>\n', () => `<defs>\n${[...drawn].map(([picture, id]) => `<g id="${id}">${picture}</g>`).join('\n')}`)
}

/** Runs of one look of each row; SGR sequences hold beyond the end of a row */
function withLooks(rows) {
  let look = {}
  return rows.map((text) => {
    const runs = []
    let column = 0
    for (const [i, part] of text.split('\x1b[').entries()) {
      const shown = i === 0 ? part : part.slice(part.indexOf('m') + 1)
      if (i > 0) look = lookOf(look, part.slice(0, part.indexOf('m')).split(';').map(Number))
      if (shown !== '') runs.push({ text: shown, column, look })
      column += shown.length
    }
    return runs
  })
}

function lookOf(look, codes) {
  let next = { ...look }
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]
    if (code === 0) next = {}
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 22) next = { ...next, bold: false, dim: false }
    else if (code === 39) delete next.ink
    else if (code === 49) delete next.ground
    else if ((code === 38 || code === 48) && codes[i + 1] === 2) {
      next[code === 38 ? 'ink' : 'ground'] = `rgb(${codes.slice(i + 2, i + 5).join()})`
      i += 4
    }
  }
  return next
}

function runOf({ text, column, look }) {
  const x = MARGIN + column * CELL
  const length = text.length * CELL
  const ground =
    look.ground === undefined ? '' : `<rect x="${x.toFixed(1)}" y="0" width="${length.toFixed(1)}" height="${LINE}" fill="${look.ground}"/>`
  const ink = look.ink ?? (look.dim ? DIM : INK)
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00A0')
  const weight = look.bold ? ' font-weight="700"' : ''
  return `${ground}<text x="${x.toFixed(1)}" y="13" textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs" fill="${ink}"${weight}>${escaped}</text>`
}
