// Runs each test once as it is, and then once more for every mutant that it reaches and that no test has killed yet.
import { setMaxListeners } from 'node:events'
import { configureGlobal } from 'fast-check'
import type { RunnerTestCase as Test, RunnerTestFile as File, RunnerTestSuite as Suite } from 'vitest'
import { VitestTestRunner } from 'vitest/runners'

type Hits = Record<string, number>

/** What instrumented code reads: which mutant is on, and how often it may be reached before it counts as an endless loop */
interface Switches {
  activeMutant: string | undefined
  currentTestId: string | undefined
  hitCount: number | undefined
  hitLimit: number
  readonly mutantCoverage: { readonly static: Hits; readonly perTest: Record<string, Hits> }
}

declare module 'vitest' {
  interface TaskMeta {
    /** Mutants that the test has reached, and those of them that it was the first to kill */
    reached?: readonly string[]
    killed?: readonly string[]
    /** Why no mutant was tried with it */
    untried?: string
    /** Mutants in code that runs when a file is loaded */
    onLoad?: readonly string[]
  }
}

const ENDLESS = 100
/** A test that takes longer tries no mutants, and a property stops there: survivors run all tests that reach them */
const LONGEST = { test: 500, property: 150 }
const coverage: Switches['mutantCoverage'] = { static: {}, perTest: {} }
const switches: Switches = { activeMutant: undefined, currentTestId: undefined, hitCount: undefined, hitLimit: 0, mutantCoverage: coverage }
Object.assign(globalThis, { __stryker__: switches })
const dead = new Set<string>()

// the same properties in each run, and no time spent on the smallest counterexample
configureGlobal({ seed: 1, endOnFailure: true, interruptAfterTimeLimit: LONGEST.property, markInterruptAsFailure: false })

export default class MutantRunner extends VitestTestRunner {
  override onBeforeTryTask(test: Test): void {
    super.onBeforeTryTask(test)
    switches.currentTestId = test.id
  }

  // a promise is awaited, though the type of what it overrides says that there is none
  // oxlint-disable-next-line typescript/no-misused-promises
  override async onAfterTryTask(test: Test): Promise<void> {
    super.onAfterTryTask(test)
    const hits = coverage.perTest[test.id] ?? {}
    delete coverage.perTest[test.id]
    // each call of a test's function adds a listener
    setMaxListeners(0, test.context.signal)
    if (test.result?.state === 'fail') test.meta.untried = `it fails without a mutant: ${test.result.errors?.[0]?.message}`
    else await this.#tryMutants(test, hits)
    switches.currentTestId = undefined
  }

  override async onAfterRunSuite(suite: Suite): Promise<void> {
    await super.onAfterRunSuite(suite)
    if (isFile(suite)) suite.meta.onLoad = Object.keys(coverage.static)
  }

  async #tryMutants(test: Test, hits: Hits): Promise<void> {
    const alive = Object.keys(hits).filter((id) => !dead.has(id))
    const obstacle = alive.length === 0 ? undefined : await obstacleOf(test)
    const killed: string[] = []
    if (obstacle === undefined) for (const id of alive) if (await isKilled(test, id, hits[id]!)) killed.push(id)
    for (const id of killed) dead.add(id)
    delete coverage.perTest[test.id]
    // a mutant that left something behind would kill others
    const after = killed.length === 0 ? undefined : await failureOf(test)
    Object.assign(test.meta, { reached: Object.keys(hits), killed, untried: obstacle ?? after?.message })
  }
}

async function obstacleOf(test: Test): Promise<string | undefined> {
  const started = performance.now()
  const failure = await failureOf(test)
  if (failure !== undefined) return `it cannot be repeated: ${failure.message}`
  const took = Math.round(performance.now() - started)
  return took > LONGEST.test ? `it takes ${took} ms` : undefined
}

async function isKilled(test: Test, id: string, hits: number): Promise<boolean> {
  switches.activeMutant = id
  switches.hitCount = 0
  switches.hitLimit = ENDLESS * hits
  const failure = await failureOf(test)
  switches.activeMutant = undefined
  switches.hitCount = undefined
  return failure !== undefined
}

async function failureOf(test: Test): Promise<Error | undefined> {
  try {
    await VitestTestRunner.getTestFn(test)()
    return undefined
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    return failure.message.startsWith('Property interrupted') ? undefined : failure
  }
}

function isFile(suite: Suite): suite is File {
  return suite === suite.file
}
