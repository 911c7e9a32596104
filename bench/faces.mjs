/** The faces of the product that give alerts: each reads a text and gives every line its score and whether it is an alert */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { of } from 'rxjs'
import { WebSocket } from 'ws'
import { createModel, events } from '../dist/src/index.js'
import { LineLearner } from '../dist/src/keyed/index.js'

const main = new URL('../dist/command/main.js', import.meta.url).pathname
const lineOf = ({ text, score, alert }) => ({ text, score, alert })

export const FACES = {
  /** With other options than the defaults, too */
  async events(text, { preset = 'default', ...options } = {}) {
    const model = createModel({ preset })
    const lines = []
    of(text)
      .pipe(events(model, { types: ['line'], ...options }))
      .subscribe((event) => lines.push(lineOf(event)))
    model.dispose()
    return lines
  },

  async watch(text) {
    const child = spawn(process.execPath, [main, '--json'], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(text)
    const lines = []
    for await (const line of createInterface({ input: child.stdout })) lines.push(lineOf(JSON.parse(line)))
    return lines
  },

  async keyed(text) {
    const learner = await LineLearner.open({ model: { preset: 'default' } })
    const lines = learner.learn(text).map(lineOf)
    learner.dispose()
    return lines
  },

  async serve(text) {
    const server = spawn(process.execPath, [main, 'serve', '--port', '0', '--preset', 'default'], { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      const address = await listening(server)
      return await served(`${address}?events=line`, text)
    } finally {
      server.kill()
    }
  },
}

async function listening(server) {
  for await (const line of createInterface({ input: server.stderr })) {
    const [url] = /ws:\/\/\S+\/v1\/learn/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error('the server did not start')
}

/** Sends the text in pieces, each when the lines of the one before it have come back */
function served(url, text) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const pieces = text.match(/(?:[^\n]*\n){1,200}|[^\n]+$/g) ?? []
    const lines = []
    let due = 0
    const next = () => {
      const piece = pieces.shift()
      if (piece === undefined) return socket.close()
      due += piece.split('\n').length - 1
      socket.send(piece)
    }
    socket.on('open', next)
    socket.on('error', reject)
    socket.on('close', () => resolve(lines))
    socket.on('message', (data) => {
      const event = JSON.parse(Buffer.from(data).toString())
      if (event.type !== 'line') return
      lines.push(lineOf(event))
      if (lines.length === due) next()
    })
  })
}
