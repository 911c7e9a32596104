import { Argument, Command } from 'commander'
import { bash } from './completion/bash.ts'
import { fish } from './completion/fish.ts'
import { type Grammar, grammarOf } from './completion/grammar.ts'
import { zsh } from './completion/zsh.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from './help.ts'

const HELP = `
The script completes commands, options, the values of options and files. It is made from the options of this version and starts nothing.
A shell starts faster when it reads the script from a file, which is to be written anew after an update.

Examples:
  eval "$(rxrnn completion bash)"  in ~/.bashrc
  eval "$(rxrnn completion zsh)"   in ~/.zshrc, after compinit
  rxrnn completion fish > ~/.config/fish/completions/rxrnn.fish`

const SHELLS: ReadonlyMap<string, (grammar: Grammar) => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

export function completionCommand({ output }: CommandContext): Command {
  return withHelp(new Command('completion'), HELP)
    .summary('print what lets a shell complete rxrnn')
    .description('Prints a script that lets a shell complete what is typed after rxrnn.')
    .addArgument(new Argument('<SHELL>', 'the shell').choices([...SHELLS.keys()]))
    .action((shell: string, _flags: unknown, { parent }: Command) => {
      if (parent !== null) output.write(SHELLS.get(shell)!(grammarOf(parent)))
    })
}
