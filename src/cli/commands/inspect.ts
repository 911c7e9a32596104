import { Command } from 'commander'
import { loadContents } from '../../checkpoint/checkpoint.ts'
import { unseal } from '../../checkpoint/seal.ts'
import { checkpointFile, namingFile, readBytes } from '../state/checkpoint-file.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { SOURCES, savedSources } from '../state/source-state.ts'
import { visibleText } from '../../text/visible.ts'
import { skipFile } from '../failure.ts'
import { flagOf } from '../flags/options.ts'
import { Tally } from '../print/tally.ts'

const HELP = `
Everything is verified first: the seal (SHA-256), the sizes, and that the numbers make a model that can continue.

Examples:
  rxrnn inspect state
  rxrnn inspect --json state/*.safetensors | jq .digest`

export function inspectCommand(context: CommandContext): Command {
  return withHelp(new Command('inspect'), HELP)
    .summary('verify a checkpoint and say what it holds')
    .description('Verifies each checkpoint FILE and says what is in it. Of a folder it is the newest valid one.')
    .argument('<FILE...>', 'the checkpoints, or folders of them')
    .option('--json', 'print a JSON object a file')
    .action(async (files: string[], flags: { json?: true }) => {
      const print = (found: Inspected) => context.output.write(flags.json === true ? `${JSON.stringify(found)}\n` : report(found))
      for (const path of files)
        await checkpointFile(path, (text) => context.note(`rxrnn: ${text}`))
          .then((file) => namingFile(file, inspect(file)))
          .then(print)
          .catch((error: unknown) => skipFile(error, files, context))
    })
}

async function inspect(file: string) {
  const bytes = await readBytes(file)
  const contents = await unseal(bytes)
  const { model, stream, notes, archive } = loadContents(contents, bytes.length)
  const tally = new Tally()
  if (archive.has('tally.characters')) tally.transfer(archive)
  const sources = savedSources(notes.get(SOURCES))
  const found = {
    file,
    bytes: bytes.length,
    digest: model.digest(),
    offset: stream?.offset ?? 0,
    ...(tally.characters > 0 && {
      characters: tally.characters,
      lines: tally.lines,
      alerts: tally.alerts,
      bitsPerCharacter: tally.bits / tally.characters,
    }),
    updates: model.version,
    vocabulary: model.symbols,
    ...(sources.length > 0 && { sources }),
    options: model.options,
    tensors: Array.from(contents.tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape })),
  }
  model.dispose()
  return found
}

type Inspected = Awaited<ReturnType<typeof inspect>>

function report(found: Inspected): string {
  const rows = [
    ['file', visibleText(found.file)],
    ['bytes', `${found.bytes.toLocaleString('en')}, seal and sizes verified`],
    ['digest', found.digest],
    ['offset', `${found.offset.toLocaleString('en')} characters`],
    ...(found.bitsPerCharacter === undefined ? [] : [['bits per character', `${found.bitsPerCharacter.toFixed(4)} over ${found.lines} lines`]]),
    ['updates', found.updates.toLocaleString('en')],
    ['vocabulary', `${found.vocabulary} symbols`],
    [
      'options',
      Object.entries(found.options)
        .map(([name, value]) => `${flagOf(name)} ${value}`)
        .join(' '),
    ],
    ['tensors', found.tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`).join('\n'.padEnd(21))],
  ]
  return rows.map(([name, value]) => `${name!.padEnd(20)}${value}\n`).join('')
}
