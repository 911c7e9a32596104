import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { FIGURES, type Figure, type Figures } from './messages.ts'

/** What Prometheus can ask the server for */
export interface Metrics {
  readonly registry: Registry
  readonly connections: Gauge
  readonly refused: Counter<'status'>
  readonly dropped: Counter
  /** Characters of text frames, bytes of binary ones */
  readonly received: Counter
  readonly events: Counter
}

const LEARNERS: Readonly<Record<Figure, readonly [name: string, help: string, kind: typeof Counter | typeof Gauge]>> = {
  characters: ['rxrnn_learned_characters_total', 'Characters learned (bytes of binary frames)', Counter],
  checkpoints: ['rxrnn_checkpoints_total', 'Checkpoints of shared models written', Counter],
  failedCheckpoints: ['rxrnn_checkpoint_failures_total', 'Checkpoints that could not be written', Counter],
  coalesced: ['rxrnn_coalesced_events_total', 'Telemetry that gave way to newer before the client read it', Counter],
  missed: ['rxrnn_missed_lines_total', 'Lines that watchers did not read in time', Counter],
  samples: ['rxrnn_samples_total', 'Samples asked for', Counter],
  models: ['rxrnn_shared_models', 'Shared models in memory', Gauge],
  failing: ['rxrnn_unsaved_models', 'Shared models whose last checkpoint failed', Gauge],
}

/** Metrics in a registry of their own; the figures of the learners are asked for when somebody scrapes */
export function createMetrics(figures: () => Figures): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const figure of FIGURES) {
    const [name, help, Kind] = LEARNERS[figure]
    const metric: Counter | Gauge = new Kind({
      name,
      help,
      registers,
      collect() {
        metric.reset()
        metric.inc(figures()[figure])
      },
    })
  }
  return {
    registry,
    connections: new Gauge({ name: 'rxrnn_connections', help: 'Open connections', registers }),
    refused: new Counter({ name: 'rxrnn_refused_handshakes_total', help: 'Refused handshakes by HTTP status', labelNames: ['status'], registers }),
    dropped: new Counter({ name: 'rxrnn_dropped_sockets_total', help: 'Sockets without a connection that made room for others', registers }),
    received: new Counter({ name: 'rxrnn_received_characters_total', help: 'Characters received (bytes of binary frames)', registers }),
    events: new Counter({ name: 'rxrnn_events_total', help: 'Events sent', registers }),
  }
}
