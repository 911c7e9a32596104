/**
 * Takes the picture of the README: runs the command in a terminal of its own (tmux), on the log of the demonstration, until an alert is on the screen, and
 * draws what is there as SVG.
 *
 *     npm run build && node scripts/picture.mjs > docs/terminal.svg
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const [COLUMNS, ROWS] = [118, 24]
const [CELL, LINE, MARGIN] = [7.8, 17, 14]
const [GROUND, INK, DIM] = ['#16181d', '#d7dae0', '#8b919c']

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-picture-'))
const tmux = (...args) => spawnSync('tmux', ['-S', join(folder, 'socket'), ...args], { encoding: 'utf8' }).stdout
const [log, main] = ['../dist/examples/service-log.js', '../dist/src/cli/main.js'].map((path) => new URL(path, import.meta.url).pathname)
const command = `FORCE_COLOR=3 sh -c "node ${log} --history 3000 --rate 40 | node ${main} --explain"`
tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${COLUMNS}`, '-y', `${ROWS}`, command)
try {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const rows = tmux('capture-pane', '-e', '-p').trimEnd().split('\n')
    const plain = rows.map((row) => stripVTControlCharacters(row))
    const alert = plain.findIndex((row) => /^▶.*(ERROR|FATAL)/.test(row))
    if (alert > 4 && alert < ROWS - 8 && plain.length >= ROWS - 2 && /\d+ alerts?/.test(plain.at(-1))) {
      console.log(svgOf(rows))
      break
    }
  }
} finally {
  tmux('kill-server')
  rmSync(folder, { recursive: true })
}

function svgOf(rows) {
  const width = Math.ceil(COLUMNS * CELL + 2 * MARGIN)
  const height = rows.length * LINE + 2 * MARGIN
  const drawn = runsOf(rows).map(({ row, ...run }) => runOf(run, MARGIN + row * LINE))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal in which a log runs by, coloured by surprise">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`,
    ...drawn,
    '</g></svg>',
  ].join('\n')
}

/** Runs of one look in rows with SGR sequences, which hold beyond the end of a row */
function runsOf(rows) {
  const runs = []
  let look = {}
  for (const [row, text] of rows.entries()) {
    let column = 0
    for (const [i, part] of text.split('\x1b[').entries()) {
      const shown = i === 0 ? part : part.slice(part.indexOf('m') + 1)
      if (i > 0) look = lookOf(look, part.slice(0, part.indexOf('m')).split(';').map(Number))
      if (shown !== '') runs.push({ row, text: shown, column, look })
      column += shown.length
    }
  }
  return runs
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

function runOf({ text, column, look }, y) {
  const x = MARGIN + column * CELL
  const length = text.length * CELL
  const ground =
    look.ground === undefined ? '' : `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${LINE}" fill="${look.ground}"/>`
  const ink = look.ink ?? (look.dim ? DIM : INK)
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00A0')
  const weight = look.bold ? ' font-weight="700"' : ''
  return `${ground}<text x="${x.toFixed(1)}" y="${y + 13}" textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs" fill="${ink}"${weight}>${escaped}</text>`
}
