// Whether answers should say what was done for them. Offered to those who may know; kept for this browser tab.
import * as session from './session.js';

const KEY = 'stoa:debug';
const listeners = new Set();
let on = sessionStorage.getItem(KEY) === 'true';

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const isOn = () => on;

/** Whether the person who is signed in may see what happens inside. */
export const isAllowed = () => Boolean(session.snapshot().user?.permissions?.includes('OPERATIONS_INSPECT'));
export const isAsked = () => on && isAllowed();

export function turn(next) {
  on = next;
  sessionStorage.setItem(KEY, String(next));
  for (const listener of listeners) listener();
}
