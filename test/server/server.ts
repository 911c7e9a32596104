import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digest } from 'rxrnn'
import { LineLearner } from 'rxrnn/keyed'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { startRxrnn } from '../cli/run.ts'

/** A model that is small enough for a test */
export const MODEL = ['--hidden', '8', '--ngram', '2', '--table-bits', '6'] as const
export const OPTIONS = { preset: 'small', hidden: 8, ngram: 2, tableBits: 6 } as const

export interface Served {
  readonly server: ChildProcess
  /** Where private learners are */
  readonly url: string
  readonly at: (path: string) => string
  readonly log: () => string
}

/** Starts `rxrnn serve` on a free port; ended after the test */
export function serve(...args: readonly string[]): Promise<Served> {
  return serveOn([], ...args)
}

/** The same by way of another program */
export async function serveOn(by: readonly string[], ...args: readonly string[]): Promise<Served> {
  const server = startRxrnn(['serve', '--port', '0', ...MODEL, ...args], by)
  onTestFinished(() => void server.kill('SIGKILL'))
  let log = ''
  server.stderr!.on('data', (chunk: Buffer) => (log += chunk.toString()))
  while (!/wss?:\/\/[^\s"]+/.test(log)) {
    if (server.exitCode !== null) throw new Error(log)
    await Promise.race([once(server.stderr!, 'data'), once(server, 'exit')])
  }
  const url = /wss?:\/\/[^\s"]+/.exec(log)![0]
  return { server, url, at: (path) => new URL(path, url).href, log: () => log }
}

export type Event = Record<string, unknown>

export interface Client {
  readonly socket: WebSocket
  readonly events: readonly Event[]
  /** The first event like that, when it has come */
  readonly event: (wanted: (event: Event) => boolean) => Promise<Event>
  /** The first of a type, with such an offset if one is given */
  readonly of: (type: string, offset?: number) => Promise<Event>
  readonly text: (offset: number, text: string) => void
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export const V1 = 'rxrnn.v1'

export async function connect(url: string, protocols: readonly string[] = [], options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options })
  const events: Event[] = []
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString())))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await once(socket, 'open')
  const event = async (wanted: (event: Event) => boolean): Promise<Event> => {
    for (let seen = 0; ; ) {
      while (seen < events.length) {
        const found = events[seen++]!
        if (wanted(found)) return found
      }
      if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed before that came: ${JSON.stringify(events.slice(-5))}`)
      await Promise.race([once(socket, 'message'), closed])
    }
  }
  return {
    socket,
    events,
    event,
    of: (type, offset) => event((found) => found['type'] === type && (offset === undefined || found['offset'] === offset)),
    text: (offset, text) => socket.send(JSON.stringify({ type: 'text', offset, text })),
    closed,
  }
}

/** The HTTP status that a handshake is refused with */
export async function refusal(url: string, options: ClientOptions & { readonly protocols?: readonly string[] } = {}): Promise<number> {
  const socket = new WebSocket(url, [...(options.protocols ?? [])], options)
  const [error]: unknown[] = await once(socket, 'error')
  return Number(/\d{3}/.exec(String(error))?.[0])
}

export function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'rxrnn-serve-'))
}

const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))

/** The digest of the newest checkpoint in a folder */
export function digestOf(folder: string): string {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .at(-1)
  if (newest === undefined) throw new Error(`no checkpoint in ${folder}`)
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'inspect', '--json', join(folder, newest)], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { digest }: Record<string, unknown> = JSON.parse(stdout)
  return String(digest)
}

/** For what comes without an event of its own */
export const SOON = { timeout: 30_000, interval: 20 } as const

/** The digest of a model that was taught a text, and nothing else, with the grading that a server does */
export async function digestAfter(text: string): Promise<string> {
  const learner = await LineLearner.open({ model: OPTIONS })
  learner.learn(text)
  return digest(learner.model)
}

export const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
