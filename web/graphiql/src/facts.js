// What the last answer said about its price; shown below the editor, absent when the answer says nothing.
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

export function record(result) {
  const { cost, statements, statementCount } = result?.extensions ?? {};
  const next = [];
  if (typeof cost === 'number') next.push(['cost', shown(cost)]);
  else if (cost) {
    for (const [name, value] of Object.entries(cost)) {
      if (typeof value === 'number' || typeof value === 'string') next.push([words(name), shown(value)]);
    }
  }
  const count = statementCount ?? (typeof statements === 'object' ? statements?.count : statements);
  if (typeof count === 'number') next.push(['statements', shown(count)]);
  facts = next;
  for (const listener of listeners) listener();
}
