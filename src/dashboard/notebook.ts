import type { GivenOptions } from '../network/options.ts'
import type { Model } from '../network/model.ts'

/* The example of the Vanilla RNN notebook: one step of three units over four symbols */

export const NOTEBOOK_OPTIONS: GivenOptions = { preset: 'min-char-rnn', hidden: 3, vocabularyLimit: 4, every: 1, through: 1, backend: 'reference' }

/** Symbol 2 comes, then symbol 3: the notebook's input and target. What follows is for those who step on. */
export const NOTEBOOK_TEXT: string = `bc${'abc'.repeat(200)}`

/** Its parameters, as it prints them; its biases are zero */
const PARAMETERS = {
  Wxh: [
    -1.36458834e-3, 1.10118612e-2, -4.54390582e-3, 4.92045527e-3, 1.13343035e-2, -6.6229976e-3, -7.77568912e-3, 1.52714559e-2, -1.12811396e-2,
    3.55922825e-5, -3.11710168e-2, 3.23161113e-2,
  ],
  Whh: [-0.00079653, -0.00196604, -0.01944714, -0.00086006, 0.00289614, -0.0056044, -0.01720294, 0.00805431, -0.00951426],
  Why: [
    -0.012362, -0.00467771, -0.00561026, 0.00035526, -0.00330591, -0.0058389, -0.01553049, -0.01051185, -0.00296599, -0.00112019, -0.01283274,
    -0.01498699,
  ],
} as const

/** Gives a new model of NOTEBOOK_OPTIONS the notebook's symbols and parameters. Symbol 0 is that of every other character. */
export function writeNotebook(model: Model): void {
  for (const character of 'abc') model.vocabulary.add(character.codePointAt(0)!)
  for (const name of ['Wxh', 'Whh', 'Why'] as const) model.write(name, PARAMETERS[name])
}
