// The mesh as a picture: nodes as boxes, ranks as discs, Ulysses groups as bands, rings as arrows. Colour says a rank's state, and so does its text.

import {html, svg} from './charts.js';

const CELL = 84, ROW = 92, MARGIN = 14, TITLE = 22, WIDTH = 1100;
const RANKS_ACROSS = 8, EDGES_MAX_RANKS = 128;

function hosts(ranks) {
  const nodes = new Map();
  ranks.forEach((rank, number) => {
    if (!nodes.has(rank.node)) nodes.set(rank.node, []);
    nodes.get(rank.node).push(number);
  });
  return nodes;
}

/** Boxes from left to right, as many in a line as fit. Returns where each is, and how high all are. */
function layout(boxes) {
  let x = 0, y = 0, lineHeight = 0, widest = 0;
  for (const box of boxes) {
    const across = Math.min(RANKS_ACROSS, Math.max(1, box.ranks.length));
    box.width = Math.max(150, across * CELL + 2 * MARGIN);
    box.height = TITLE + Math.max(1, Math.ceil(box.ranks.length / RANKS_ACROSS)) * ROW + MARGIN;
    if (x > 0 && x + box.width > WIDTH) {
      x = 0;
      y += lineHeight + 26;
      lineHeight = 0;
    }
    box.x = x + 2;
    box.y = y + 2;
    x += box.width + 40;
    widest = Math.max(widest, box.x + box.width);
    lineHeight = Math.max(lineHeight, box.height);
  }
  return {width: widest + 4, height: y + lineHeight + 6};
}

/** Consecutive members of every group along an axis, with the way back from the last to the first where the axis is a ring. */
function edges(ranks, along, fixed, isRing) {
  const groups = new Map();
  ranks.forEach((rank, number) => {
    const key = `${rank.data}/${rank[fixed]}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key)[rank[along]] = number;
  });
  const found = [];
  for (const group of groups.values()) {
    for (let i = 0; i + 1 < group.length; i++) found.push([group[i], group[i + 1]]);
    if (isRing && group.length > 1) found.push([group[group.length - 1], group[0]]);
  }
  return found;
}

/** An arrow from disc to disc, bent so that the way back is another line. */
function arrow(from, to) {
  const dx = to.x - from.x, dy = to.y - from.y, length = Math.hypot(dx, dy) || 1, bend = 18 + length * 0.06;
  const side = {x: dy / length, y: -dx / length};
  const middle = {x: (from.x + to.x) / 2 + side.x * bend, y: (from.y + to.y) / 2 + side.y * bend};
  const towards = (point, radius) => {
    const ex = middle.x - point.x, ey = middle.y - point.y, el = Math.hypot(ex, ey) || 1;
    return `${(point.x + ex / el * radius).toFixed(1)} ${(point.y + ey / el * radius).toFixed(1)}`;
  };
  return svg('path', {d: `M ${towards(from, 21)} Q ${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${towards(to, 24)}`, class: 'edge ring', 'marker-end': 'url(#arrow)'});
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

function bytes(count) {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  return `${(count / 10 ** (3 * power)).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** What went over a class of links in the newest step, and how long ranks waited on it, on average. */
function linkWords(link) {
  const wait = link.waitedMs === undefined ? '' : `, ${link.waitedMs.toFixed(1)} ms waited`;
  return `${link.name}: ${bytes(link.bytes)}${wait}`;
}

export function drawMesh(target, mesh, links = []) {
  const nodes = hosts(mesh.ranks);
  const boxes = [...nodes].map(([id, ranks]) => ({id, ranks, isSpare: false}));
  for (const id of mesh.spares) boxes.push({id, ranks: [], isSpare: true});
  if (boxes.length === 0) {
    target.replaceChildren();
    return;
  }
  const size = layout(boxes);
  const words = links.map(linkWords), below = words.length > 0 ? 26 : 0;
  size.width = Math.max(size.width, 300 * words.length);
  target.setAttribute('viewBox', `0 0 ${size.width} ${size.height + below}`);
  target.setAttribute('width', size.width);
  const places = [], parts = [];
  const marker = svg('marker', {id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto', markerUnits: 'userSpaceOnUse'});
  marker.append(svg('path', {d: 'M 0 0 L 8 4 L 0 8 z', class: 'arrow'}));
  const definitions = svg('defs');
  definitions.append(marker);
  parts.push(definitions);
  for (const box of boxes) {
    const isLost = box.ranks.some(rank => mesh.ranks[rank].state === 'lost');
    const name = box.isSpare ? `${box.id}, spare` : isLost ? `${box.id}, lost` : box.id;
    parts.push(svg('rect', {x: box.x, y: box.y, width: box.width, height: box.height, rx: 10, class: `node${box.isSpare ? ' spare' : ''}${isLost ? ' lost' : ''}`}));
    parts.push(svg('text', {x: box.x + MARGIN, y: box.y + 18, class: 'faint'}, name));
    box.ranks.forEach((rank, i) => {
      places[rank] = {x: box.x + MARGIN + (i % RANKS_ACROSS + 0.5) * CELL, y: box.y + TITLE + Math.floor(i / RANKS_ACROSS) * ROW + 38};
    });
  }
  if (mesh.ranks.length <= EDGES_MAX_RANKS) {
    for (const [a, b] of edges(mesh.ranks, 'ulysses', 'ring', false)) {
      parts.push(svg('line', {x1: places[a].x, y1: places[a].y, x2: places[b].x, y2: places[b].y, class: 'edge ulysses'}));
    }
    for (const [a, b] of edges(mesh.ranks, 'ring', 'ulysses', true)) parts.push(arrow(places[a], places[b]));
  }
  mesh.ranks.forEach((rank, number) => {
    const {x, y} = places[number];
    parts.push(svg('circle', {cx: x, cy: y, r: 18, class: `rank ${rank.state}`}));
    parts.push(svg('text', {x, y: y + 5, 'text-anchor': 'middle', class: 'on'}, String(number)));
    parts.push(svg('text', {x, y: y + 36, 'text-anchor': 'middle', class: 'faint'}, rank.state));
  });
  words.forEach((text, i) => parts.push(svg('text', {x: 4 + i * 300, y: size.height + 18, class: 'faint'}, text)));
  target.replaceChildren(...parts);
}

/** What the picture shows, in a sentence. */
export function meshWords(mesh, links = []) {
  if (mesh.ranks.length === 0) return `Mesh ${mesh.text}. Nobody has a place yet.`;
  const counts = new Map();
  for (const rank of mesh.ranks) counts.set(rank.state, (counts.get(rank.state) ?? 0) + 1);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const edgeless = mesh.ranks.length > EDGES_MAX_RANKS ? ` Groups are not drawn beyond ${EDGES_MAX_RANKS} ranks.` : '';
  return `${mesh.ranks.length} ranks on ${hosts(mesh.ranks).size} nodes, ${mesh.text}: ${states}. Spare nodes: ${mesh.spares.length}.${edgeless}${links.length > 0 ? ` Newest step, ${links.map(linkWords).join('; ')}.` : ''}`;
}

function mebibytes(count) {
  return count === undefined ? '–' : (count / (1 << 20)).toFixed(0);
}

export function rankRows(mesh) {
  return mesh.ranks.map((rank, number) => {
    const row = html('tr');
    for (const value of [number, rank.node, rank.data, rank.ring, rank.ulysses, rank.state, mebibytes(rank.arenaBytes), mebibytes(rank.residentBytes)]) {
      row.append(html('td', String(value)));
    }
    return row;
  });
}
