import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { NATS_SERVER, testWithPeer } from '../peers.ts'

/** Runs a script to its end; the JSON line that it prints */
async function run(name: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL(`../../torture/${name}`, import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let notes = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (notes += chunk.toString()))
  const [code]: unknown[] = await once(child, 'close')
  expect(code, output + notes).toBe(0)
  return { ...Object(JSON.parse(output)) }
}

/* The short versions; bench/serve.md has the figures of the full ones */
describe('rxrnn serve holds', () => {
  test('many connections at once, a fifth of which never read', { timeout: 120_000 }, async () => {
    const args = ['--connections', '100', '--silent', '20', '--characters', '500']
    expect(await run('load-serve.mjs', ...args, '--bound', '400')).toMatchObject({ unserved: 0, lost: 0 })
    expect(await run('load-serve.mjs', ...args, '--bound', '300', '--models', '5')).toMatchObject({ unserved: 0, lost: 0 })
  })

  test('malformed handshakes, frames and messages', { timeout: 120_000 }, async () => {
    expect(await run('fuzz-serve.mjs', '--cases', '1000')).toMatchObject({ alive: true, bystander: { closed: 0 } })
  })

  const ATTACKS = 'refused invalid silent returning slowHeaders slowReaders targets names strangers connections fragments comers samples'.split(' ')
  test.each(ATTACKS)('a hostile client: %s', { timeout: 120_000 }, async (attack) => {
    expect(await run('attack-serve.mjs', '--only', attack)).toMatchObject({ attack, held: true })
  })

  test('kill -9 while producers send', { timeout: 120_000 }, async () => {
    expect(await run('serve.mjs', '--kills', '4', '--producers', '2')).toMatchObject({ faults: [] })
  })
})

describe('rxrnn watch --checkpoint holds', () => {
  test('kill -9 at random moments while its file rotates, and loses and doubles nothing', { timeout: 180_000 }, async () => {
    expect(await run('checkpoint.mjs', '--kills', '6')).toMatchObject({ kills: 6, faults: [] })
  })
})

describe('rxrnn worker holds', () => {
  const args = ['--kills', '3', '--freezes', '1', '--restarts', '1', '--keys', '12', '--lease', '0.6']
  testWithPeer(...NATS_SERVER, 'kills, frozen owners and a restart of the server', async () => {
    expect(await run('nats.mjs', ...args)).toMatchObject({ kills: 3, digests: '12 of 12', faults: [] })
  })
})
