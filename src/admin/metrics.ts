import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Answered } from '../web/exchange.ts';
import { isRefusal } from '../web/values.ts';
import { EVENTS, TRAFFIC } from './names.ts';
import { capacityOf, countStates, type DaemonView, type LineView, utilisationOf } from './view.ts';

const PREFIX = 'phpstack_';
/** In seconds: from a direct cable to a line that is full, or dead for a while. */
const ROUND_TRIPS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const ANSWERS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** Gauges of prom-client whose names are those of counters; their parts are there under other names. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
/** How often the event loop's lag is looked at, in ms: an idle daemon should sleep. */
const LAG_PRECISION = 100;

/** The daemon in the text format of Prometheus. Counters are read when they are asked for; nothing is counted twice. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #view: DaemonView;
  readonly #answers: Histogram;
  readonly #requests: Counter;

  constructor(view: DaemonView) {
    this.#view = view;
    this.#addTraffic();
    this.#addDrops();
    this.#addLines();
    this.#addConnections();
    this.#addDaemon();
    this.#addRoundTrips();
    this.#requests = new Counter({
      ...this.#named('http_requests_total', 'Requests answered, by status.'),
      labelNames: ['port', 'code'],
    });
    this.#answers = new Histogram({
      ...this.#named(
        'http_answer_seconds',
        'From a request to the acknowledgment of the last byte of its answer.',
      ),
      labelNames: ['port'],
      buckets: ANSWERS,
    });
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LAG_PRECISION });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Takes in an answer that was given on the line `port`. */
  answered({ status, began, delivered }: Answered, port: string): void {
    this.#requests.inc({ port, code: status });
    delivered(() => this.#answers.observe({ port }, (performance.now() - began) / 1000));
  }

  #addTraffic(): void {
    for (const [name, help, received, sent] of TRAFFIC) {
      this.#count(name, help, ['direction'], ({ counters }) => [
        [{ direction: 'in' }, counters[received]],
        [{ direction: 'out' }, counters[sent]],
      ]);
    }
    for (const [counter, [name, help]] of Object.entries(EVENTS)) {
      this.#count(name, help, [], ({ counters }) => [[{}, counters[counter]]]);
    }
  }

  #addDrops(): void {
    const help = 'What was refused, each under one reason; docs/operating.md explains them.';
    this.#count('drops_total', help, ['reason'], ({ counters }) =>
      Object.entries(counters)
        .filter(([reason]) => isRefusal(reason))
        .map(([reason, count]) => [{ reason }, count]),
    );
  }

  #addLines(): void {
    this.#gauge('line_up', 'Whether the device is there.', [], ({ isOpen }) => [[{}, isOpen ? 1 : 0]]);
    this.#gauge(
      'line_capacity_bytes_per_second',
      'What the line carries each way; 0 where its speed is not known.',
      [],
      ({ baud }) => [[{}, capacityOf(baud)]],
    );
    this.#gauge(
      'line_utilisation_ratio',
      'Share of the capacity that was used in the last ten seconds.',
      ['direction'],
      (line) => {
        const shares = utilisationOf(line);
        return [
          [{ direction: 'in' }, shares?.received],
          [{ direction: 'out' }, shares?.sent],
        ];
      },
    );
  }

  #addConnections(): void {
    this.#gauge('tcp_connections', 'Connections, by state (RFC 9293).', ['state'], ({ connections }) =>
      Object.entries(countStates(connections)).map(([state, count]) => [{ state }, count]),
    );
  }

  #addDaemon(): void {
    const view = this.#view;
    new Counter({
      ...this.#named('visitors_total', 'Visitors since the counter began, over all restarts.'),
      collect() {
        this.reset();
        this.inc(view.visitors);
      },
    });
    new Gauge({
      ...this.#named('build_info', 'Always 1; the label is the version.'),
      labelNames: ['version'],
    }).set({ version: view.version }, 1);
  }

  #addRoundTrips(): void {
    const roundTrips = new Histogram({
      ...this.#named('tcp_round_trip_seconds', 'Round trips measured (RFC 6298).'),
      labelNames: ['port'],
      buckets: ROUND_TRIPS,
    });
    for (const line of this.#view.lines) {
      line.onRoundTrip = (ms) => roundTrips.observe({ port: line.port }, ms / 1000);
    }
  }

  /** A counter, a value for each line and set of labels. */
  #count(name: string, help: string, labels: string[], read: Read): void {
    const { lines } = this.#view;
    new Counter({
      ...this.#named(name, help),
      labelNames: ['port', ...labels],
      collect() {
        this.reset();
        for (const { labels, value } of readAll(lines, read)) this.inc(labels, value);
      },
    });
  }

  /** The same for what may fall. */
  #gauge(name: string, help: string, labels: string[], read: Read): void {
    const { lines } = this.#view;
    new Gauge({
      ...this.#named(name, help),
      labelNames: ['port', ...labels],
      collect() {
        this.reset();
        for (const { labels, value } of readAll(lines, read)) this.set(labels, value);
      },
    });
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: PREFIX + name, help, registers: [this.#registry] };
  }
}

type Labels = Record<string, string>;
/** What a metric says of a line; what is undefined is left out. */
type Read = (line: LineView) => (readonly [labels: Labels, value: number | undefined])[];

function readAll(lines: readonly LineView[], read: Read): { labels: Labels; value: number }[] {
  return lines.flatMap((line) =>
    read(line).flatMap(([labels, value]) =>
      value === undefined ? [] : [{ labels: { port: line.port, ...labels }, value }],
    ),
  );
}
