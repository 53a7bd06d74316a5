import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar, bars, lines } from '../../src/web/plots.ts';

const pathsIn = (svg: string) => Array.from(svg.matchAll(/ d="([^"]*)"/g), ([, path]) => path);
const HOUR = { top: 100, width: 5, label: 'Use', unit: ' B/s' };

test('the largest column is as high as the plot, the least visit is seen, and none is none', () => {
  assert.deepEqual(pathsIn(bars([0, 1, 500, 250], 'Visitors')), ['M15 100v-1M25 100v-100M35 100v-50']);
  assert.deepEqual(pathsIn(bars([0, 0], 'Visitors')), ['']);
});

test('a line ends at the right edge, keeps below the top, and has gaps where nothing was measured', () => {
  const svg = lines([[0, 50, undefined, 120]], HOUR);
  assert.deepEqual(pathsIn(svg), ['M1 100L2 50M4 0h0']);
  assert.match(svg, /viewBox="0 0 4 100"/);
});

test('each of several series has a path of its own', () => {
  assert.deepEqual(
    pathsIn(
      lines(
        [
          [0, 100],
          [100, 0],
        ],
        HOUR,
      ),
    ),
    ['M3 100L4 0', 'M3 0L4 100'],
  );
});

test('a plot says in words what it shows', () => {
  assert.match(bars([3, 1], 'a < b'), /role=img .*<title>a &lt; b<\/title><desc>Oldest first: 3 1<\/desc>/);
  assert.match(lines([[5, undefined, 7.4]], HOUR), /<desc>From 5 to 7 B\/s, last 7 B\/s<\/desc>/);
  assert.match(lines([[undefined]], HOUR), /<desc>None measured<\/desc>/);
});

test('a bar is as long as its share, and says nothing that its number does not', () => {
  assert.deepEqual(pathsIn(bar(1, 4)), ['M0 .5h25']);
  assert.deepEqual(pathsIn(bar(1, 1_000_000)), ['M0 .5h1']);
  assert.match(bar(1, 4), /aria-hidden=true/);
});
