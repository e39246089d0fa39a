// Runs the audits of graphql-http against a demo of its own: node run.mjs <program>
import { auditServer } from 'graphql-http';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const STARTUP = 120_000;
const scratch = mkdtempSync(join(tmpdir(), 'stoa-audit-'));
const server = spawn(resolve(process.argv[2]), ['demo', 'run', '--listen', '127.0.0.1:0'], {
  cwd: scratch,
  env: { ...process.env, STOA_DATA_DIR: join(scratch, 'data') },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((done) => server.once('exit', done));

const address = new Promise((done, fail) => {
  const timer = setTimeout(() => fail(new Error('the server does not start')), STARTUP);
  let output = '';
  server.stdout.on('data', (text) => {
    output += text;
    const found = /(http:\/\/127\.0\.0\.1:[1-9]\d*)\/graphiql/.exec(output);
    if (found) {
      clearTimeout(timer);
      done(found[1]);
    }
  });
  ended.then((code) => fail(new Error(`the server ended with ${code}`)));
});

try {
  const results = await auditServer({ url: `${await address}/graphql` });
  const passed = results.filter(({ status }) => status === 'ok').length;
  for (const { status, id, name, reason } of results) if (status !== 'ok') console.log(`${status} ${id} ${name}: ${reason}`);
  console.log(`${passed} of ${results.length} audits passed`);
  process.exitCode = results.length > 0 && passed === results.length ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  server.kill('SIGTERM');
  await ended;
  rmSync(scratch, { recursive: true, force: true });
}
