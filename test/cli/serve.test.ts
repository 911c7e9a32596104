import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { startRxrnn } from './run.ts'

test('rxrnn serve prints the address of its page, which is there', async () => {
  const child = startRxrnn(['serve', '--port', '0', '--workers', '1'])
  let page: unknown
  for await (const line of createInterface({ input: child.stderr! })) {
    const entry: Record<string, unknown> = JSON.parse(line)
    page = entry['page']
    if (String(entry['msg']).startsWith('listening on ws://')) break
  }
  expect(page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  const response = await fetch(String(page), { headers: { connection: 'close' } })
  expect(await response.text()).toContain('<!doctype html>')
  child.kill('SIGTERM')
  await once(child, 'exit')
})
