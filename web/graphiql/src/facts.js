// What the last answer said about its price and, if asked, about what was done for it; absent when it says nothing.
let facts = [];
const listeners = new Set();

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const snapshot = () => facts;

const words = (name) => name === 'requested' ? 'cost' : name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
const number = new Intl.NumberFormat('en');
const shown = (value) => (typeof value === 'number' ? number.format(value) : value);

const milliseconds = (value) => `${new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(value)} ms`;

export function record(result) {
  const { cost, debug } = result?.extensions ?? {};
  const next = [];
  for (const [name, value] of Object.entries(cost ?? {})) {
    if (typeof value === 'number' || typeof value === 'string') next.push([words(name), shown(value)]);
  }
  if (debug) {
    next.push(['statements', shown(debug.statements)]);
    next.push(['in the database', milliseconds(debug.statementTime)], ['in all', milliseconds(debug.totalTime)]);
  }
  facts = next;
  for (const listener of listeners) listener();
}
