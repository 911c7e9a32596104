import { Command } from 'commander'
import { tap } from 'rxjs'
import { learn } from '../../learn.ts'
import { visibleText } from '../../text/visible.ts'
import { createModel } from '../../network/create.ts'
import { digest } from '../../network/digest.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { skipFile } from '../failure.ts'
import { textInput } from '../input.ts'
import { modelFlags, withModelOptions } from '../flags/options.ts'
import { ProgressTable } from '../print/progress.ts'
import { GzipSize } from '../evaluate/gzip.ts'
import { finished } from '../run.ts'

const HELP = `
Every character is scored before it is learned from, so the figure is what the model would have needed to encode the file.
To compare with: the bits per character that gzip -9 needs for the same text.

Examples:
  rxrnn evaluate book.txt
  rxrnn evaluate app.log --hidden 200 --json | jq .bitsPerCharacter
  zcat old.log.gz | rxrnn evaluate -`

interface Result {
  readonly file: string
  readonly characters: number
  readonly bytes: number
  readonly bitsPerCharacter: number
  readonly bitsPerByte: number
  readonly gzipBitsPerCharacter: number
  readonly seconds: number
  readonly charactersPerSecond: number
  readonly updates: number
  /** Windows that the guard dropped and its returns to the last good state, when there were any */
  readonly dropped?: number
  readonly rollbacks?: number
  readonly vocabulary: number
  readonly digest: string
}

export function evaluateCommand(context: CommandContext): Command {
  return withModelOptions(withHelp(new Command('evaluate'), HELP))
    .summary('say how well it predicts a file, in one pass')
    .description('Reads each FILE once with a new model and says how many bits per character took.')
    .argument('<FILE...>', 'the files to read; - is standard input')
    .option('--json', 'print a JSON object a file')
    .option('-q, --quiet', 'show no progress')
    .action(async (files: string[], flags: { json?: true; quiet?: true }) => {
      for (const path of files) await evaluate(path, flags, context).catch((error: unknown) => skipFile(error, files, context))
    })
}

async function evaluate(path: string, flags: { readonly json?: true; readonly quiet?: true }, context: CommandContext): Promise<void> {
  const model = createModel(modelFlags(flags))
  const gzip = new GzipSize()
  const progress = new ProgressTable(flags.quiet === true ? () => {} : context.note)
  let bytes = 0
  const text$ = textInput(path, { ready: () => gzip.ready() }, context, model.options.alphabet)
  const ending = await finished(
    text$.pipe(
      tap((chunk) => {
        bytes += chunk.length
        gzip.add(chunk)
      }),
      learn(model),
      tap(({ losses }) => progress.add(losses)),
    ),
    context,
  )
  progress.end()
  if (ending === 'stopped') return
  const { characters, bits, seconds } = progress
  const { dropped, rollbacks } = model.optimizer
  const result: Result = {
    file: path,
    characters,
    bytes,
    bitsPerCharacter: bits / Math.max(characters, 1),
    bitsPerByte: bits / Math.max(bytes, 1),
    gzipBitsPerCharacter: (8 * (await gzip.end())) / Math.max(characters, 1),
    seconds,
    charactersPerSecond: characters / seconds,
    updates: model.version,
    ...(dropped > 0 && { dropped, rollbacks }),
    vocabulary: model.vocabulary.size,
    digest: digest(model),
  }
  context.output.write(flags.json === true ? `${JSON.stringify(result)}\n` : report(result))
}

function report(result: Result): string {
  const rows = [
    ['file', visibleText(result.file)],
    ['characters', `${result.characters.toLocaleString('en')} (${result.bytes.toLocaleString('en')} bytes)`],
    ['bits per character', result.bitsPerCharacter.toFixed(4)],
    ['bits per byte', result.bitsPerByte.toFixed(4)],
    ['characters per second', Math.round(result.charactersPerSecond).toLocaleString('en')],
    ...(result.dropped === undefined ? [] : [['windows dropped', `${result.dropped} (${result.rollbacks} returns to the last good state)`]]),
    ['gzip -9', `${result.gzipBitsPerCharacter.toFixed(4)} bits per character`],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(23)}${value}\n`).join('')
}
