/* Draws results.json: characters learned a second over hidden units, both on logarithmic axes, a line for each program with its name at the end. */

const WIDTH = 860
const HEIGHT = 520
const LEFT = 80
const RIGHT = 200
const TOP = 60
const BOTTOM = 60
const LABEL_HEIGHT = 17

const COLORS = {
  C: '#555555',
  'rxrnn bare': '#f5a15d',
  'rxrnn pipeline': '#d1420b',
  'rxrnn characters': '#8c2a04',
  'rxrnn reference': '#c9a227',
  NumPy: '#1f6fb4',
  'NumPy float32': '#74b3e3',
  PyTorch: '#7a3fa0',
  'TensorFlow.js wasm': '#2a8c4a',
}

export function chart({ machine, hidden: unsorted }) {
  const hidden = unsorted.toSorted((a, b) => a.hidden - b.hidden)
  const sizes = hidden.map((entry) => entry.hidden)
  const lines = linesOf(hidden)
  const rates = lines.flatMap(({ points }) => points.map(([, rate]) => rate))
  const x = logarithmic(Math.min(...sizes), Math.max(...sizes), LEFT, WIDTH - RIGHT)
  const y = logarithmic(10 ** Math.floor(Math.log10(Math.min(...rates))), 10 ** Math.ceil(Math.log10(Math.max(...rates))), HEIGHT - BOTTOM, TOP)
  const body = [...grid(x, y, sizes, rates), ...lines.map((line) => path(line, x, y)), ...labels(lines, x, y)]
  const texts = [
    `<text x="${LEFT}" y="26" font-size="17" font-weight="bold">Characters learned a second by one online learner</text>`,
    `<text x="${LEFT}" y="45" fill="#555">batch 1, window 25, Adagrad; one core of ${machine.processor}</text>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 16}" text-anchor="middle">hidden units</text>`,
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${[...texts, ...body].join('\n')}
</svg>
`
}

function linesOf(hidden) {
  const names = new Set(hidden.flatMap(({ programs }) => programs.map(({ name }) => name)))
  return Array.from(names, (name) => ({
    name,
    points: hidden.flatMap((entry) => entry.programs.filter((program) => program.name === name).map(({ median }) => [entry.hidden, median])),
  }))
}

/** A scale from [low, high] to [from, to] */
function logarithmic(low, high, from, to) {
  return (value) => from + (Math.log(value / low) / Math.log(high / low || 1)) * (to - from)
}

function grid(x, y, sizes, rates) {
  const decades = []
  for (let rate = 10 ** Math.floor(Math.log10(Math.min(...rates))); rate <= 10 ** Math.ceil(Math.log10(Math.max(...rates))); rate *= 10)
    decades.push(rate)
  return [
    ...decades.flatMap((rate) => [
      `<path d="M${LEFT} ${y(rate)}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${y(rate) + 4}" text-anchor="end">${rate.toLocaleString('en')}</text>`,
    ]),
    ...sizes.map((size) => `<text x="${x(size)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${size}</text>`),
  ]
}

function path({ name, points }, x, y) {
  const at = points.map(([size, rate]) => [x(size).toFixed(1), y(rate).toFixed(1)])
  const width = name === 'rxrnn pipeline' ? 3.5 : 1.8
  const dots = at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="${width}"/>`).join('')
  return `<g stroke="${COLORS[name]}" fill="${COLORS[name]}"><path d="M${at.map((point) => point.join(' ')).join('L')}" fill="none" stroke-width="${width}"/>${dots}</g>`
}

/** A name at the end of each line; where lines end close together, names move apart */
function labels(lines, x, y) {
  const ends = lines.map(({ name, points }) => ({ name, at: x(points.at(-1)[0]), y: y(points.at(-1)[1]) })).sort((a, b) => a.y - b.y)
  let above = -Infinity
  return ends.map(({ name, at, y: end }) => {
    above = Math.max(end, above + LABEL_HEIGHT)
    return `<path d="M${at + 4} ${end}L${at + 14} ${above}" stroke="${COLORS[name]}" fill="none"/><text x="${at + 18}" y="${above + 4}" fill="${COLORS[name]}">${name}</text>`
  })
}
