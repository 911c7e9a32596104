import { createModel, Learner, type ModelOptions, Random } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'

/** A log of lines that fill in these templates: `#` becomes a number, `@` a name */
function log(templates: readonly string[], names: readonly string[], seed: number, length: number): string {
  const random = new Random(seed)
  const upTo = (count: number) => Math.floor(random.uniform() * count)
  let text = ''
  while (text.length < length) {
    const template = templates[upTo(templates.length)]!
    text += `${template.replace(/#/g, () => String(upTo(1000))).replace(/@/g, () => names[upTo(names.length)]!)}\n`
  }
  return text
}

const SHOP = [
  'INFO  @ GET /item/# 200 #ms',
  'INFO  @ POST /cart/add 201 #ms',
  'DEBUG db-1 query orders took #ms',
  'INFO  mail-1 sent receipt to user-#',
  'WARN  @ GET /search 404 #ms',
]
const SERVERS = ['web-1', 'web-2', 'web-3']
const KERNEL = [
  '[#.#] @: link becomes ready, mtu=# qlen=#',
  '[#.#] audit: type=# uid=# auid=# op=@ res=1',
  '[#.#] usb #-#: new high-speed USB device using @',
  "{'pid': #, 'comm': '@', 'oom_score_adj': #}",
]
const DEVICES = ['eth0', 'xhci_hcd', 'systemd', 'wlan0', 'kworker']

/** Bits a character over the second half of the second of two logs, when the first was learned before it or not */
function bits(options: Partial<ModelOptions>, length: number, before: 'first' | 'nothing'): number {
  const second = log(KERNEL, DEVICES, 2, length)
  const half = second.length >> 1
  using model = createModel({ hidden: 24, ...options })
  const learner = new Learner(model)
  if (before === 'first') learner.learn(log(SHOP, SERVERS, 1, length))
  learner.learn(second.slice(0, half))
  const losses = learner.learn(second.slice(half))
  learner.dispose()
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.LN2 / losses.length
}

describe('a stream that changes its nature half way', () => {
  test.each<readonly [length: number, options: Partial<ModelOptions>]>([
    [40_000, { ngram: 5, tableBits: 16 }],
    [40_000, { ngram: 5, tableBits: 13 }],
    [40_000, { ngram: 5, tableBits: 13, optimizer: 'rmsprop' }],
    [40_000, { ngram: 5, tableBits: 13, optimizer: 'leaky-adagrad' }],
    // without direct connections a net that is far from converged is still slowed down by what it learned first
    [100_000, { ngram: 0, optimizer: 'adam', learningRate: 0.01 }],
    [100_000, { ngram: 0, optimizer: 'rmsprop', learningRate: 0.01 }],
    [100_000, { cell: 'rnn', ngram: 0, optimizer: 'leaky-adagrad' }],
  ])('costs at most a twentieth more than to a learner that saw only the second part (%d characters, %j)', (length, options) => {
    expect(bits(options, length, 'first') / bits(options, length, 'nothing')).toBeLessThanOrEqual(1.05)
  })

  test('is not recovered from in time when the rate fell too far, so that the test above can fail', () => {
    const options: Partial<ModelOptions> = { ngram: 0, optimizer: 'adagrad' }
    expect(bits(options, 40_000, 'first') / bits(options, 40_000, 'nothing')).toBeGreaterThan(1.05)
  })
})
