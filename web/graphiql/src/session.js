// Who is signed in. Tokens live in sessionStorage of this browser tab and nowhere else.
import { config } from './config.js';

const KEY = 'stoa:session';

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken user { username displayName permissions } userErrors { code message path } }
}`;
const DEMO_SIGN_IN = `mutation DemoSignIn($input: DemoSignInInput!) {
  demoSignIn(input: $input) { session { id } accessToken refreshToken user { id username displayName permissions } userErrors { code message path } }
}`;
const SIGN_OUT = `mutation SignOut($input: SignOutInput!) {
  signOut(input: $input) { userErrors { code message path } }
}`;
const REFRESH = `mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken refreshToken userErrors { code } }
}`;
const VIEWER = 'query Viewer { viewer { username displayName permissions } }';

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

let tokens = stored();
let state = { user: null, busy: Boolean(tokens.accessToken), problem: null };
const listeners = new Set();
const onTokens = new Set();

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const snapshot = () => state;
/** Calls back with `'refreshed'` when the same person got a new token, `'changed'` when it is someone else. */
export const onTokenChange = (listener) => onTokens.add(listener);
export const authorization = () => (tokens.accessToken ? `Bearer ${tokens.accessToken}` : undefined);

function set(part) {
  state = { ...state, ...part };
  for (const listener of listeners) listener();
}

function keep({ accessToken, refreshToken } = {}, why = 'changed') {
  tokens = accessToken ? { accessToken, refreshToken } : {};
  if (accessToken) sessionStorage.setItem(KEY, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEY);
  for (const listener of onTokens) listener(why);
}

/** One POST to the endpoint; the answer of the service, whatever its HTTP status. */
async function post(body, headers, bearer) {
  const response = await fetch(config.endpoint, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
      ...(bearer ? { authorization: bearer } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  try {
    return { status: response.status, result: JSON.parse(text) };
  } catch {
    throw new Error(`The server answered ${response.status} without JSON.${text ? ` ${text.slice(0, 300)}` : ''}`);
  }
}

const unauthenticated = ({ status, result }) =>
  status === 401 || result?.errors?.some((error) => error?.extensions?.code === 'UNAUTHENTICATED');

let refreshing = null;

/** Trades the refresh token once, however many requests ask at the same time. */
function refresh() {
  refreshing ??= (async () => {
    const { refreshToken } = tokens;
    try {
      const { result } = await post({ query: REFRESH, variables: { input: { refreshToken } } });
      const payload = result?.data?.refreshSession;
      if (tokens.refreshToken !== refreshToken) return Boolean(tokens.accessToken);
      if (payload?.accessToken && !payload.userErrors?.length) {
        keep({ accessToken: payload.accessToken, refreshToken: payload.refreshToken ?? refreshToken }, 'refreshed');
        return true;
      }
      keep();
      set({ user: null, problem: 'The session has ended. Please sign in again.' });
      return false;
    } catch {
      return false;
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

/** Sends a request as the person who is signed in; renews the session once when it has run out. */
export async function send(body, headers) {
  const bearer = authorization();
  const own = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  const answer = await post(body, headers, own ? undefined : bearer);
  if (own || !bearer || !tokens.refreshToken || !unauthenticated(answer)) return answer.result;
  const renewed = authorization() !== bearer ? Boolean(authorization()) : await refresh();
  // A partial answer may have written something: only an answer without data is asked again.
  const nothingRan = answer.status === 401 || answer.result?.data == null;
  return renewed && nothingRan ? (await post(body, headers, authorization())).result : answer.result;
}

function refusal(result, field) {
  const payload = result?.data?.[field];
  const messages = [...(payload?.userErrors ?? []), ...(result?.errors ?? [])].map((error) => error.message);
  if (messages.length) return messages.join(' ');
  return payload ? null : 'The server gave no answer.';
}

async function enter(field, query, input) {
  set({ busy: true, problem: null });
  try {
    const { result } = await post({ query, variables: { input } });
    const problem = refusal(result, field) ?? (result.data[field].accessToken ? null : 'The server gave no token.');
    if (problem) {
      set({ busy: false, problem });
      return false;
    }
    const before = authorization();
    keep(result.data[field]);
    set({ busy: false, problem: null, user: result.data[field].user });
    if (before) post({ query: SIGN_OUT, variables: { input: {} } }, {}, before).catch(() => {});
    return true;
  } catch (error) {
    set({ busy: false, problem: error.message });
    return false;
  }
}

export const signInAs = (username) => enter('demoSignIn', DEMO_SIGN_IN, { username });
export const signIn = (identifier, password) => enter('signIn', SIGN_IN, { identifier, password });
export const forgetProblem = () => state.problem && set({ problem: null });

export async function signOut() {
  const bearer = authorization();
  keep();
  set({ user: null, busy: false, problem: null });
  if (bearer) await post({ query: SIGN_OUT, variables: { input: {} } }, {}, bearer).catch(() => {});
}

/** On loading: the tokens of this browser tab may still be good. */
export async function restore() {
  if (!tokens.accessToken) return;
  try {
    const result = await send({ query: VIEWER });
    const user = result?.data?.viewer ?? null;
    if (!user && tokens.accessToken) keep();
    set({ user, busy: false });
  } catch (error) {
    set({ busy: false, problem: error.message });
  }
}
