// The landing page and GraphiQL in a real browser, without any network beyond the server.
//
//   node tests/browser/run.mjs
//
// STOA_URL     a server that runs already (otherwise one is started with demo data)
// STOA_BIN     the server's binary (otherwise target/debug/stoa, built when missing)
// CHROMIUM     the browser (otherwise /usr/bin/chromium)
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const STARTUP = 120_000;
const WAIT = 20_000;

let passed = 0;
let failed = 0;

function result(name, problem) {
  if (problem) failed += 1;
  else passed += 1;
  console.log(`${problem ? 'FAIL' : 'ok  '} ${name}${problem ? `: ${problem}` : ''}`);
}

/** Runs one check; a failed check does not stop the next. */
async function check(name, run, onFailure) {
  try {
    await run();
    result(name);
  } catch (error) {
    const text = stripVTControlCharacters(String(error?.message ?? error));
    result(name, text.split('\n').slice(0, 4).map((line) => line.trim()).join(' | '));
    await onFailure?.().catch(() => {});
  }
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function must(command, args, options) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout ?? ''}${stderr ?? ''}`);
}

async function playwright() {
  if (!existsSync(join(here, 'node_modules'))) {
    must('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: here });
  }
  return (await import('playwright-core')).chromium;
}

function binary() {
  if (process.env.STOA_BIN) return resolve(process.env.STOA_BIN);
  const path = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug/stoa');
  if (!existsSync(path)) {
    console.log('building the server');
    must('cargo', ['build', '-p', 'stoa-api', '--bin', 'stoa', '--locked'], { cwd: root, stdio: 'inherit' });
  }
  return path;
}

/** Starts a server with demo data of its own; resolves when it has printed its address. Introspection is closed, so that what
 * GraphiQL knows of the schema is from the bundle. */
function start(scratch, friend) {
  const child = spawn(binary(), ['demo', 'run', '--listen', '127.0.0.1:0'], {
    cwd: scratch,
    env: {
      ...process.env,
      STOA_DATA_DIR: join(scratch, 'data'),
      STOA_INTROSPECTION: 'closed',
      STOA_ALLOWED_ORIGINS: friend,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
  const url = new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no address after ${STARTUP / 1000} s\n${output}`)), STARTUP);
    child.stdout.on('data', (text) => {
      output += text;
      const found = /(http:\/\/127\.0\.0\.1:[1-9]\d*)\/graphiql/.exec(output);
      if (found) {
        clearTimeout(timer);
        done(found[1]);
      }
    });
    child.stderr.on('data', (text) => (output += text));
    child.once('error', fail);
    ended.then((code) => fail(new Error(`the server ended with ${code}\n${output}`)));
  });
  url.catch(() => {});
  return { child, url, ended, output: () => output };
}

async function stop({ child, ended }) {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, WAIT, 'late')));
  const code = await Promise.race([ended, late]);
  clearTimeout(timer);
  if (code === 'late') {
    child.kill('SIGKILL');
    throw new Error(`still running ${WAIT / 1000} s after SIGTERM`);
  }
  expect(code === 0, `ended with ${code}, not 0`);
}

/** Everything that must stay empty while the pages are used. */
async function watch(context, origin) {
  const seen = { foreign: [], console: [], policy: [] };
  const ours = (url) => {
    if (/^(data|blob|about):/.test(url)) return true;
    return new URL(url).origin.replace(/^ws/, 'http') === origin;
  };
  await context.route(
    (url) => !ours(url.href),
    (route) => {
      seen.foreign.push(route.request().url());
      return route.abort();
    },
  );
  context.on('request', (request) => {
    if (!ours(request.url()) && !seen.foreign.includes(request.url())) seen.foreign.push(request.url());
  });
  await context.exposeFunction('stoaReportViolation', (text) => void seen.policy.push(text));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      globalThis.stoaReportViolation(`${event.effectiveDirective} blocked ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      if (!ours(socket.url())) seen.foreign.push(socket.url());
    });
    page.on('pageerror', (error) => seen.console.push(String(error)));
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      const list = /content security policy/i.test(message.text()) ? seen.policy : seen.console;
      list.push(`${message.text()} (${message.location().url})`);
    });
  });
  return seen;
}

async function pages(page, origin, shots) {
  const shot = async (name) => {
    const path = join(shots, `${name}.png`);
    await page.screenshot({ path });
    console.log(`     ${path}`);
  };

  let count = 0;
  const step = (name, run) => check(name, run, () => shot(`failure-${(count += 1)}`));

  await step('the landing page loads and links', async () => {
    const response = await page.goto(`${origin}/`);
    expect(response.status() === 200, `status ${response.status()}`);
    const policy = response.headers()['content-security-policy'] ?? '';
    expect(/default-src 'none'/.test(policy), `policy "${policy}"`);
    expect(!/unsafe/.test(policy), `policy "${policy}"`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    for (const wanted of ['/graphiql', '/healthz']) expect(links.includes(wanted), `no link to ${wanted}`);
    const health = await page.request.get(`${origin}/healthz`);
    expect(health.ok(), `/healthz answers ${health.status()}`);
    await shot('landing');
    await page.locator('a[href="/graphiql"]').first().click();
    await page.waitForURL('**/graphiql');
  });

  await step('GraphiQL shows, under a policy without unsafe', async () => {
    const response = await page.goto(`${origin}/graphiql`);
    expect(response.status() === 200, `status ${response.status()}`);
    const policy = response.headers()['content-security-policy'] ?? '';
    expect(/frame-ancestors 'none'/.test(policy) && !/unsafe/.test(policy), `policy "${policy}"`);
    await page.locator('.graphiql-query-editor .view-lines .view-line').first().waitFor({ timeout: WAIT });
    await page.getByText('Not signed in').waitFor();
    const tops = await page
      .locator('.graphiql-query-editor .view-line')
      .evaluateAll((lines) => new Set(lines.map((line) => line.getBoundingClientRect().top)).size);
    expect(tops > 1, 'the lines of the editor lie on each other');
  });

  await step('one click signs in as the first demo person', async () => {
    const button = page.getByRole('group', { name: 'Sign in as' }).getByRole('button').first();
    const name = (await button.textContent()).trim();
    await button.click();
    await page.locator('.stoa-who strong', { hasText: name }).waitFor({ timeout: WAIT });
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });

  await step('a query shows its answer in the result pane', async () => {
    await page.locator('.graphiql-add-tab, [aria-label="New tab"]').first().click();
    await page.locator('.graphiql-query-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('{ viewer { username } }');
    await page.locator('.graphiql-execute-button').click();
    const answer = page.locator('.result-window .view-lines');
    await answer.filter({ hasText: '"username"' }).waitFor({ timeout: WAIT });
    const text = (await answer.innerText()).replace(/\u00a0/g, ' ');
    expect(/"viewer": \{/.test(text) && /"username": "[^"]+"/.test(text), text);
    await shot('answer');
  });

  await step('who may know sees the statements of the last answer', async () => {
    const facts = page.getByRole('status', { name: 'Cost of the last answer' });
    const debug = page.getByRole('checkbox', { name: 'Debug' });
    await facts.getByText('cost', { exact: false }).first().waitFor();
    expect(!/statements/.test(await facts.innerText()), 'there are statements although nobody asked');
    await debug.focus();
    await page.keyboard.press('Space');
    expect(await debug.isChecked(), 'the space bar does not turn it on');
    await page.locator('.graphiql-execute-button').click();
    await facts.getByText('statements').waitFor({ timeout: WAIT });
    const text = await facts.innerText();
    expect(/statements\s+[1-9]/.test(text) && /in all\s+[\d.,]+ ms/.test(text), text);
    const { height } = await page.locator('.stoa-debug').boundingBox();
    expect(height >= 24, `the target is ${height} pixels high`);
    await shot('debug');
    await debug.uncheck();
    await page.locator('.graphiql-execute-button').click();
    await facts.getByText('statements').waitFor({ state: 'detached', timeout: WAIT });
  });

  await step('a subscription tells of what somebody writes', async () => {
    const ask = (query, variables = {}) => page.evaluate(async ([query, variables]) => {
      const session = Object.values(sessionStorage).find((value) => value.includes('eyJ')) ?? '';
      const token = session.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)[0];
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const body = JSON.stringify({ query, variables });
      return (await fetch('/graphql', { method: 'POST', headers, body })).json();
    }, [query, variables]);
    const made = await ask('mutation { createConversation(input: { title: "Live" }) { conversation { id } } }');
    const conversation = made.data.createConversation.conversation.id;
    await page.locator('.graphiql-query-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(
      `subscription { conversationEvents(conversationId: "${conversation}") { kind message { content } } }`);
    await page.locator('.graphiql-execute-button').click();
    const answer = page.locator('.result-window .view-lines');
    // The stream begins when it begins: what is written before is not told, so somebody writes until something is.
    const write = 'mutation($input: AppendMessageInput!) { appendMessage(input: $input) { message { id } } }';
    const told = answer.filter({ hasText: 'MESSAGE_ADDED' });
    for (let tries = 0; tries < 40 && !(await told.count()); tries += 1) {
      await ask(write, { input: { conversationId: conversation, content: 'hello from the side' } });
      await page.waitForTimeout(250);
    }
    expect((await answer.innerText()).replace(/\u00a0/g, ' ').includes('hello from the side'), 'nothing was told');
    await shot('subscription');
    await page.locator('.graphiql-execute-button').click();
  });

  await step('the documentation opens and shows Query, also where introspection is closed', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.waitFor({ timeout: WAIT });
    await docs.getByText(/Query(Root)?$/).first().click();
    await docs.getByText('viewer', { exact: false }).first().waitFor({ timeout: WAIT });
    await shot('documentation');
  });

  await step('signing out forgets the person', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in').waitFor({ timeout: WAIT });
    const kept = await page.evaluate(() => sessionStorage.getItem('stoa:session'));
    expect(kept === null, 'the tokens are still there');
    expect((await page.getByRole('checkbox', { name: 'Debug' }).count()) === 0, 'strangers are offered Debug');
  });

  await step('who may not know is not offered what would be refused', async () => {
    await page.getByRole('group', { name: 'Sign in as' }).getByRole('button', { name: 'Yuki Tanabe' }).click();
    await page.locator('.stoa-who strong', { hasText: 'Yuki' }).waitFor({ timeout: WAIT });
    expect((await page.getByRole('checkbox', { name: 'Debug' }).count()) === 0, 'Debug is offered');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in').waitFor({ timeout: WAIT });
  });

  await step('the page holds together at 800 pixels', async () => {
    await page.setViewportSize({ width: 800, height: 700 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${over} pixels too wide`);
    await shot('narrow');
  });
}

/** A site of somebody else's: an empty page on a port of its own. */
async function site() {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title>'));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What pages of other sites may do: those of the friend everything, those of the stranger nothing. */
async function elsewhere(context, origin, friend, stranger) {
  const page = await context.newPage();
  const ask = (request) => page.evaluate(async ({ url, token, body }) => {
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
    if (token) headers.authorization = `Bearer ${token}`;
    try {
      const response = await fetch(url, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {});
      const shown = ['ratelimit', 'x-request-id', 'etag'].filter((name) => response.headers.has(name));
      return { status: response.status, shown, answer: await response.json() };
    } catch (error) {
      return { failed: String(error) };
    }
  }, request);
  const url = `${origin}/graphql`;
  const signIn = { query: 'mutation { demoSignIn(input: { username: "ines" }) { accessToken } }' };
  const viewer = { query: '{ viewer { username } }' };

  await check('a page of an allowed origin signs in and reads answers and errors', async () => {
    await page.goto(friend);
    const signedIn = await ask({ url, body: signIn });
    const token = signedIn.answer?.data.demoSignIn.accessToken;
    expect(token, JSON.stringify(signedIn));
    const { status, shown, answer } = await ask({ url, token, body: viewer });
    expect(status === 200 && answer.data.viewer.username === 'ines', JSON.stringify(answer));
    expect(shown.includes('ratelimit') && shown.includes('x-request-id'), `it reads ${shown}`);
    const refused = await ask({ url, token: 'nonsense', body: viewer });
    expect(refused.status === 401 && refused.answer.errors[0].extensions.code === 'UNAUTHENTICATED', JSON.stringify(refused));
    const opened = await page.evaluate((url) => new Promise((done) => {
      const socket = new WebSocket(url, 'graphql-transport-ws');
      socket.onopen = () => done(true);
      socket.onerror = () => done(false);
    }), url.replace('http', 'ws'));
    expect(opened, 'no socket');
  });

  await check('a page of any other origin reads nothing but the schema bundle', async () => {
    await page.goto(stranger);
    const refused = await ask({ url, body: viewer });
    expect(refused.failed, JSON.stringify(refused));
    const read = await ask({ url: `${url}?query=%7B__typename%7D` });
    expect(read.failed, JSON.stringify(read));
    const bundle = await ask({ url: `${origin}/schema` });
    expect(bundle.status === 200 && bundle.answer.version && bundle.shown.includes('etag'), JSON.stringify(bundle));
    const opened = await page.evaluate((url) => new Promise((done) => {
      const socket = new WebSocket(url, 'graphql-transport-ws');
      socket.onopen = () => done(true);
      socket.onerror = () => done(false);
    }), url.replace('http', 'ws'));
    expect(!opened, 'it opened a socket');
  });
  await page.close();
}

async function main() {
  const chromium = await playwright();
  const scratch = mkdtempSync(join(tmpdir(), 'stoa-browser-'));
  const shots = mkdtempSync(join(tmpdir(), 'stoa-screenshots-'));
  let server = null;
  let context = null;
  let browser = null;
  const [friend, stranger] = await Promise.all([site(), site()]);
  const interrupted = () => {
    server?.child.kill('SIGTERM');
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    if (!process.env.STOA_URL) server = start(scratch, friend.origin);
    const origin = server ? await server.url : new URL(process.env.STOA_URL).origin;
    console.log(`server ${origin}`);
    context = await chromium.launchPersistentContext(join(scratch, 'browser'), {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      viewport: { width: 1280, height: 800 },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(origin).hostname}`,
      ],
    });
    const seen = await watch(context, origin);
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT);
    await pages(page, origin, shots);
    for (const [name, list] of [
      ['no request to another origin', seen.foreign],
      ['no violation of the content security policy', seen.policy],
      ['no error in the console', seen.console],
    ]) {
      result(name, list.length ? [...new Set(list)].slice(0, 5).join(' | ') : undefined);
    }
    // A server that runs already does not know the friend.
    if (server) {
      browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
      await elsewhere(await browser.newContext(), origin, friend.origin, stranger.origin);
    }
  } catch (error) {
    result('the run itself', error?.stack ?? String(error));
  } finally {
    await context?.close().catch(() => {});
    await browser?.close().catch(() => {});
    for (const one of [friend, stranger]) one.close();
    if (server) await check('the server ends with code 0 on SIGTERM', () => stop(server));
    if (failed && server) console.log(`--- the server's output\n${server.output().slice(-4000)}`);
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

await main();
