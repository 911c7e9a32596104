import { readFileSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { closeBrowser, visit } from '../dashboard/chromium.ts'
import { GOLDEN } from '../golden.mjs'
import { CHROMIUM, testWithPeer } from '../peers.ts'
import { BUNDLES } from './bundles.ts'
import { fetching, pathOf } from './nodes.ts'
import { Packed } from './packed.ts'

afterAll(closeBrowser)

/*
 * The package as it is published, in the hands of somebody who has installed it: every one learns the same, to the bit.
 */

const { devDependencies, peerDependencies, peerDependenciesMeta } = manifest
const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'es2022']
const OPTIONAL_PEERS = Object.entries(peerDependencies)
  .filter(([name]) => name in peerDependenciesMeta)
  .map(([name, range]) => `${name}@${range}`)
const SUBPATHS = ['rxrnn', 'rxrnn/node', 'rxrnn/kernels', 'rxrnn/keyed', 'rxrnn/websocket', 'rxrnn/websocket-server', 'rxrnn/nats']

let packed: Packed
beforeAll(async () => {
  packed = await Packed.with(`rxjs@${devDependencies.rxjs}`, `@angular/core@${devDependencies['@angular/core']}`)
})
afterAll(() => packed.remove())

/** The programs of the README in a language */
function programsIn(language: string): readonly string[] {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  return Array.from(readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms')), ([, code]) => code!)
}

/** What a program of the consumer says that it learned */
const outcomeOf = async (node: string, program: string): Promise<unknown> => JSON.parse(await packed.run(node, program))

describe('the tarball', () => {
  test('has nothing that publint objects to', async () => {
    expect(await packed.tool('publint', packed.tarball, '--strict')).toContain('All good!')
  })

  test('has types that are right wherever modules are resolved', async () => {
    const looks = ['--profile', 'esm-only', '--no-color', '--no-emoji', '--format', 'ascii']
    // that one is a program, which nobody imports
    const said = await packed.tool('attw', packed.tarball, ...looks, '--exclude-entrypoints', 'cli')
    for (const subpath of SUBPATHS) expect(said).toContain(`"${subpath}"\n\nnode16 (from ESM): OK (ESM)\nbundler: OK`)
  })
})

describe('who has installed it with rxjs alone', () => {
  test.each([
    ['rxrnn/websocket-server', 'ws'],
    ['rxrnn/nats', '@nats-io/'],
  ])('is told by %s what it needs: %s', async (subpath, peer) => {
    const script = `import('${subpath}').catch(({ code, message }) => console.log(code, message))`
    expect(await packed.run(process.execPath, '-e', script)).toMatch(`ERR_MODULE_NOT_FOUND Cannot find package '${peer}`)
  })

  test('has a command', async () => {
    await writeFile(join(packed.folder, 'text.txt'), 'to be or not to be')
    const said: unknown = JSON.parse(await packed.run('node_modules/.bin/rxrnn', 'evaluate', '--json', 'text.txt'))
    expect(said).toMatchObject({ file: 'text.txt', characters: 18 })
  })

  test("has the README's app in Node", async () => {
    await writeFile(join(packed.folder, 'app.mjs'), programsIn('js')[0]!)
    const said = await packed.run('sh', '-c', '(yes "backup done" | head -200; echo "backup failed") | node app.mjs')
    expect(said).toMatch(/^▶ \d+ backup failed\n {2}the severe word "failed": first of its kind in 200 lines\n$/)
  })

  test('has the apps that people write, in strict TypeScript', async () => {
    await packed.tool(
      'tsc',
      ...STRICT.filter((flag) => flag !== '--noEmit'),
      '--lib',
      'es2023,dom,esnext.disposable',
      '--module',
      'nodenext',
      'apps.mts',
    )
    expect(await outcomeOf(process.execPath, 'apps.mjs')).toEqual({ apps: 24, failed: [] })
  })

  test.each(programsIn('ts').map((code, i) => [i, code] as const))("has the README's program %i in the strictest TypeScript", async (i, code) => {
    await writeFile(join(packed.folder, `readme${i}.ts`), code)
    await packed.tool('tsc', ...STRICT, '--noUncheckedIndexedAccess', 'true', '--module', 'esnext', '--moduleResolution', 'bundler', `readme${i}.ts`)
  })

  test.each([
    ['modules of Node', 'nodenext', 'nodenext', 'strict.ts'],
    ['modules that a bundler takes', 'esnext', 'bundler', 'strict.ts'],
    ['modules that require', 'nodenext', 'nodenext', 'strict.cts'],
  ])('writes strict TypeScript in %s', async (_, module, moduleResolution, file) => {
    if (file === 'strict.cts') await copyFile(join(packed.folder, 'strict.ts'), join(packed.folder, file))
    await packed.tool('tsc', ...STRICT, '--module', module, '--moduleResolution', moduleResolution, file)
  })

  test('may have what @angular/core injects', async () => {
    expect(await outcomeOf(process.execPath, 'angular.mjs')).toEqual(GOLDEN)
  })
})

describe('who has installed it with what its subpaths need', () => {
  beforeAll(async () => {
    await packed.install(...OPTIONAL_PEERS)
  })

  test('can require each of them, so none waits at its top level', async () => {
    const script = `for (const path of ${JSON.stringify(SUBPATHS)}) console.log(Object.keys(require(path)).length)`
    const counts = (await packed.run(process.execPath, '-e', script)).trim().split('\n')
    expect(counts).toHaveLength(SUBPATHS.length)
    expect(counts).not.toContain('0')
  })

  test('has types of all of them that compile without skipLibCheck', async () => {
    await packed.install(`@types/node@${devDependencies['@types/node']}`, `@types/ws@${devDependencies['@types/ws']}`)
    // those of NATS do not compile with exactOptionalPropertyTypes
    const flags = ['--exactOptionalPropertyTypes', 'false', '--lib', 'es2023,dom,esnext.disposable', '--module', 'nodenext', '--types', 'node']
    await packed.tool('tsc', ...STRICT, ...flags, 'subpaths.ts')
  })
})

describe.each(['20.19', '22', '24'])('Node %s', (version) => {
  testWithPeer(`Node ${version} of npm`, fetching(version), 'learns the same when it imports', async () => {
    expect(await packed.run(pathOf(version), '--version')).toContain(`v${version}.`)
    expect(await outcomeOf(pathOf(version), 'import.mjs')).toEqual(GOLDEN)
  })

  testWithPeer(`Node ${version} of npm`, fetching(version), 'learns the same when it requires', async () => {
    expect(await outcomeOf(pathOf(version), 'require.cjs')).toEqual(GOLDEN)
  })
})

describe.each(Object.entries(BUNDLES))('a page of %s', { timeout: 180_000 }, (_, serve) => {
  testWithPeer(...CHROMIUM, 'learns the same in Chromium, also in a worker', async () => {
    const { url, close } = await serve(packed.folder)
    try {
      const page = await visit(url)
      expect(JSON.parse(await page.locator('#status').innerText())).toEqual({ page: GOLDEN, worker: GOLDEN })
    } finally {
      await close()
    }
  })
})

describe('who has the oldest TypeScript that works', () => {
  test('writes the apps in it', async () => {
    await packed.install('typescript@5.7')
    await packed.run('node_modules/.bin/tsc', ...STRICT, '--lib', 'es2022,dom,esnext.disposable', '--module', 'nodenext', 'apps.mts')
  })
})

// the last, because they stay so; forced, because Angular wants others
describe('who has rxjs 8 before it is out', () => {
  test('has the apps', async () => {
    const next = /8\.[\w.-]+/.exec(peerDependencies.rxjs)![0]
    await packed.install('--force', `rxjs@${next}`)
    expect(await packed.run(process.execPath, '-p', `require('rxjs/package.json').version`)).toBe(`${next}\n`)
    expect(await outcomeOf(process.execPath, 'apps.mjs')).toEqual({ apps: 24, failed: [] })
  })
})

describe('who has the oldest rxjs that may be had', () => {
  test('learns the same', async () => {
    const oldest = /\d[\d.]+/.exec(peerDependencies.rxjs)![0]
    await packed.install('--force', `rxjs@${oldest}`)
    expect(await packed.run(process.execPath, '-p', `require('rxjs/package.json').version`)).toBe(`${oldest}\n`)
    expect(await outcomeOf(process.execPath, 'import.mjs')).toEqual(GOLDEN)
  })
})
