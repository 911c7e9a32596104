import { Command } from 'commander'
import { compress } from '../../coder/compress.ts'
import { type CodeFlags, code } from './code.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { modelFlags, withModelOptions } from '../flags/options.ts'

const HELP = `
The learner's predictions drive an arithmetic coder: the size is the bits that rxrnn evaluate reports, and a few bytes. It needs no other file and
takes about as long as evaluate. Any bytes come back exactly: what is not UTF-8 is kept too, and what does not shrink is stored, at most 64 bytes
larger a megabyte. --alphabet bytes suits what is mostly not UTF-8. Decompress with the same version of rxrnn: another one whose numbers differ refuses.

Examples:
  rxrnn compress book.txt -o book.rx
  rxrnn decompress book.rx -o book.txt
  journalctl | rxrnn compress --preset small > log.rx`

export function compressCommand(context: CommandContext): Command {
  return withModelOptions(withHelp(new Command('compress'), HELP))
    .summary('make a text as small as it is well predicted')
    .description('Compresses FILE, or standard input, to standard output or to what --output names.')
    .argument('[FILE]', 'the file to read; - is standard input', '-')
    .option('-o, --output <FILE>', 'write this file, once the result is complete')
    .option('-q, --quiet', 'show no progress')
    .action(async (path: string, flags: CodeFlags, command: Command) => {
      if (flags.output === undefined && context.terminal) {
        command.error('error: compressed text is not for a terminal: redirect the output, or name a file with -o OUT', { exitCode: 2 })
      }
      await code(path, flags, (coding) => compress(modelFlags({ ...flags }), coding), context)
    })
}
