// Draws a run from the server-sent events of /events. Each event has all that is new since the one before it (docs/dashboard.md).

import {chart, html, needlePicture, short} from './charts.js';
import {showControls} from './controls.js';
import {drawMesh, meshWords, rankRows} from './mesh.js';
import {drawTimeline, timelineRows, timelineWords} from './timeline.js';

const byId = id => document.getElementById(id);
const LOG_MAX = 300;
let points = [], newest = -1, drawn = {};

function say(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Draws a part of the page only when what it shows has changed, so that nobody's focus or selection is lost for nothing. */
function whenChanged(name, state, draw) {
  const text = JSON.stringify(state);
  if (drawn[name] !== text) {
    drawn[name] = text;
    draw();
  }
}

function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000)), two = n => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

function figures(state) {
  const n = state.numbers, has = tag => n[tag] !== undefined && n[tag] !== null;
  const percent = tag => has(tag) ? `${n[tag].toFixed(0)} %` : '–';
  const steps = state.stages.reduce((sum, stage) => sum + stage.steps, 0);
  const rows = [
    ['step', has('progress/global_step') ? `${n['progress/global_step']} of ${steps}` : `0 of ${steps}`],
    ['time that remains', state.leftMs === undefined ? '–' : duration(state.leftMs)],
    ['loss', short(n['loss_metrics/global_avg_loss'])],
    ['gradient norm', short(n.grad_norm)],
    ['tokens per second', has('throughput(tps)') ? short(n['throughput(tps)'] * n['sp/world_size']) : '–'],
    ['step time', has('time_metrics/end_to_end(s)') ? `${n['time_metrics/end_to_end(s)'].toFixed(2)} s` : '–'],
    ['operations per second, mesh', has('tflops') ? `${short(n.tflops * 1e12 * n['sp/world_size'])}FLOP/s` : '–'],
    ...(has('mfu(%)') ? [['model FLOP utilization', `${n['mfu(%)'].toFixed(1)} %`]] : []),
    ['largest process, GiB', has('memory/max_active(GiB)') ? n['memory/max_active(GiB)'].toFixed(2) : '–'],
    ['exposed communication', percent('sp/exposed_comm(%)')],
    ['waiting for samples', percent('time_metrics/data_loading(%)')],
    ['imbalance (1 = even)', has('sp/imbalance_ratio') ? n['sp/imbalance_ratio'].toFixed(2) : '–'],
    ['bytes between nodes, a step', short(n['sp/bytes_inter_node'])],
    ['goodput', has('ft/goodput') ? `${(100 * n['ft/goodput']).toFixed(1)} %` : '–'],
    ['mean time to repair', has('ft/mttr_s') ? `${n['ft/mttr_s'].toFixed(1)} s` : '–'],
  ];
  byId('figures').replaceChildren(...rows.map(([name, value]) => {
    const pair = html('div');
    pair.append(html('dt', name), html('dd', value));
    return pair;
  }));
}

function stages(state) {
  byId('stages').replaceChildren(...state.stages.map(stage => {
    const row = html('li'), bar = html('progress'), end = stage.endedMs ?? state.nowMs;
    if (stage.current) row.setAttribute('aria-current', 'step');
    bar.max = Math.max(1, stage.steps);
    bar.value = stage.done;
    bar.setAttribute('aria-label', `${stage.name}: ${stage.done} of ${stage.steps} steps`);
    const since = stage.beganMs === undefined ? '' : `, from ${new Date(stage.beganMs).toLocaleTimeString()}, ${duration(end - stage.beganMs)}`;
    const test = stage.current && state.evaluating ? `, ${state.evaluating.name} ${state.evaluating.done} of ${state.evaluating.cells} cells` : '';
    row.append(html('span', stage.name), bar, html('span', `${stage.done} of ${stage.steps}${since}${test}`));
    return row;
  }));
}

function log(entries) {
  for (const entry of entries.filter(found => found.number > newest)) {
    newest = entry.number;
    const row = html('li', '', entry.kind), time = html('time', new Date(entry.atMs).toLocaleTimeString());
    time.dateTime = new Date(entry.atMs).toISOString();
    row.append(time);
    if (entry.kind !== 'progress') row.append(html('b', entry.kind));
    row.append(entry.text);
    byId('log').prepend(row);
  }
  while (byId('log').childElementCount > LOG_MAX) byId('log').lastElementChild.remove();
}

function show(state) {
  document.title = `${state.run}: ${state.phase} – Longreel`;
  say('run', state.run);
  say('phase', state.phase);
  say('doing', state.doing);
  if (state.curve.whole) points = [];
  points.push(...state.curve.points);
  figures(state);
  showControls(state);
  whenChanged('mesh', [state.mesh, state.links], () => {
    say('mesh-note', meshWords(state.mesh, state.links));
    drawMesh(byId('mesh'), state.mesh, state.links);
    byId('ranks').replaceChildren(...rankRows(state.mesh));
  });
  if (state.curve.whole || state.curve.points.length > 0) {
    chart(byId('loss'), 'Loss', points, 2);
    chart(byId('norm'), 'Gradient norm', points, 3);
    chart(byId('speed'), 'Tokens per second', points, 4);
  }
  whenChanged('timeline', state.recent, () => {
    say('timeline-note', timelineWords(state.recent));
    drawTimeline(byId('timeline'), state.recent);
    byId('timeline-rows').replaceChildren(...timelineRows(state.recent));
  });
  stages(state);
  whenChanged('needles', state.evaluations, () => {
    if (state.evaluations.length > 0) byId('needles').replaceChildren(...state.evaluations.map(needlePicture));
  });
  const faults = Object.entries(state.faults).filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  say('faults', faults.length === 0 ? 'No fault so far.' : `So far: ${faults.join(', ')}.`);
  log(state.log);
}

const events = new EventSource('events');
events.onopen = () => {
  newest = -1;
  byId('log').replaceChildren();
  say('link', '');
};
events.onmessage = event => {
  const state = JSON.parse(event.data);
  show(state);
  if (state.last) {
    events.close();
    say('link', 'The run is over; this is how it ended. OUT/report.html has the rest.');
  }
};
events.onerror = () => say('link', 'The connection is lost; trying again. The run itself does not depend on it.');
