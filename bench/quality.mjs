/**
 * How well the presets predict: bits per character of each file in one pass, against general compressors, and what more memory buys.
 *
 *     npm run build && node bench/quality.mjs FILE... [--presets default,large,small] [--curve] [--search]
 *
 * Compressors that are not installed are named as missing. --curve also prints bits against the size of the table, for the first file; --search prints
 * what becomes of the default preset when one option changes, for every file. The results are in quality.md.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    presets: { type: 'string', default: 'default,large,small' },
    curve: { type: 'boolean', default: false },
    search: { type: 'boolean', default: false },
  },
})
if (files.length === 0) throw new Error('give the paths of some texts')

const rxrnn = fileURLToPath(new URL('../dist/command/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-quality-'))

/** One change each of the default preset */
const SEARCH = [
  '',
  '--deviation 0.01',
  '--deviation 0.0625',
  '--deviation 0.25',
  '--every 15',
  '--every 50',
  '--every 10 --through 25',
  '--hidden 32',
  '--hidden 128',
  '--learning-rate 0.001',
  '--learning-rate 0.004',
  '--decay 0',
  '--rate-floor 0',
  '--beta1 0.9',
  '--beta2 0.999',
  '--clip-norm 5',
  '--optimizer adagrad',
  '--optimizer rmsprop',
  '--optimizer sgd',
  '--optimizer leaky-adagrad',
  '--ngram 0',
  '--ngram 4',
  '--ngram 8',
  '--ngram-learning-rate 0.4',
  '--ngram-learning-rate 1.6',
  '--cell gru',
  '--cell gru --hidden 128',
  '--cell lstm',
  '--layers 2',
]

/** Bytes that each makes of a file */
const COMPRESSORS = {
  'gzip -9': (file) => sizeOf('gzip', ['-9', '-c', file]),
  'bzip2 -9': (file) => sizeOf('bzip2', ['-9', '-c', file]),
  'xz -9e': (file) => sizeOf('xz', ['-9e', '-c', file]),
  'zstd -19': (file) => sizeOf('zstd', ['-19', '-q', '-c', file]),
  // order 6 suits short files better than the order 32 of -mx=9
  '7-Zip PPMd': (file) => smaller(ppmd(file, '-m0=PPMd', '-mx=9'), ppmd(file, '-m0=PPMd:o=6:mem=256m')),
}

function ppmd(file, ...method) {
  const archive = join(folder, 'ppmd.7z')
  rmSync(archive, { force: true })
  return spawnSync('7z', ['a', ...method, archive, file]).status === 0 ? statSync(archive).size : undefined
}

function smaller(a, b) {
  return a === undefined || b === undefined ? undefined : Math.min(a, b)
}

function sizeOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { maxBuffer: 2 ** 30 })
  return status === 0 ? stdout.length : undefined
}

function evaluate(file, args) {
  return JSON.parse(execFileSync(process.execPath, [rxrnn, 'evaluate', file, '--json', '--quiet', ...args], { encoding: 'utf8' }))
}

const presets = options.presets.split(',')
console.log(`| file | characters | ${Object.keys(COMPRESSORS).join(' | ')} | ${presets.join(' | ')} | chars/s (${presets[0]}) |`)
console.log(`|${' --- |'.repeat(4 + Object.keys(COMPRESSORS).length + presets.length - 1)}`)
for (const file of files) {
  const results = presets.map((preset) => evaluate(file, ['--preset', preset]))
  const [{ characters, charactersPerSecond }] = results
  const theirs = Object.values(COMPRESSORS).map((compress) => compress(file))
  const bits = [...theirs.map((bytes) => bytes && (8 * bytes) / characters), ...results.map(({ bitsPerCharacter }) => bitsPerCharacter)]
  const cells = bits.map((value) => (value === undefined ? 'missing' : value.toFixed(3)))
  console.log(
    `| ${basename(file)} | ${characters.toLocaleString('en')} | ${cells.join(' | ')} | ${Math.round(charactersPerSecond).toLocaleString('en')} |`,
  )
}

if (options.curve) {
  const [file] = files
  console.log(`\n| lines in the table | their memory, MB | bits per character of ${basename(file)} |\n| --- | --- | --- |`)
  console.log(`| none | 0 | ${evaluate(file, ['--ngram', '0']).bitsPerCharacter.toFixed(4)} |`)
  for (let bits = 10; bits <= 22; bits++) {
    const { bitsPerCharacter } = evaluate(file, ['--table-bits', String(bits)])
    console.log(`| 2^${bits} | ${(2 ** (bits + 5) / 2 ** 20).toFixed(3)} | ${bitsPerCharacter.toFixed(4)} |`)
  }
}

if (options.search) {
  console.log(`\n| changed | ${files.map((file) => `${basename(file)}, kB`).join(' | ')} | chars/s |\n|${' --- |'.repeat(files.length + 2)}`)
  for (const change of SEARCH) {
    const results = files.map((file) => evaluate(file, change.split(' ').filter(Boolean)))
    const sizes = results.map(({ bitsPerCharacter, characters }) => ((bitsPerCharacter * characters) / 8000).toFixed(2))
    console.log(`| ${change || 'nothing'} | ${sizes.join(' | ')} | ${Math.round(results[0].charactersPerSecond).toLocaleString('en')} |`)
  }
}
rmSync(folder, { recursive: true })
