/**
 * Keys that a typing predictor saves on a text that is new to it: one proposal at a time, which Tab takes. It counts a key for each character that is typed
 * and for each Tab.
 *
 *     node bench/typing.mjs TEXTFILE [--characters 2000] [--from 0] [--read 0]
 *
 * With --read, so many characters of the file were typed in earlier sessions.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { complete, createModel, Learner, sample } from 'rxrnn'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { characters: { type: 'string', default: '2000' }, from: { type: 'string', default: '0' }, read: { type: 'string', default: '0' } },
})
const [from, read] = [Number(values.from), Number(values.read)]
const file = readFileSync(positionals[0], 'utf8')
const before = file.slice(from, from + read)
const text = file.slice(from + read).slice(0, Number(values.characters))

/** A word list: the word that was typed most often, of those that begin like this */
function wordList() {
  const counts = new Map()
  return {
    learn: (typed) => {
      const [, word] = /(\w+)\W$/.exec(typed) ?? []
      if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1)
    },
    propose(typed) {
      const [prefix] = /\w+$/.exec(typed) ?? ['']
      if (prefix === '') return ''
      const words = [...counts].filter(([word]) => word.startsWith(prefix) && word !== prefix).sort(([, a], [, b]) => b - a)
      return words[0]?.[0].slice(prefix.length) ?? ''
    },
  }
}

/** What the example did before: a sample that was primed with the last line alone */
function sampledWord() {
  const model = createModel()
  const learner = new Learner(model)
  return {
    learn: (typed) => learner.learn(typed.at(-1)),
    propose(typed) {
      const [line = ''] = typed.split('\n').slice(-1)
      const [word = ''] = /^\s*\S*/.exec([...sample(model, { prime: line, topK: 1, length: 20 })].join('')) ?? []
      return word
    },
  }
}

function completed() {
  const learner = new Learner(createModel())
  return { learn: (typed) => learner.learn(typed.at(-1)), propose: () => complete(learner, { length: 20 }).text }
}

function keysSaved({ learn, propose }) {
  let keys = 0
  for (let at = 1; at <= before.length; at++) learn(before.slice(Math.max(0, at - 40), at))
  for (let at = 0; at < text.length; keys++) {
    const proposal = at === 0 ? '' : propose(text.slice(0, at))
    const end = proposal.length > 1 && text.startsWith(proposal, at) ? at + proposal.length : at + 1
    while (at < end) learn(text.slice(0, ++at))
  }
  return 1 - keys / text.length
}

const METHODS = {
  'a word list': wordList,
  'sample, primed with the line': sampledWord,
  complete: completed,
}
for (const [name, create] of Object.entries(METHODS)) console.log(`${(100 * keysSaved(create())).toFixed(1).padStart(6)}% ${name}`)
