// Writes man/rxrnn.1 from the options of the built command line, so that the manual cannot say anything else than --help does.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EMPTY, NEVER } from 'rxjs'
import { manPage } from '../dist/src/cli/flags/man.js'
import { createProgram } from '../dist/src/cli/program.js'
import { sink } from '../dist/streams/files/sink.js'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'man')
const unused = {
  input: { bytes: () => EMPTY, begins: async () => {}, terminal: false },
  output: sink(new PassThrough()),
  terminal: false,
  environment: {},
  note: () => {},
  stop$: NEVER,
  exitCode: 0,
}

await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'rxrnn.1'), manPage(createProgram(unused)))
