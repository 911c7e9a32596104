import { Command } from 'commander'
import { map, tap } from 'rxjs'
import { learn } from '../../learn.ts'
import { CODE_POINTS } from '../../text/vocabulary.ts'
import { visibleText } from '../../text/visible.ts'
import { createModel } from '../../network/create.ts'
import type { CommandContext } from '../context.ts'
import { afterHelp } from '../flags/help.ts'
import { CharacterCounts } from '../evaluate/entropy.ts'
import { skipFile } from '../failure.ts'
import { textInput } from '../input.ts'
import { modelFlags, withModelOptions } from '../flags/options.ts'
import { ProgressTable } from '../print/progress.ts'
import { GzipSize } from '../evaluate/gzip.ts'
import { Order2 } from '../evaluate/order2.ts'
import { finished } from '../run.ts'

const HELP = `
Every character is scored before it is learned from, so the figure is what the model would have needed to encode the file.
To compare with, the bits per character of others on the same text:
  best constant  the entropy of its characters: what a predictor that knows their frequencies from the start would need (order 0)
  order 2        counts of what followed the last two characters, escaping to shorter contexts (PPM method C), scored before they are counted
  gzip -9        what zlib's gzip makes of the same bytes at level 9

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
  readonly order0BitsPerCharacter: number
  readonly order2BitsPerCharacter: number
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
  return withModelOptions(new Command('evaluate'))
    .summary('say how well it predicts a file, in one pass')
    .description('Reads each FILE once with a new model and says how many bits a character took.')
    .argument('<FILE...>', 'the files to read; - is standard input')
    .option('--json', 'print a JSON object a file')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', afterHelp(HELP))
    .action(async (files: string[], flags: { json?: true; quiet?: true }) => {
      for (const path of files) await evaluate(path, flags, context).catch((error: unknown) => skipFile(error, files, context))
    })
}

async function evaluate(path: string, flags: { readonly json?: true; readonly quiet?: true }, context: CommandContext): Promise<void> {
  const model = createModel(modelFlags(flags))
  const counts = new CharacterCounts()
  const order2 = new Order2(model.options.alphabet === 'bytes' ? 256 : CODE_POINTS)
  const gzip = new GzipSize()
  const progress = new ProgressTable(flags.quiet === true ? () => {} : context.note)
  let bytes = 0
  const text$ = textInput(path, { ready: () => gzip.ready() }, model.options.alphabet)
  const ending = await finished(
    text$.pipe(
      tap((chunk) => {
        bytes += chunk.length
        gzip.add(chunk)
      }),
      learn(model),
      map(({ characters, losses }) => {
        counts.add(characters)
        order2.add(characters)
        progress.add(losses)
      }),
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
    order0BitsPerCharacter: counts.entropy(),
    order2BitsPerCharacter: order2.bits / Math.max(characters, 1),
    gzipBitsPerCharacter: (8 * (await gzip.end())) / Math.max(characters, 1),
    seconds,
    charactersPerSecond: characters / seconds,
    updates: model.version,
    ...(dropped > 0 && { dropped, rollbacks }),
    vocabulary: model.vocabulary.size,
    digest: model.digest(),
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
    ['updates', result.updates.toLocaleString('en')],
    ...(result.dropped === undefined ? [] : [['windows dropped', `${result.dropped} (${result.rollbacks} returns to the last good state)`]]),
    ['vocabulary', `${result.vocabulary} symbols`],
    ['digest', result.digest],
    ['best constant', `${result.order0BitsPerCharacter.toFixed(4)} bits per character`],
    ['order 2', `${result.order2BitsPerCharacter.toFixed(4)} bits per character`],
    ['gzip -9', `${result.gzipBitsPerCharacter.toFixed(4)} bits per character`],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(23)}${value}\n`).join('')
}
