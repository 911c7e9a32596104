import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { PYTHON_WEBSOCKETS, testWithPeer } from '../peers.ts'
import { digestAfter, digestOf, serve, temporary } from './server.ts'

const client = fileURLToPath(new URL('../fixtures/rxrnn-client.py', import.meta.url))

describe('a client in another language', () => {
  testWithPeer(...PYTHON_WEBSOCKETS, 'runs the whole protocol, and resumes after a lost connection', async () => {
    const models = temporary()
    const { server, at } = await serve('--models', models, '--checkpoint-every', '0.1')
    const python = spawn('/usr/bin/python3', [client, at('/').slice(0, -1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONIOENCODING: 'utf8' },
    })
    let output = ''
    python.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(python, 'close')
    const text = 'the größer 😀 line\n'.repeat(40)
    const length = Array.from(text).length
    const steps: unknown[] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(steps).toEqual([
      { step: 'hello', protocol: 'rxrnn.v1', offset: 0, durable: true },
      { step: 'line', text: 'the größer 😀 line', offset: 18 },
      { step: 'prediction', count: 5 },
      { step: 'ack', offset: 100 },
      { step: 'error', code: 'sampling-off' },
      { step: 'resume', kept: true },
      { step: 'ack', offset: length },
      { step: 'watched', stream: 'python' },
      { step: 'error', code: 'gap' },
      { step: 'closed', code: 1008, reason: 'gap' },
      { step: 'sample', durable: false, length: 12 },
    ])
    server.kill('SIGTERM')
    await once(server, 'exit')
    expect(digestOf(join(models, 'app'))).toBe(await digestAfter(text))
  })
})
