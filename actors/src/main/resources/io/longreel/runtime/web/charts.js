// Line charts of a run's points and tables of its needle tests, as SVG and HTML. Text goes in as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

export function svg(name, attributes = {}, text = '') {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== '') element.textContent = text;
  return element;
}

export function html(name, text = '', className = '') {
  const element = document.createElement(name);
  if (text !== '') element.textContent = text;
  if (className !== '') element.className = className;
  return element;
}

export function short(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size >= 1e9) return (value / 1e9).toFixed(1) + ' G';
  if (size >= 1e6) return (value / 1e6).toFixed(1) + ' M';
  if (size >= 1e4) return (value / 1e3).toFixed(0) + ' k';
  if (size >= 100 || value === Math.round(value)) return value.toFixed(0);
  return size >= 0.01 ? value.toFixed(3) : value.toExponential(1);
}

const WIDTH = 380, HEIGHT = 190, LEFT = 52, RIGHT = 8, TOP = 8, BOTTOM = 24;

/** Draws column `column` of points [step, stage, ...] and says in words what it shows. */
export function chart(target, what, points, column) {
  const known = points.filter(point => point[column] !== null);
  target.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  if (known.length === 0) {
    target.replaceChildren(svg('text', {x: WIDTH / 2, y: HEIGHT / 2, 'text-anchor': 'middle', class: 'faint'}, 'no step yet'));
    target.setAttribute('aria-label', `${what}: no step yet`);
    return;
  }
  const values = known.map(point => point[column]);
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  const bottom = low >= 0 && low < high / 2 ? 0 : low, top = high > bottom ? high : bottom + 1;
  const first = known[0][0], last = Math.max(known[known.length - 1][0], first + 1);
  const x = step => LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT);
  const y = value => TOP + (top - value) / (top - bottom) * (HEIGHT - TOP - BOTTOM);
  const parts = [];
  for (let i = 0; i <= 3; i++) {
    const value = bottom + (top - bottom) * i / 3;
    parts.push(svg('line', {x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: 'grid'}));
    parts.push(svg('text', {x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end', class: 'faint'}, short(value)));
  }
  for (let i = 1; i < known.length; i++) {
    if (known[i][1] !== known[i - 1][1]) {
      parts.push(svg('line', {x1: x(known[i][0]), x2: x(known[i][0]), y1: TOP, y2: HEIGHT - BOTTOM, class: 'stage-line'}));
    }
  }
  const line = known.map(point => `${x(point[0]).toFixed(1)},${y(point[column]).toFixed(1)}`).join(' ');
  parts.push(svg('polyline', {points: line, class: 'curve'}));
  parts.push(svg('text', {x: LEFT, y: HEIGHT - 6, class: 'faint'}, `step ${first}`));
  parts.push(svg('text', {x: WIDTH - RIGHT, y: HEIGHT - 6, 'text-anchor': 'end', class: 'faint'}, `${known[known.length - 1][0]}`));
  target.replaceChildren(...parts);
  target.setAttribute('aria-label', `${what} over steps ${first} to ${known[known.length - 1][0]}: newest ${short(values[values.length - 1])}, `
    + `lowest ${short(low)}, highest ${short(high)}`);
}

/** A needle test as a map: frames across, depth down, the colour is the share of right answers; all of it as a table below. */
export function needlePicture(test) {
  const frames = [...new Set(test.cells.map(cell => cell.frames))].sort((a, b) => a - b);
  const depths = [...new Set(test.cells.map(cell => cell.depth))].sort((a, b) => a - b);
  const right = test.cells.reduce((sum, cell) => sum + cell.correct, 0), all = test.cells.reduce((sum, cell) => sum + cell.total, 0);
  const wide = Math.max(34, Math.min(90, 900 / frames.length)), high = 30, left = 64, top = 26, shapes = [];
  frames.forEach((count, i) => shapes.push(svg('text', {x: left + (i + 0.5) * wide, y: 16, 'text-anchor': 'middle', class: 'faint'}, String(count))));
  depths.forEach((depth, j) => {
    shapes.push(svg('text', {x: left - 8, y: top + j * high + 19, 'text-anchor': 'end', class: 'faint'}, `${(100 * depth).toFixed(0)} %`));
    frames.forEach((count, i) => {
      const cell = test.cells.find(found => found.frames === count && found.depth === depth);
      const share = cell && cell.total > 0 ? cell.correct / cell.total : null;
      const q = share === null ? 'none' : `q${Math.round(share * 4)}`;
      shapes.push(svg('rect', {x: left + i * wide + 1, y: top + j * high + 1, width: wide - 2, height: high - 2, rx: 3, class: `needle ${q}`}));
      shapes.push(svg('text', {x: left + (i + 0.5) * wide, y: top + j * high + 20, 'text-anchor': 'middle', class: share === null ? 'faint' : 'on'},
        share === null ? '–' : share.toFixed(2)));
    });
  });
  const width = left + frames.length * wide + 8, height = top + depths.length * high + 4;
  const picture = svg('svg', {viewBox: `0 0 ${width} ${height}`, width, role: 'img',
    'aria-label': `${test.name}: ${right} of ${all} needles found, over ${frames.length} lengths from ${frames[0]} to ${frames[frames.length - 1]} frames and ${depths.length} depths`});
  picture.append(...shapes);
  const figure = html('figure'), scroll = html('div', '', 'scroll'), details = html('details');
  scroll.append(picture);
  details.append(html('summary', 'as a table'), needleTable(test));
  figure.append(html('figcaption', `${test.name}: ${right} of ${all} found; frames across, depth down`), scroll, details);
  return figure;
}

/** Depth down, frames across; colour and number say the share of right answers. */
function needleTable(test) {
  const frames = [...new Set(test.cells.map(cell => cell.frames))].sort((a, b) => a - b);
  const depths = [...new Set(test.cells.map(cell => cell.depth))].sort((a, b) => a - b);
  const right = test.cells.reduce((sum, cell) => sum + cell.correct, 0), all = test.cells.reduce((sum, cell) => sum + cell.total, 0);
  const table = html('table');
  table.append(html('caption', `${test.name}: ${right} of ${all} found`));
  const head = html('tr');
  const corner = html('th', 'depth \\ frames');
  corner.scope = 'col';
  head.append(corner);
  for (const count of frames) {
    const cell = html('th', String(count));
    cell.scope = 'col';
    head.append(cell);
  }
  table.append(head);
  for (const depth of depths) {
    const row = html('tr'), name = html('th', depth.toFixed(2));
    name.scope = 'row';
    row.append(name);
    for (const count of frames) {
      const cell = test.cells.find(found => found.frames === count && found.depth === depth);
      const share = cell && cell.total > 0 ? cell.correct / cell.total : null;
      row.append(share === null ? html('td', '–') : html('td', share.toFixed(2), `cell q${Math.round(share * 4)}`));
    }
    table.append(row);
  }
  return table;
}
