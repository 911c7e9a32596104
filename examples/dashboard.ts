/**
 * The demonstration behind `npm start`: a server with its dashboard, and the log of a shop that is sent to it as it comes. Runs until stopped.
 *
 * --port N        the port to listen on (8787, or a free one where that is taken)
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const PORT = 8787

const { port = await freePort() } = parseArgs({ options: { port: { type: 'string' } } }).values
const rxrnn = createRequire(import.meta.url).resolve('rxrnn/cli')
const serviceLog = fileURLToPath(import.meta.resolve('./service-log.js'))
const models = mkdtempSync(join(tmpdir(), 'rxrnn-demo-'))
const children: ChildProcess[] = []

const server = spawn(process.execPath, [rxrnn, 'serve', '--port', port, '--models', models, '--preset', 'default'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
children.push(server)
createInterface(server.stderr).on('line', (line) => {
  const url = /wss?:\/\/[^\s"]+/.exec(line)?.[0]
  if (url !== undefined) feed(url)
  // anything but an entry of its log is why it could not start
  else if (!line.startsWith('{')) console.error(line)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
server.on('exit', (code) => {
  stop()
  rmSync(models, { recursive: true, force: true })
  process.exitCode = code === 130 || code === 143 ? 0 : (code ?? 1)
})

/** Sends the log to a model that the page watches */
function feed(url: string): void {
  const source = spawn(process.execPath, [serviceLog, '--rate', '25'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const sender = spawn(process.execPath, [rxrnn, 'send', `${url}/demo`], { stdio: [source.stdout, 'ignore', 'inherit'] })
  source.stdout.destroy()
  children.push(source, sender)
  const page = new URL('/?watch=demo', url)
  console.error(`
  A network reads a shop's log, character by character: nothing was trained before.

  Open      ${page.origin.replace(/^ws/, 'http')}/             a network in your browser: type, hold it, look inside
  Or watch  ${page.href.replace(/^ws/, 'http')}  one on the server, which reads a live log

  Ctrl-C ends it. The same in the terminal:  npm run demo
`)
}

/** 8787; 0, for any port that is free, where that one is taken */
async function freePort(): Promise<string> {
  const probe = createServer().listen(PORT, '127.0.0.1')
  try {
    await once(probe, 'listening')
    await once(probe.close(), 'close')
    return String(PORT)
  } catch {
    console.error(`Port ${PORT} is taken; using a free one. --port chooses another.`)
    return '0'
  }
}

function stop(): void {
  for (const child of children) child.kill()
}
