import type { Choice } from './choice.ts'
import type { Network } from './session.ts'

/** One sentence or two that say what one sees */
export function leadOf({ kind, path }: Choice, network: Network | undefined, hasExample: boolean): string {
  if (kind === 'watch') return 'You watch a neural network learn from live text: it guesses every next character and flags lines that surprise it.'
  if (kind === 'learn')
    return `What you write here teaches ${path?.split('/').at(-1)}, a neural network that others teach too. It guesses every next character.`
  if (network === 'notebook')
    return 'The example of the Vanilla RNN notebook, with its numbers: three units read b, expect each of four symbols equally, and c comes.'
  const what = hasExample ? 'reads a log for the first time' : 'reads what you give it'
  return `A neural network ${what}. It guesses every next character and learns from each mistake.`
}
