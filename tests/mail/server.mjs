// A mail server for the tests (npm smtp-server), told by one argument of JSON how to behave:
//
//   port       the port, or 0 for any that is free
//   tls        "none", "starttls" or "wrapped"; with `key` and `cert` in PEM
//   user, password   if given, nothing is taken without them
//
// It prints one line of JSON for its port, and one for each recipient it refuses and each message it takes. What it thinks
// of a recipient is in the name: `refused…` is refused for good (550), `later…` is put off (450) the first time.
import { SMTPServer } from 'smtp-server';

const asked = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const seen = new Set();

const error = (responseCode, message) => Object.assign(new Error(message), { responseCode });

const server = new SMTPServer({
  secure: asked.tls === 'wrapped',
  key: asked.key,
  cert: asked.cert,
  hideSTARTTLS: asked.tls !== 'starttls',
  disabledCommands: asked.user ? [] : ['AUTH'],
  authOptional: !asked.user,
  // So that a password in the clear would be seen to arrive.
  allowInsecureAuth: true,
  onAuth({ username, password }, session, done) {
    const right = username === asked.user && password === asked.password;
    done(right ? null : error(535, 'no'), { user: username });
  },
  onRcptTo({ address }, session, done) {
    const again = seen.has(address);
    seen.add(address);
    if (address.startsWith('refused')) say({ refused: address });
    else if (address.startsWith('later') && !again) say({ refused: address });
    else return done();
    return done(address.startsWith('refused') ? error(550, 'nobody of this name') : error(450, 'not now'));
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      const text = Buffer.concat(parts).toString('utf8');
      say({ from: mailFrom.address, to: rcptTo.map((one) => one.address), text, secure: session.secure, user: session.user });
      done();
    });
  },
});

server.on('error', () => {});
server.listen(asked.port, '127.0.0.1', () => say({ port: server.server.address().port }));
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
