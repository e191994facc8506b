// Orders to the run, each behind a question. The token comes with the address that is printed at the start, behind the hash, which browsers send to nobody.

const byId = id => document.getElementById(id);
const KEY = 'longreel-token';
let token = '', state = null, asking = null, isBusy = false;

const ORDERS = {
  checkpoint: {title: 'Write a checkpoint?', text: () => 'A training checkpoint is written behind the next step that is begun; training goes on meanwhile.', yes: 'Write it', path: () => 'checkpoint'},
  pause: {title: 'Pause the run?', text: () => 'What is in flight goes to its end; then ranks wait until the run is resumed. Their memory stays taken.', yes: 'Pause', path: () => 'pause'},
  resume: {title: 'Resume the run?', text: () => 'The run goes on with its next step.', yes: 'Resume', path: () => 'resume'},
  drain: {title: 'Drain the node?', text: () => `The ranks of ${byId('drain-node').value} go elsewhere first, then its process ends. No step is lost.`, yes: 'Drain', path: () => `drain/${encodeURIComponent(byId('drain-node').value)}`},
  kill: {title: 'Kill a process?', text: () => `The process that hosts rank ${byId('kill-rank').value} gets SIGKILL, and with it all ranks that it hosts. The run has to recover from that.`, yes: 'Kill', path: () => `kill/${byId('kill-rank').value}`},
};

function takeToken() {
  const hash = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(hash)) {
    sessionStorage.setItem(KEY, hash);
    history.replaceState(null, '', location.pathname);
  }
  token = sessionStorage.getItem(KEY) ?? '';
}

function options(id, values, words) {
  const select = byId(id), chosen = select.value;
  if (select.dataset.values === values.join('\n')) return;
  select.dataset.values = values.join('\n');
  select.replaceChildren(...values.map(value => new Option(words(value), value)));
  if (values.includes(chosen)) select.value = chosen;
}

/** Why an order cannot be given now; empty: it can. */
function obstacle(order) {
  if (!state) return 'not connected';
  if (!state.controls.on) return `This run takes no orders: ${state.controls.why}.`;
  if (token === '') return 'To give orders, open the address that was printed at the start, with the part behind the #; or use bin/longreel control.';
  if (state.last || state.phase === 'closed') return 'The run is over.';
  if (state.phase === 'stopping') return 'The run is stopping.';
  if (isBusy) return 'Waiting for an answer.';
  if (order === 'pause' && state.controls.pausing) return 'It is paused.';
  if (order === 'resume' && !state.controls.pausing) return 'It is not paused.';
  if (order === 'drain' && byId('drain-node').options.length === 0) return 'There is no node yet.';
  if (order === 'kill' && !state.controls.chaos) return 'Killing is off (longreel.dashboard.chaos).';
  if (order === 'kill' && byId('kill-rank').options.length === 0) return 'There is no rank yet.';
  return '';
}

function refresh() {
  for (const button of document.querySelectorAll('button[data-order]')) {
    const why = obstacle(button.dataset.order);
    button.disabled = why !== '';
    button.title = why;
  }
  const general = obstacle('checkpoint');
  const chaos = state && state.controls.on && !state.controls.chaos ? 'Killing is off: longreel.dashboard.chaos is false.' : '';
  const text = general !== '' && general !== 'Waiting for an answer.' ? general : chaos;
  if (byId('controls-note').textContent !== text) byId('controls-note').textContent = text;
  byId('drain-node').disabled = obstacle('drain') !== '';
  byId('kill-rank').disabled = obstacle('kill') !== '';
}

/** What the newest event says. */
export function showControls(newest) {
  state = newest;
  const nodes = [...new Set(state.mesh.ranks.filter(rank => rank.state !== 'lost').map(rank => rank.node))];
  options('drain-node', [...nodes, ...state.mesh.spares], node => state.mesh.spares.includes(node) ? `${node} (spare)` : node);
  options('kill-rank', state.mesh.ranks.map((rank, number) => String(number)), number => `${number} on ${state.mesh.ranks[number].node}`);
  refresh();
}

function ask(order) {
  asking = order;
  byId('confirm-title').textContent = ORDERS[order].title;
  byId('confirm-text').textContent = ORDERS[order].text();
  byId('confirm-yes').textContent = ORDERS[order].yes;
  byId('confirm-yes').classList.toggle('danger', order === 'kill' || order === 'drain');
  byId('confirm').showModal();
}

async function send(order, path) {
  const told = byId('control-answer');
  isBusy = true;
  refresh();
  told.className = '';
  told.textContent = 'Asking …';
  try {
    const reply = await fetch(`control/${path}`, {method: 'POST', headers: {'X-Longreel-Token': token}});
    const isJson = (reply.headers.get('Content-Type') ?? '').startsWith('application/json');
    const answer = isJson ? await reply.json() : {outcome: 'refused', text: (await reply.text()).trim()};
    told.className = answer.outcome;
    told.textContent = `${order}: ${answer.outcome}. ${answer.text}`;
  } catch (failure) {
    told.className = 'refused';
    told.textContent = `${order}: no answer, the connection is lost. The log tells whether it was done.`;
  } finally {
    isBusy = false;
    refresh();
  }
}

takeToken();
for (const button of document.querySelectorAll('button[data-order]')) button.addEventListener('click', () => ask(button.dataset.order));
byId('confirm-no').addEventListener('click', () => byId('confirm').close());
byId('confirm-yes').addEventListener('click', () => {
  const order = asking, path = ORDERS[order].path();
  byId('confirm').close();
  send(order, path);
});
