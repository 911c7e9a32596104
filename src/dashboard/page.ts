import { asyncScheduler, Subject, type Subscription, throttleTime } from 'rxjs'
import type { StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import type { PageEvent } from './source.ts'
import { AlertsView } from './alerts-view.ts'
import { BarsView } from './bars-view.ts'
import { byId } from './dom.ts'
import { FactsView } from './facts-view.ts'
import { HiddenView } from './hidden-view.ts'
import { LossView } from './loss-view.ts'
import { PipelineView } from './pipeline-view.ts'
import { SamplesView } from './samples-view.ts'
import { TextView } from './text-view.ts'

// milliseconds between two drawings of curves, which change slowly
const CURVES_APART = 250

/** All that shows what a learner does */
export class Page {
  readonly #text = new TextView(byId('text', HTMLElement), byId('inspector', HTMLElement))
  readonly #bars = new BarsView(byId('next', HTMLElement))
  readonly #pipeline = new PipelineView(byId('pipeline', HTMLElement))
  readonly #hidden = new HiddenView(byId('hidden', HTMLCanvasElement))
  readonly #loss = new LossView(byId('chart', HTMLElement), byId('loss-summary', HTMLElement))
  readonly #facts = new FactsView(byId('facts', HTMLElement))
  readonly #samples = new SamplesView(byId('samples', HTMLElement))
  readonly #alerts = new AlertsView(byId('alerts', HTMLElement), byId('no-alerts', HTMLElement))
  readonly #digest = byId('digest-value', HTMLElement)
  readonly #stats = new Subject<StatsEvent>()
  #curves: Subscription | undefined
  #gzip: TraceEvent['gzip'] = null

  /** For another learner */
  clear(): void {
    this.#samples.clear()
    this.#alerts.clear()
    this.startStream()
  }

  /** For another stream of the same model */
  startStream(): void {
    for (const view of [this.#text, this.#loss, this.#facts]) view.clear()
    this.#alerts.forget()
    this.#bars.show([])
    this.#digest.textContent = ''
    this.#gzip = null
    this.#curves?.unsubscribe()
    this.#curves = this.#stats.pipe(throttleTime(CURVES_APART, asyncScheduler, { leading: true, trailing: true })).subscribe((stats) => {
      this.#loss.show()
      this.#facts.show(stats)
    })
  }

  /** Shows what came since the last frame; `sample` asks for a sample when it is time for one */
  show(events: readonly PageEvent[], sample: () => void): void {
    const traces = events.filter((event) => event.type === 'trace')
    const stats = events.findLast((event) => event.type === 'stats')
    for (const trace of traces) this.#alerts.remember(trace)
    for (const event of events) this.#showSingle(event)
    this.#alerts.settle()
    this.#text.show(traces)
    const last = traces.at(-1)
    if (last !== undefined) {
      this.#bars.show(last.next)
      this.#pipeline.show(last)
      this.#hidden.show(last.hidden)
      this.#gzip = last.gzip
    }
    if (stats === undefined) return
    this.#loss.add(stats, this.#gzip)
    this.#stats.next(stats)
    if (this.#samples.isDue(stats.characters)) sample()
  }

  #showSingle(event: PageEvent): void {
    if (event.type === 'sample') this.#samples.show(event)
    else if (event.type === 'digest') this.#digest.textContent = event.digest
    else if (event.type === 'line' && event.alert) this.#alerts.add(event)
  }
}
