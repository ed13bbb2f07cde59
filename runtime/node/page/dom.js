/** Elements from foreign text: what is given as a child is text, never markup. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** A table in a box that scrolls by itself, so that the page never does sideways. Heads ending in `#` are numbers. */
export function table(heads, rows) {
  const isNumber = heads.map((head) => head.endsWith('#'));
  const cell = (tag) => (content, column) =>
    h(tag, { class: isNumber[column] ? 'num' : undefined }, content ?? '–');
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, heads.map((head) => head.replace(/#$/, '')).map(cell('th')))),
      h(
        'tbody',
        {},
        rows.map((row) => h('tr', {}, row.map(cell('td')))),
      ),
    ),
  );
}

/** Replaces a section's content only when what it shows has changed: a selection or a focus survives. */
const shown = new Map();
export function show(id, key, make) {
  const text = JSON.stringify(key);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  document.querySelector(`#${id} .body`).replaceChildren(...[make()].flat().filter(Boolean));
}

export const note = (text, kind = 'quiet') => h('p', { class: kind }, text);

/** For a list that shows only its beginning. */
export const moreButton = (shown, total, onclick) =>
  shown < total ? h('button', { class: 'more', onclick }, `Show more of the ${total}`) : null;

/** Draws a list anew and leaves the keyboard where it was. `mark` is the attribute that tells its items apart. */
export function replaceKept(body, mark, ...children) {
  const id = document.activeElement?.closest(`[${mark}]`)?.getAttribute(mark);
  body.replaceChildren(...children.filter(Boolean));
  if (id === null || id === undefined) return;
  const same = [...body.querySelectorAll(`[${mark}]`)].find((element) => element.getAttribute(mark) === id);
  same?.querySelector('summary')?.focus({ preventScroll: true });
}
