import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGES, ROOT } from './pages.ts'

const out = mkdtempSync(join(tmpdir(), 'rxrnn-site-'))
const namesIn = (folder: string) =>
  readdirSync(join(out, folder), 'utf8')
    .map((name) => name.replace('.html', ''))
    .toSorted()

describe('npm run docs', () => {
  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', 'docs', '--', '--out', out], { cwd: ROOT, encoding: 'utf8' })
    if (status !== 0) throw new Error(stdout + stderr)
  }, 180_000)
  afterAll(() => rmSync(out, { recursive: true }))

  test('has a page of every entry of the package', () => {
    expect(namesIn('modules')).toEqual([
      'rxrnn',
      'rxrnn_kernels',
      'rxrnn_keyed',
      'rxrnn_nats',
      'rxrnn_node',
      'rxrnn_websocket',
      'rxrnn_websocket-server',
    ])
  })

  test('has every guide, under the name that its heading gives', () => {
    const guides = PAGES.filter(({ path }) => posix.dirname(path) === 'docs').map(
      ({ path }) => /^# (.*)/.exec(readFileSync(join(ROOT, path), 'utf8'))?.[1],
    )
    expect(guides.length).toBeGreaterThan(9)
    expect(namesIn('documents')).toEqual(expect.arrayContaining(guides.map((name) => name?.replaceAll(' ', '_'))))
  })

  test('describes what is exported', () => {
    expect(readFileSync(join(out, 'functions/rxrnn.learn.html'), 'utf8')).toContain('The whole learner: text in')
  })

  test('loads nothing from elsewhere', () => {
    const page = readFileSync(join(out, 'index.html'), 'utf8')
    const loaded = Array.from(
      page.matchAll(/<(?:script|img)[^>]* src="([^"]+)"|<link[^>]* rel="(?:stylesheet|icon)"[^>]* href="([^"]+)"/g),
      ([, source, sheet]) => source ?? sheet,
    )
    expect(loaded.length).toBeGreaterThan(3)
    expect(loaded.filter((address) => /^\w+:|^\/\//.test(address ?? ''))).toEqual([])
  })
})
