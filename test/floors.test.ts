import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/*
 * Who may import whom: docs/architecture.md has the floors. A room imports from itself and from the floors below its own.
 */

/** The first pattern that fits gives the room of a file, and its floor */
const ROOMS: readonly (readonly [pattern: RegExp, room: string, floor: number])[] = [
  [/^src\/kernels\//, 'kernels', 0],
  [/^src\/(archive|async|sha256)\.ts$/, 'basis', 1],
  [/^src\/text\//, 'text', 2],
  [/^src\/network\//, 'network', 3],
  [/^src\/lines\//, 'lines', 3],
  [/^src\/operators\//, 'operators', 4],
  [/^src\/(complete|learn|learn-each|learner|sample)\.ts$/, 'learner', 5],
  [/^src\/alerts\//, 'alerts', 6],
  [/^src\/checkpoint\//, 'checkpoint', 6],
  [/^src\/coder\//, 'coder', 6],
  [/^src\/keyed\//, 'keyed', 7],
  [/^src\/inspect\//, 'inspect', 7],
  [/^src\/index\.ts$/, 'rxrnn', 8],
  [/^streams\//, 'streams', 8],
  [/^src\/storage\//, 'storage', 9],
  [/^src\/pool\//, 'pool', 10],
  [/^src\/nats\//, 'nats', 10],
  [/^src\/server\//, 'server', 11],
  [/^src\/node\.ts$/, 'rxrnn/node', 12],
  [/^src\/cli\//, 'cli', 12],
  [/^src\/dashboard\//, 'dashboard', 12],
]

const NOT_IN_BROWSERS: ReadonlySet<string> = new Set(['streams', 'storage', 'pool', 'nats', 'server', 'rxrnn/node', 'cli'])
// what a browser has not got
const OUTSIDE = /^(ws|nats|@nats-io\/.*)$/
// an example is a program of somebody else: it has what they install, and no way into our rooms
const EXAMPLES_MAY = /^(rxrnn|rxjs|ws|mqtt|aedes)(\/|$)/

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g

function importsOf(source: string): readonly string[] {
  return Array.from(source.matchAll(IMPORT), ([, specifier]) => specifier!)
}

/** What is wrong with an import, if anything */
function wrongArrow(file: string, specifier: string): string | undefined {
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined
  const wrong = file.startsWith('examples/') ? wrongInExample(specifier, target) : wrongInRoom(file, specifier, target)
  return wrong === undefined ? undefined : `${file} imports ${specifier}: ${wrong}`
}

function wrongInExample(specifier: string, target: string | undefined): string | undefined {
  if (target !== undefined) return target.startsWith('examples/') ? undefined : 'an example has no way into the rooms'
  return isBuiltin(specifier) || EXAMPLES_MAY.test(specifier) ? undefined : 'an example imports the public package'
}

function wrongInRoom(file: string, specifier: string, target: string | undefined): string | undefined {
  const [, room, floor] = roomOf(file)
  if (target === undefined) {
    if (specifier.startsWith('rxrnn')) return 'the house does not import itself by its public name'
    const outside = isBuiltin(specifier) || OUTSIDE.test(specifier)
    return outside && !NOT_IN_BROWSERS.has(room) ? 'this runs in a browser' : undefined
  }
  const [, targetRoom, targetFloor] = roomOf(target)
  if (room === targetRoom) return undefined
  if (room === 'streams' && targetRoom !== 'text' && targetRoom !== 'basis') return 'streams never import the learner'
  return targetFloor < floor ? undefined : `${room} (floor ${floor}) is not above ${targetRoom} (floor ${targetFloor})`
}

function roomOf(file: string): (typeof ROOMS)[number] {
  const room = ROOMS.find(([pattern]) => pattern.test(file))
  if (room === undefined) throw new Error(`${file} is in no room: give its folder a floor in docs/architecture.md and here`)
  return room
}

/** Each circle once, from the file where the walk met it first */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return circles
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
}

const files = ['src', 'streams', 'examples'].map((folder) => [folder, filesIn(folder)] as const)
const sourceOf = (file: string) => readFileSync(join(root, file), 'utf8')

describe('the floors', () => {
  test.each(files)('%s has files, and they import something', (_, paths) => {
    expect(paths.length).toBeGreaterThan(0)
    expect(paths.flatMap((file) => importsOf(sourceOf(file))).length).toBeGreaterThan(0)
  })

  test.each(files)('every import in %s goes to a floor below', (_, paths) => {
    const wrong = paths.flatMap((file) => importsOf(sourceOf(file)).map((specifier) => wrongArrow(file, specifier)))
    expect(wrong.filter((message) => message !== undefined)).toEqual([])
  })

  test('no file reaches itself through what it imports', () => {
    const house = files.filter(([folder]) => folder !== 'examples').flatMap(([, paths]) => paths)
    const graph = new Map(
      house.map((file) => [
        file,
        importsOf(sourceOf(file))
          .filter((s) => s.startsWith('.'))
          .map((s) => posix.join(posix.dirname(file), s)),
      ]),
    )
    expect(circlesIn(graph)).toEqual([])
    expect(
      circlesIn(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b -> c -> b'])
  })

  test('every file is in a room', () => {
    for (const [folder, paths] of files) if (folder !== 'examples') for (const file of paths) expect(() => roomOf(file)).not.toThrow()
  })

  test('are those of docs/architecture.md', () => {
    const rows = Array.from(sourceOf('docs/architecture.md').matchAll(/^\| (\d+) +\| (.*?) +\|/gm))
    const named = rows.flatMap(([, floor, rooms]) =>
      Array.from(rooms!.matchAll(/`([^`]+)`/g), ([, path]) => ({ floor: Number(floor), room: roomOf(path!.replace(/\/$/, '/any.ts')) })),
    )
    expect(named.filter(({ floor, room: [, , enforced] }) => floor !== enforced)).toEqual([])
    expect(new Set(named.map(({ room: [, name] }) => name))).toEqual(new Set(ROOMS.map(([, name]) => name)))
  })

  test('the browser can load the client: nothing that streams/websocket/websocket.ts reaches is of Node', () => {
    const reached = new Set(['streams/websocket/websocket.ts'])
    const outside: string[] = []
    for (const file of reached) {
      for (const specifier of importsOf(sourceOf(file))) {
        if (specifier.startsWith('.')) reached.add(posix.join(posix.dirname(file), specifier))
        else if (isBuiltin(specifier) || OUTSIDE.test(specifier)) outside.push(`${file} imports ${specifier}`)
      }
    }
    expect(outside).toEqual([])
  })
})

describe('the walk through the imports', () => {
  test.each([
    ['src/network/options.ts', '../kernels/backend.ts'],
    ['src/kernels/simd/index.ts', '../backend.ts'],
    ['src/checkpoint/save.ts', '../learner.ts'],
    ['src/index.ts', './alerts/events.ts'],
    ['src/index.ts', 'rxjs'],
    ['src/cli/main.ts', '../../streams/files/sink.ts'],
    ['src/cli/main.ts', '../server/service.ts'],
    ['src/cli/main.ts', 'node:fs'],
    ['streams/files/file.ts', 'node:fs'],
    ['streams/files/file.ts', '../reason.ts'],
    ['streams/files/sink.ts', '../../src/async.ts'],
    ['src/pool/pool.ts', '../../streams/store/key-folder.ts'],
    ['src/pool/pool.ts', '../keyed/operator.ts'],
    ['src/pool/pool.ts', 'node:worker_threads'],
    ['examples/demo.ts', './service-log.js'],
    ['examples/demo.ts', 'rxrnn/node'],
    ['examples/mqtt.ts', 'mqtt'],
    ['examples/demo.ts', 'fs'],
  ])('lets %s import %s', (file, specifier) => {
    expect(wrongArrow(file, specifier)).toBeUndefined()
  })

  test.each([
    ['src/kernels/reference/rnn.ts', '../../network/options.ts', 'kernels (floor 0) is not above network (floor 3)'],
    ['src/text/encoder.ts', '../network/segment.ts', 'text (floor 2) is not above network (floor 3)'],
    ['src/lines/gatherer.ts', '../network/segment.ts', 'lines (floor 3) is not above network (floor 3)'],
    ['src/operators/forward.ts', '../learn.ts', 'operators (floor 4) is not above learner (floor 5)'],
    ['src/learn.ts', './checkpoint/save.ts', 'learner (floor 5) is not above checkpoint (floor 6)'],
    ['src/checkpoint/save.ts', '../../streams/files/file.ts', 'checkpoint (floor 6) is not above streams (floor 8)'],
    ['src/server/service.ts', '../cli/main.ts', 'server (floor 11) is not above cli (floor 12)'],
    ['src/cli/commands/serve.ts', '../../dashboard/page.ts', 'cli (floor 12) is not above dashboard (floor 12)'],
    ['src/index.ts', './pool/pool.ts', 'rxrnn (floor 8) is not above pool (floor 10)'],
    ['streams/files/stdin.ts', '../../src/learn.ts', 'streams never import the learner'],
    ['streams/files/stdin.ts', 'rxrnn', 'public name'],
    ['src/network/random.ts', 'node:crypto', 'runs in a browser'],
    ['src/network/random.ts', 'crypto', 'runs in a browser'],
    ['src/learn.ts', 'ws', 'runs in a browser'],
    ['src/learn.ts', '@nats-io/jetstream', 'runs in a browser'],
    ['src/dashboard/page.ts', 'node:fs', 'runs in a browser'],
    ['examples/demo.ts', '../src/index.ts', 'no way into the rooms'],
    ['examples/demo.ts', 'commander', 'the public package'],
  ])('stops %s from importing %s', (file, specifier, reason) => {
    expect(wrongArrow(file, specifier)).toContain(`${file} imports ${specifier}: `)
    expect(wrongArrow(file, specifier)).toContain(reason)
  })

  test('sees every way to import', () => {
    const source = `
      import a from 'one'
      import type { B } from "two"
      import 'three'
      export { c } from 'four'
      export * from 'five'
      const d = await import('six')
      import {
        e,
      } from 'seven'`
    expect(importsOf(source)).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
  })

  test('does not know a room without a floor', () => {
    expect(() => wrongArrow('src/attic/box.ts', './old.ts')).toThrow('src/attic/box.ts is in no room')
  })
})
