import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Metrics } from '../../src/admin/metrics.ts';
import type { Answered } from '../../src/web/exchange.ts';
import { requiredCommands } from '../e2e/support/requirements.ts';
import { daemonView, lineView } from '../support/admin.ts';

const skip = requiredCommands('promtool');

/** The sample of the metric with these labels, as Prometheus reads it. */
function sample(text: string, name: string, labels: Record<string, string>): number | undefined {
  for (const [, metric, listed, value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const found = Object.fromEntries(
      Array.from(listed?.matchAll(/(\w+)="([^"]*)"/g) ?? [], ([, label, text]) => [label!, text!]),
    );
    const isIt = metric === name && JSON.stringify(sorted(found)) === JSON.stringify(sorted(labels));
    if (isIt) return Number(value);
  }
  return undefined;
}

const sorted = (labels: Record<string, string>) => Object.entries(labels).sort();

test('promtool finds nothing to complain about', { skip }, async () => {
  const text = await new Metrics(daemonView(lineView(), lineView({ port: '/dev/ttyS1' }))).text();
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  assert.deepEqual([stdout + stderr, status], ['', 0]);
});

test('each counter of a line and its stack is among them, once', async () => {
  const line = lineView();
  const text = await new Metrics(daemonView(line)).text();
  const values = Array.from(text.matchAll(/^phpstack_\w+_total\{.*\} (\S+)$/gm), ([, value]) =>
    Number(value),
  );
  const inHistograms = ['roundTrips', 'roundTripTime'];
  for (const [name, value] of Object.entries(line.counters)) {
    const times = values.filter((other) => other === value).length;
    assert.equal(times, inHistograms.includes(name) ? 0 : 1, name);
  }
});

test('each line has its own values, under its port, and they are those of the moment', async () => {
  const counters = { ...lineView().counters, 'bytes-received': 5, 'slip-type': 7, retransmissions: 9 };
  const metrics = new Metrics(daemonView(lineView(), lineView({ port: 'tcp:far:1', counters })));
  const port = 'tcp:far:1';
  let text = await metrics.text();
  assert.equal(sample(text, 'phpstack_line_bytes_total', { port, direction: 'in' }), 5);
  assert.equal(sample(text, 'phpstack_drops_total', { port, reason: 'slip-type' }), 7);
  assert.equal(sample(text, 'phpstack_tcp_retransmissions_total', { port }), 9);
  counters.retransmissions = 10;
  text = await metrics.text();
  assert.equal(sample(text, 'phpstack_tcp_retransmissions_total', { port }), 10);
});

test('use, capacity, connections by state, visitors and version are told', async () => {
  const text = await new Metrics(daemonView(lineView())).text();
  const port = '/dev/ttyS0';
  assert.equal(sample(text, 'phpstack_line_utilisation_ratio', { port, direction: 'in' }), 0.1);
  assert.equal(sample(text, 'phpstack_line_utilisation_ratio', { port, direction: 'out' }), 1);
  assert.equal(sample(text, 'phpstack_line_capacity_bytes_per_second', { port }), 11_520);
  assert.equal(sample(text, 'phpstack_line_up', { port }), 1);
  assert.equal(sample(text, 'phpstack_tcp_connections', { port, state: 'ESTABLISHED' }), 2);
  assert.equal(sample(text, 'phpstack_visitors_total', {}), 13_157);
  assert.equal(sample(text, 'phpstack_build_info', { version: '1.2.3' }), 1);
});

test('what an unpaced line’s use is, is not known; a state that nobody is in any more goes', async () => {
  const connections = Array.from(lineView().connections);
  const metrics = new Metrics(daemonView(lineView({ baud: 0, connections })));
  connections.pop();
  const text = await metrics.text();
  assert.doesNotMatch(text, /^phpstack_line_utilisation_ratio\{/m);
  assert.doesNotMatch(text, /TIME-WAIT/);
});

test('round trips and answers are measured in seconds, answers until the last byte was acknowledged', async () => {
  const line = lineView();
  const metrics = new Metrics(daemonView(line));
  const { port } = line;
  line.onRoundTrip(40);
  let acknowledge = () => {};
  const answered = {
    status: 404,
    began: performance.now() - 2000,
    delivered: (callback: () => void) => {
      acknowledge = callback;
    },
  };
  metrics.answered(answered as Answered, port);
  let text = await metrics.text();
  assert.equal(sample(text, 'phpstack_tcp_round_trip_seconds_sum', { port }), 0.04);
  assert.equal(sample(text, 'phpstack_tcp_round_trip_seconds_bucket', { port, le: '0.025' }), 0);
  assert.equal(sample(text, 'phpstack_tcp_round_trip_seconds_bucket', { port, le: '0.05' }), 1);
  assert.equal(sample(text, 'phpstack_http_requests_total', { port, code: '404' }), 1);
  assert.equal(sample(text, 'phpstack_http_answer_seconds_count', { port }), undefined);
  acknowledge();
  text = await metrics.text();
  assert.ok(sample(text, 'phpstack_http_answer_seconds_sum', { port })! >= 2);
});

test('the dashboard asks for nothing that is not there', async () => {
  const dashboard = readFileSync(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8');
  const { panels } = JSON.parse(dashboard);
  const line = lineView();
  const metrics = new Metrics(daemonView(line));
  line.onRoundTrip(1);
  metrics.answered(
    { status: 200, began: 0, delivered: (callback: () => void) => callback() } as Answered,
    'p',
  );
  const text = await metrics.text();
  const there = new Set(Array.from(text.matchAll(/^(\w+)[ {]/gm), ([, name]) => name!));
  const asked = dashboard.match(/\b(?:phpstack|nodejs|process)_\w+/g)!;
  assert.ok(panels.length >= 10);
  assert.deepEqual(
    asked.filter((name) => !there.has(name)),
    [],
  );
});
