// Mutation tests: changes the source in small ways, and names those changes that the tests of its room do not notice.
//
//   npm run mutate                      all rooms
//   npm run mutate -- lines text        some rooms, or files
//   npm run mutate -- --since main      the files that changed since a revision
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { startVitest } from 'vitest/node'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ROOMS = ['kernels/reference', 'text', 'network', 'lines', 'operators', 'alerts', 'checkpoint', 'coder', 'keyed']
/** The texts of messages: tests hold what matters of them, and not each word */
const EXCLUDED = ['StringLiteral']

const { values, positionals } = parseArgs({ allowPositionals: true, options: { since: { type: 'string' } } })
const changed = values.since === undefined ? undefined : new Set(git('diff', '--name-only', values.since, '--', 'src'))
const scores = []
for (const room of ROOMS) {
  const all = readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const isWanted = (file) => positionals.length === 0 || positionals.includes(room) || positionals.includes(file)
  const files = all.map((name) => `src/${room}/${name}`).filter((file) => isWanted(file) && (changed?.has(file) ?? true))
  if (files.length > 0) scores.push({ room, ...(await mutate(files, `test/${room.split('/')[0]}/*.test.ts`)) })
}
if (scores.length === 0) throw new Error(`no file to mutate: name rooms (${ROOMS.join(', ')}) or files of them${changed ? ', that changed' : ''}`)
console.table(scores)

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
}

function isEquivalent({ status, mutatorName }) {
  return status === 'Ignored' && !EXCLUDED.includes(mutatorName)
}

function short(text) {
  return (text.length > 160 ? `${text.slice(0, 160)}...` : text).replaceAll(/\s+/g, ' ')
}

async function mutate(files, tests) {
  const started = performance.now()
  const { sources, mutants } = await instrumented(files)
  const tasks = await run(sources, tests)
  const of = (name) => new Set(tasks.flatMap(({ meta }) => meta[name] ?? []))
  const [reached, killed, onLoad] = [of('reached'), of('killed'), of('onLoad')]
  for (const { name, file, meta, result } of tasks) {
    if (result?.state === 'fail') throw new Error(`${file.name}: ${name} fails without a mutant: ${result.errors?.[0]?.message}`)
    if (meta.unrepeatable !== undefined) console.log(`${file.name}: "${name}" cannot be repeated, and tries no mutants: ${meta.unrepeatable}`)
  }
  const tried = mutants.filter(({ status }) => status !== 'Ignored')
  const survivors = tried.filter(({ id }) => reached.has(id) && !killed.has(id))
  const unreached = tried.filter(({ id }) => !reached.has(id) && !onLoad.has(id))
  for (const mutant of survivors) describe(mutant, 'survived')
  for (const mutant of unreached) describe(mutant, 'reached by no test')
  const all = killed.size + survivors.length + unreached.length
  return {
    mutants: all,
    killed: killed.size,
    survived: survivors.length,
    'reached by none': unreached.length,
    'on load, not tried': tried.length - all,
    equivalent: mutants.filter(isEquivalent).length,
    'score in %': Number(((100 * killed.size) / all).toFixed(1)),
    seconds: Math.round((performance.now() - started) / 1000),
  }
}

async function instrumented(files) {
  const silent = { debug() {}, info() {}, warn: console.warn, isDebugEnabled: () => false }
  const contents = files.map((file) => ({ name: join(root, file), content: readFileSync(join(root, file), 'utf8'), mutate: true }))
  const { files: sources, mutants } = await new Instrumenter(silent).instrument(contents, {
    plugins: null,
    excludedMutations: EXCLUDED,
    ignorers: [],
  })
  return { sources: new Map(sources.map(({ name, content }) => [name, content])), mutants }
}

/** Runs the tests in one thread, which loads the source once; returns all that was run */
async function run(sources, tests) {
  const options = {
    root,
    config: false,
    watch: false,
    include: [tests],
    exclude: ['**/*.slow.test.ts'],
    runner: join(root, 'scripts/mutate/runner.ts'),
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 20_000,
    reporters: [{}],
  }
  const vitest = await startVitest('test', [], options, {
    plugins: [{ name: 'mutants', enforce: 'pre', resolveId: sourceOf, load: (id) => sources.get(id) }],
  })
  const files = vitest.state.getFiles()
  const errors = [...vitest.state.getUnhandledErrors(), ...files.flatMap(({ result }) => result?.errors ?? [])]
  await vitest.close()
  if (errors.length > 0) throw new Error(`the tests fail without a mutant: ${errors[0].message}`)
  if (files.length === 0) throw new Error(`there are no tests: ${tests}`)
  return files.flatMap((file) => [file, ...testsIn(file)])
}

/** Where the package's own name leads, without a build */
function sourceOf(id) {
  const [, name] = /^rxrnn(?:\/(.*))?$/.exec(id) ?? [undefined, id]
  if (name === id) return undefined
  const places = [`src/${name ?? 'index'}.ts`, `src/${name}/index.ts`, `streams/websocket/${name}.ts`]
  return places.map((place) => join(root, place)).find((path) => existsSync(path))
}

function testsIn({ tasks }) {
  return tasks.flatMap((task) => (task.type === 'suite' ? testsIn(task) : [task]))
}

function describe({ fileName, location: { start, end }, mutatorName, replacement }, what) {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line, end.line + 1)
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column)
  const original = lines.join('\n').slice(start.column)
  console.log(
    `${fileName.slice(root.length + 1)}:${start.line + 1}:${start.column + 1} ${what} (${mutatorName}): ${short(original)} -> ${short(replacement)}`,
  )
}
