import { Command } from 'commander'
import { decompress } from '../../coder/decompress.ts'
import { type CodeFlags, code } from './code.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'

const HELP = `
The options of the model are in the compressed text. It is checked as it is read: what is damaged or ends too early is an error, exit code 1, and
leaves no file behind. Standard output may have got the part before the damage by then.

Examples:
  rxrnn decompress book.rx -o book.txt
  rxrnn decompress log.rx | grep ERROR`

export function decompressCommand(context: CommandContext): Command {
  return withHelp(new Command('decompress'), HELP)
    .summary('give back what was compressed')
    .description('Decompresses FILE, or standard input, to standard output or to what --output names.')
    .argument('[FILE]', 'the file to read; - is standard input', '-')
    .option('-o, --output <FILE>', 'write this file, once the result is complete')
    .option('-q, --quiet', 'show no progress')
    .action((path: string, flags: CodeFlags) => code(path, flags, decompress, context))
}
