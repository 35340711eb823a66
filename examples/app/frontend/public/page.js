'use strict';

const SHOWN_REQUESTS = 10;

/** Asks the backend, shows the request in the table and gives the answer (undefined without one). */
async function ask(path) {
  const started = performance.now();
  const answer = await fetch(path).catch(() => undefined);
  showRequest(path, answer?.status, performance.now() - started);
  return answer;
}

function showRequest(path, status, milliseconds) {
  const row = document.createElement('tr');
  const cells = [new Date().toLocaleTimeString(), `GET ${path}`, status ?? 'no answer', `${Math.round(milliseconds)} ms`];
  for (const text of cells) row.insertCell().textContent = text;
  row.cells[2].classList.toggle('bad', status === undefined || status >= 400);

  const rows = document.querySelector('#requests');
  rows.prepend(row);
  while (rows.rows.length > SHOWN_REQUESTS) rows.deleteRow(-1);
}

async function showItems() {
  const answer = await ask('/api/items');
  const items = answer?.ok ? await answer.json() : [];
  document.querySelector('#items').replaceChildren(...items.map(itemLine));
}

function itemLine({ name, price }) {
  const line = document.createElement('li');
  const tag = document.createElement('span');
  tag.className = 'price';
  tag.textContent = `€ ${price}`;
  line.append(name, tag);
  return line;
}

for (const button of document.querySelectorAll('button[data-path]')) {
  button.addEventListener('click', () => ask(button.dataset.path));
}
showItems();
