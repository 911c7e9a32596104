// Mutation tests: changes the source in small ways, and names those changes that the tests of its room do not notice.
//
//   npm run mutate                      all rooms
//   npm run mutate -- lines text        some rooms, or files
//   npm run mutate -- --since main      the files that changed since a revision
//   npm run mutate -- src/text/mask.ts --tests mask    only with the test files whose path contains that, or one of several: a,b
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { BaseSequencer, startVitest } from 'vitest/node'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Folders of src, and '.' for the files beside them */
const ROOMS = ['kernels/reference', 'text', 'network', 'lines', 'operators', 'alerts', 'checkpoint', 'coder', 'keyed', '.']
/** What tests a room beside its own folder */
const MORE_TESTS = { network: 'operators' }
/** The texts of messages: tests hold what matters of them, and not each word */
const EXCLUDED = ['StringLiteral']

const { values, positionals } = parseArgs({ allowPositionals: true, options: { since: { type: 'string' }, tests: { type: 'string' } } })
const changed = values.since === undefined ? undefined : new Set(git('diff', '--name-only', values.since, '--', 'src'))
let rooms = 0
for (const room of ROOMS) {
  const all = readdirSync(join(root, 'src', room), { recursive: room !== '.', encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const isWanted = (file) => positionals.length === 0 || positionals.includes(room) || positionals.includes(file)
  const files = all.map((name) => join('src', room, name)).filter((file) => isWanted(file) && (changed?.has(file) ?? true))
  if (files.length === 0) continue
  rooms += 1
  const folder = room.split('/')[0]
  const scores = await mutate(
    files,
    [folder, MORE_TESTS[room]].flatMap((name) => name ?? []).map((name) => `test/${name}/*.test.ts`),
  )
  console.table(Object.fromEntries(scores.map(({ name, ...score }) => [name, score])))
}
if (rooms === 0) throw new Error(`no file to mutate: name rooms (${ROOMS.join(', ')}) or files of them${changed ? ', that changed' : ''}`)

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
  const { sources, mutants } = await instrumented(files)
  const tasks = await run(sources, tests, files)
  const all = (name) => new Set(tasks.flatMap(({ meta }) => meta[name] ?? []))
  const [reached, killed, onLoad] = [all('reached'), all('killed'), all('onLoad')]
  for (const { name, file, meta } of tasks) {
    if (meta.untried !== undefined) console.log(`${file.name}: "${name}" tries no mutants: ${meta.untried}`)
  }
  const tried = mutants.filter(({ status }) => status !== 'Ignored')
  const survivors = tried.filter(({ id }) => reached.has(id) && !killed.has(id))
  const unreached = tried.filter(({ id }) => !reached.has(id) && !onLoad.has(id))
  for (const mutant of survivors) describe(mutant, 'survived')
  for (const mutant of unreached) describe(mutant, 'reached by no test')
  const dead = tried.filter(({ id }) => killed.has(id))
  const equivalents = mutants.filter(isEquivalent)
  const scoreOf = (name, isOf) => {
    const [kills, lives, misses, equivalent] = [dead, survivors, unreached, equivalents].map((list) => list.filter(isOf).length)
    const score = Number(((100 * kills) / (kills + lives + misses)).toFixed(1))
    return { name, 'score in %': score, killed: kills, survived: lives, 'reached by none': misses, equivalent }
  }
  const ofEach = files.map((file) => scoreOf(file, ({ fileName }) => fileName === join(root, file)))
  return files.length === 1 ? ofEach : [...ofEach, scoreOf('all', () => true)]
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

/** Runs the tests in one thread, which loads the source once; those named like a mutated file come first. Returns all that was run. */
async function run(sources, tests, files) {
  const names = files.map((file) => basename(file, '.ts'))
  const isNamesake = ({ moduleId }) => names.some((name) => basename(moduleId).startsWith(name))
  class NamesakesFirst extends BaseSequencer {
    async sort(specifications) {
      return specifications.toSorted((a, b) => isNamesake(b) - isNamesake(a))
    }
  }
  const options = {
    root,
    config: false,
    watch: false,
    include: tests,
    exclude: ['**/*.slow.test.ts'],
    runner: join(root, 'scripts/mutate/runner.ts'),
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 20_000,
    sequence: { sequencer: NamesakesFirst },
    reporters: [{}],
  }
  const vitest = await startVitest('test', values.tests?.split(',') ?? [], options, {
    plugins: [{ name: 'mutants', enforce: 'pre', resolveId: sourceOf, load: (id) => sources.get(id) }],
  })
  const ran = vitest.state.getFiles()
  // those that nothing catches come from mutants, some of them late
  const errors = ran.flatMap(({ result }) => result?.errors ?? [])
  await vitest.close()
  if (errors.length > 0) throw new Error(`the tests fail without a mutant: ${errors[0].message}`)
  if (ran.length === 0) throw new Error(`there are no tests: ${tests}`)
  return ran.flatMap((file) => [file, ...testsIn(file)])
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
