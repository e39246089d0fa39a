// A sign-in provider for the tests (npm oidc-provider), told by one argument of JSON how to behave:
//
//   port       the port, or 0 for any that is free
//   clients    its clients, as oidc-provider wants them
//   people     what it knows of whom, by the login
//   whole      whether ID tokens hold it all; else it is asked for besides
//
// It prints one line of JSON for its port and its issuer. A line of JSON on its input says how the next answers of the token
// endpoint are bent, and is answered by the same line:
//
//   { "claims": {…} }      the ID token says this besides, signed by the provider's own key (`exp` of null: long ago)
//   { "sign": "…" }        the ID token is signed by nobody ("none"), with the client's secret ("secret"), with another key of
//                          the same name ("forged"), or differs in a byte ("broken")
//   { "status": …, "location": …, "bytes": … }   the answer is something else
//   {}                     not at all
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import * as jose from 'jose';
import Provider from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
// It has advice for operators.
console.info = console.warn = () => {};

const key = async () => {
  const { privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
  const jwk = await jose.exportJWK(privateKey);
  return { ...jwk, alg: 'RS256', use: 'sig', kid: await jose.calculateJwkThumbprint(jwk) };
};
const [ours, foreign] = await Promise.all([key(), key()]);

let bend = {};
const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function bent(token) {
  const header = jose.decodeProtectedHeader(token);
  const claims = { ...jose.decodeJwt(token), ...bend.claims };
  if (claims.exp === null) claims.exp = 1000000000;
  switch (bend.sign) {
    case 'none':
      return `${text({ alg: 'none' })}.${text(claims)}.`;
    case 'secret': {
      const said = `${text({ alg: 'HS256' })}.${text(claims)}`;
      const { client_secret: secret } = asked.clients[0];
      return `${said}.${createHmac('sha256', secret).update(said).digest('base64url')}`;
    }
    case 'broken': {
      const [head, , signature] = token.split('.');
      return [head, text({ ...claims, sub: 'somebody-else' }), signature].join('.');
    }
    default: {
      const signing = await jose.importJWK(bend.sign === 'forged' ? foreign : ours, 'RS256');
      return new jose.SignJWT(claims).setProtectedHeader(header).sign(signing);
    }
  }
}

const server = createServer();
server.listen(asked.port, '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: asked.clients,
    jwks: { keys: [ours] },
    cookies: { keys: ['a key of the tests'] },
    conformIdTokenClaims: !asked.whole,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...asked.people[id] }) }),
    features: { devInteractions: { enabled: true } },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path !== '/token' || ctx.method !== 'POST') return;
    if (bend.status) {
      ctx.status = bend.status;
      ctx.body = bend.bytes ? 'x'.repeat(bend.bytes) : {};
      if (bend.location) ctx.set('Location', bend.location);
    } else if ((bend.claims || bend.sign) && ctx.body?.id_token) {
      ctx.body = { ...ctx.body, id_token: await bent(ctx.body.id_token) };
    }
  });
  server.on('request', provider.callback());
  say({ port, issuer });
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    bend = JSON.parse(line);
    say(bend);
  })
  // Ends with whoever started it.
  .on('close', () => process.exit(0));
