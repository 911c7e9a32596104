/**
 * Two WebSocket clients share a model: Ann writes, and what she wrote is what Ben is told to expect; Eve, on another model, is not.
 *
 *     node dist/examples/two-clients.js
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EMPTY, filter, firstValueFrom, from, lastValueFrom, mergeMap } from 'rxjs'
import { RemoteLearner } from 'rxrnn/websocket'
import { WebSocket } from 'ws'

const TEXT = 'the ferry leaves the harbour at nine\n'.repeat(200)
const BEGINNING = 'the ferry leaves the har'

const models = mkdtempSync(join(tmpdir(), 'rxrnn-example-'))
const rxrnn = createRequire(import.meta.url).resolve('rxrnn/cli')
const server = spawn(process.execPath, [rxrnn, 'serve', '--port', '0', '--models', models, '--checkpoint-every', '1'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
const address$ = from(createInterface(server.stderr)).pipe(mergeMap((line) => /wss?:\/\/[^\s"]+/.exec(line) ?? EMPTY))
const address = await firstValueFrom(address$)

await write('ann', 'shared', TEXT)
console.log(`Ann wrote ${TEXT.length} characters.`)
console.log(`Ben writes "${BEGINNING}" and is told to expect ${await expected('ben', 'shared')}.`)
console.log(`Eve writes the same to another model, which expects ${await expected('eve', 'other')}.`)
server.kill()
server.on('exit', () => rmSync(models, { recursive: true }))

function connect(name: string, model: string): RemoteLearner {
  return new RemoteLearner(`${address}/${model}?producer=${name}`, { WebSocket })
}

/** Resolves when the server has the text safe */
async function write(name: string, model: string, text: string): Promise<void> {
  const remote = connect(name, model)
  from([text]).subscribe(remote)
  await lastValueFrom(remote.events$, { defaultValue: undefined })
}

/** What comes after the beginning, once the server has read it */
async function expected(name: string, model: string): Promise<string> {
  const remote = connect(name, model)
  remote.next(BEGINNING)
  const prediction = await firstValueFrom(
    remote.events$.pipe(
      filter(isPrediction),
      filter(({ offset }) => offset === BEGINNING.length),
    ),
  )
  remote.close()
  const [character, probability] = prediction.next[0]!
  return `"${character}" at ${Math.round(100 * probability)}%`
}

function isPrediction(event: unknown): event is { readonly offset: number; readonly next: readonly (readonly [string, number])[] } {
  return typeof event === 'object' && event !== null && 'next' in event
}
