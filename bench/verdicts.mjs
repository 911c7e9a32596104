/**
 * What verdicts on alerts bring: how well the alerts of the second half of each stream agree with people, once somebody answers for those that are shown.
 *
 *     npm run build && node bench/verdicts.mjs DIR
 *
 * DIR holds labelled streams, as for alerts.mjs. The answers come from the labels: an alert on a labelled line is useful, one on any other is noise, and nothing
 * is said of context. The network reads each stream once; its lines are then graded once per kind of answer. Means are over groups.
 */
import { of } from 'rxjs'
import { AlertStream } from '../dist/src/alerts/pipeline.js'
import { Blocks } from '../dist/src/alerts/blocks.js'
import { Grader } from '../dist/src/alerts/grader.js'
import { createModel, Random } from '../dist/src/index.js'
import { labelled } from './labelled.mjs'
import { average, measure } from './measure.mjs'

const folder = process.argv[2]
if (folder === undefined) throw new Error('which folder of labelled streams? node bench/verdicts.mjs DIR')

/** Whether an alert is useful, as somebody answers who knows; undefined for no answer */
const ANSWERS = {
  'no verdicts': () => () => undefined,
  'every alert': () => (useful) => useful,
  'every third alert': () => {
    let alerts = 0
    return (useful) => (alerts++ % 3 === 0 ? useful : undefined)
  },
  'every alert, 10% wrong': () => {
    const random = new Random(7)
    return (useful) => (random.uniform() < 0.1 ? !useful : useful)
  },
}

function linesOf(text) {
  const lines = []
  const model = createModel()
  of(text)
    .pipe(new AlertStream(model).grade())
    .subscribe((graded) => lines.push(...graded.lines))
  model.dispose()
  return lines
}

function flagsOf(lines, labels, answer) {
  const grader = new Grader()
  const blocks = new Blocks()
  let said = 0
  const graded = lines.map((line, i) => {
    const { alert, score, grade } = grader.grade(line, 'characters', blocks)
    const useful = alert && labels[i] >= 0 ? answer(labels[i] === 1) : undefined
    if (useful !== undefined) grader.judge({ verdict: useful ? 'useful' : 'noise', text: line.text, score: grade.score })
    said += Number(useful !== undefined)
    return { alert, score }
  })
  return { scores: graded.map(({ score }) => score), flags: graded.map(({ alert }) => alert), said }
}

const results = new Map(Object.keys(ANSWERS).map((name) => [name, new Map()]))
for (const { name, group, text, labels } of labelled(folder)) {
  const lines = linesOf(text)
  for (const [answers, groups] of results) {
    const { scores, flags, said } = flagsOf(lines, labels, ANSWERS[answers]())
    const result = { ...measure(scores, flags, labels, Math.floor(labels.length / 2)), said }
    groups.set(group, [...(groups.get(group) ?? []), result])
    console.error(`${name}, ${answers}: precision ${result.precision.toFixed(3)}, regions ${result.recall.toFixed(3)}, ${said} verdicts`)
  }
}

const times = (value, before) => `${(value / before).toFixed(2)}x`
const figures = new Map([...results].map(([answers, groups]) => [answers, average([...groups.values()].map(average))]))
const without = figures.get('no verdicts')
console.log('| answers | precision | | regions | | flagged |\n| --- | ---: | ---: | ---: | ---: | ---: |')
for (const [answers, { precision, recall, flagged }] of figures) {
  const cells = [
    precision.toFixed(3),
    times(precision, without.precision),
    recall.toFixed(3),
    times(recall, without.recall),
    `${(100 * flagged).toFixed(2)}%`,
  ]
  console.log(`| ${answers} | ${cells.join(' | ')} |`)
}
