// Where ranks spent the newest steps: a bar for each rank and step, out of computing, waiting for peers, for samples, and snapshots.

import {html, svg} from './charts.js';

const PARTS = ['compute', 'peers', 'samples', 'snapshot'];
const WORDS = {compute: 'computing', peers: 'waiting for peers', samples: 'waiting for samples', snapshot: 'snapshot'};
const LEFT = 60, WIDTH = 1100, BAR = 14, GAP = 4, TOP = 4, AXIS = 22, BETWEEN = 6;

/** `recent`: [{step, ranks: [[compute, peers, samples, snapshot] in ms]}], oldest first. */
export function drawTimeline(target, recent) {
  const ranks = recent.reduce((most, step) => Math.max(most, step.ranks.length), 0);
  if (ranks === 0) {
    target.replaceChildren();
    target.setAttribute('viewBox', '0 0 10 1');
    return;
  }
  const lengths = recent.map(step => Math.max(1e-3, ...step.ranks.map(parts => parts.reduce((a, b) => a + b, 0))));
  const total = lengths.reduce((a, b) => a + b, 0), room = WIDTH - LEFT - BETWEEN * (recent.length - 1);
  const height = TOP + ranks * (BAR + GAP) + AXIS, shapes = [];
  target.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
  target.setAttribute('width', WIDTH);
  for (let rank = 0; rank < ranks; rank++) {
    shapes.push(svg('text', {x: LEFT - 8, y: TOP + rank * (BAR + GAP) + 11, 'text-anchor': 'end', class: 'faint'}, `rank ${rank}`));
  }
  let x = LEFT;
  recent.forEach((step, i) => {
    const width = lengths[i] / total * room;
    step.ranks.forEach((parts, rank) => {
      let at = x;
      parts.forEach((ms, part) => {
        const wide = ms / lengths[i] * width;
        if (wide > 0) {
          const bar = svg('rect', {x: at.toFixed(2), y: TOP + rank * (BAR + GAP), width: wide.toFixed(2), height: BAR, class: `part ${PARTS[part]}`});
          bar.append(svg('title', {}, `step ${step.step}, rank ${rank}: ${ms.toFixed(1)} ms ${WORDS[PARTS[part]]}`));
          shapes.push(bar);
        }
        at += wide;
      });
    });
    if (width > 34) shapes.push(svg('text', {x: x + width / 2, y: height - 6, 'text-anchor': 'middle', class: 'faint'}, String(step.step)));
    x += width + BETWEEN;
  });
  target.replaceChildren(...shapes);
}

/** The mean over the steps shown, in a sentence. */
export function timelineWords(recent) {
  const sums = [0, 0, 0, 0];
  for (const step of recent) for (const parts of step.ranks) parts.forEach((ms, i) => { sums[i] += ms; });
  const all = sums.reduce((a, b) => a + b, 0);
  if (all === 0) return 'No step was measured yet.';
  const shares = PARTS.map((part, i) => `${(100 * sums[i] / all).toFixed(0)} % ${WORDS[part]}`).join(', ');
  return `Steps ${recent[0].step} to ${recent[recent.length - 1].step}, all ranks: ${shares}. A bar is as wide as its step was long.`;
}

export function timelineRows(recent) {
  if (recent.length === 0) return [];
  return recent[recent.length - 1].ranks.map((parts, rank) => {
    const row = html('tr');
    for (const value of [String(rank), ...parts.map(ms => ms.toFixed(1))]) row.append(html('td', value));
    return row;
  });
}
