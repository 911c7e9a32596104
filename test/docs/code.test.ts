import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flagsOf, program } from '../cli/program.ts'
import { runNode } from '../cli/run.ts'
import { BASH, testWithPeer } from '../peers.ts'
import { type Block, blocksOf, PAGES, ROOT } from './pages.ts'

const blocks = PAGES.flatMap((page) => blocksOf(page))
const of = (...languages: readonly string[]) => blocks.filter(({ language }) => languages.includes(language))
const scripts = of('ts')
const shell = of('sh')

describe('the code blocks in TypeScript', () => {
  // in the package, which they import by its name
  const folder = mkdtempSync(join(ROOT, 'dist/blocks-'))
  let complaints = ''

  beforeAll(() => {
    for (const { name, code } of scripts) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {}\n`)
    cpSync(new URL('globals.d.ts', import.meta.url), join(folder, 'globals.d.ts'))
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: CONSUMER }))
    complaints = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' }).stdout
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are there', () => expect(scripts.length).toBeGreaterThan(20))

  test('fit the built package', () => expect(complaints).toBe(''))

  test.concurrent.each(scripts.filter(({ runs }) => runs))('$name prints what is written below it', async ({ name, prints }) => {
    const { code, stdout, stderr } = await runNode(join(folder, `${name}.js`))
    expect(stderr).toBe('')
    expect(stdout).toBe(prints)
    expect(code).toBe(0)
  })
})

/** A strict project of somebody else, in which browser and Node are there */
const CONSUMER = {
  target: 'es2023',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmitOnError: false,
}

describe('the commands', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxrnn-docs-'))
  const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))

  beforeAll(async () => {
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/rxrnn'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'bin/npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
    const { stdout } = await runNode(join(ROOT, 'dist/examples/service-log.js'), ['--lines', '1000'])
    writeFileSync(join(folder, 'app.log'), stdout)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are there', () => {
    expect(shell.filter(({ runs }) => runs).length).toBeGreaterThan(3)
    expect(shell.flatMap(({ code }) => commandsIn(code)).length).toBeGreaterThan(20)
  })

  test.each(shell)('of $name have the options that they are given', ({ code }) => {
    expect(commandsIn(code).flatMap((words) => unknownOptions(words))).toEqual([])
  })

  for (const block of shell.filter(({ runs }) => runs))
    testWithPeer(...BASH, `of ${block.name} print what is written below them`, async () => {
      const { error, stdout } = await run(block, folder)
      expect(error).toBeNull()
      if (block.prints !== undefined) expect(stdout).toBe(block.prints)
    })

  test('that npm runs are in package.json', () => {
    const known: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const named = PAGES.flatMap(({ tokens }) =>
      tokens.flatMap(({ raw }) => Array.from(raw.matchAll(/npm run (\w[\w-]*(?::\w[\w-]*)*)/g), ([, name]) => name!)),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => known.scripts[name] === undefined)).toEqual([])
  })

  test('that Node runs are in the project', () => {
    const named = PAGES.flatMap(({ tokens }) =>
      tokens.flatMap(({ raw }) => Array.from(raw.matchAll(/node ((?:dist|bench|scripts)\/[\w/.-]+\.m?js)/g), ([, path]) => path!)),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  test('with a wrong option are found', () => {
    const code = 'tail -F app.log | npx rxrnn --only-alarms --checkpoint state # --nonsense\neval "$(rxrnn completion bash)"'
    expect(commandsIn(code)).toEqual([
      ['--only-alarms', '--checkpoint', 'state'],
      ['completion', 'bash'],
    ])
    expect(commandsIn(code).flatMap((words) => unknownOptions(words))).toEqual(['watch --only-alarms'])
    expect(unknownOptions(['evaluate', '--follow'])).toEqual(['evaluate --follow'])
  })
})

/** The words after each `rxrnn` that a shell would start */
function commandsIn(code: string): readonly (readonly string[])[] {
  return code
    .replaceAll(/\\\n/g, ' ')
    .replaceAll(/(^|\s)#.*$/gm, '')
    .split(/[\n|;&()]+|"?\$\(/)
    .map((command) => command.trim().replace(/^npx /, ''))
    .filter((command) => /^rxrnn(\s|$)/.test(command))
    .map((command) => command.split(/\s+/).slice(1))
}

/** Options that the command does not have */
function unknownOptions(words: readonly string[]): readonly string[] {
  const { commands } = program()
  const named = commands.find((command) => command.name() === words[0])
  const command = named ?? commands.find((candidate) => candidate.name() === 'watch')!
  const known = new Set([...flagsOf(program()), ...flagsOf(command)])
  return words.flatMap((word) => {
    const [flag = ''] = word.split('=')
    return flag.startsWith('-') && flag !== '-' && !known.has(flag) ? [`${command.name()} ${flag}`] : []
  })
}

interface Ended {
  readonly error: Error | null
  readonly stdout: string
}

function run({ code }: Block, folder: string): Promise<Ended> {
  const environment = { ...process.env, NO_COLOR: '1', PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` }
  return new Promise((resolve) => {
    execFile('bash', ['-euo', 'pipefail', '-c', code], { cwd: folder, env: environment }, (error, stdout) => resolve({ error, stdout }))
  })
}
