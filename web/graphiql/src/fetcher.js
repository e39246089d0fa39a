// GraphiQL's way to the service: POST for queries and mutations, graphql-transport-ws for subscriptions.
import { createClient, MessageType } from 'graphql-ws/client';
import { Kind, OperationTypeNode, parse } from 'graphql';
import { config } from './config.js';
import * as debug from './debug.js';
import { authorization, onTokenChange, send } from './session.js';
import { INTROSPECTION, readSchema } from './schema.js';

let socket = null;

function connect() {
  const url = new URL(config.endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return createClient({
    url: url.href,
    lazy: true,
    // A stream that ends says so: the close code is what someone exploring wants to see.
    retryAttempts: 0,
    connectionParams: () => (authorization() ? { authorization: authorization() } : {}),
    on: {
      connected: (open) => (socket = open),
      closed: () => (socket = null),
    },
  });
}

let client = connect();

onTokenChange((why) => {
  if (why === 'refreshed' && socket?.readyState === WebSocket.OPEN) {
    // A stream that is open goes on with the new token.
    socket.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization: authorization() } }));
  } else if (why === 'changed') {
    client.dispose();
    client = connect();
  }
});

// GraphiQL prints what is thrown: the sentence, without the stack of this page.
const plain = (message) => Object.assign(new Error(message), { stack: undefined });

function readable(cause) {
  if (Array.isArray(cause)) return cause;
  if (cause instanceof CloseEvent) return plain(`The stream was closed (${cause.code}${cause.reason ? `: ${cause.reason}` : ''}).`);
  return plain(cause instanceof Error ? cause.message : 'The stream could not be opened.');
}

// Not an async generator: its return() would wait for the next event before it closes the stream.
function stream(request, onAnswer) {
  const events = client.iterate(request);
  return {
    async next() {
      try {
        const step = await events.next();
        if (!step.done) onAnswer(step.value);
        return step;
      } catch (cause) {
        throw readable(cause);
      }
    },
    return: () => events.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

// GraphiQL learns the names of the operations a moment after the text has changed, so a quick run
// brings the name from before: the text itself decides.
function chosen(query, operationName) {
  let operations;
  try {
    operations = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return { operationName };
  }
  const named = operations.find((definition) => operationName && definition.name?.value === operationName);
  const operation = named ?? (operations.length === 1 ? operations[0] : undefined);
  return { operationName: operation?.name?.value, subscription: operation?.operation === OperationTypeNode.SUBSCRIPTION };
}

export function createFetcher(onAnswer) {
  return async (asked, { headers } = {}) => {
    if (asked.operationName === INTROSPECTION) return readSchema();
    const { operationName, subscription } = chosen(asked.query, asked.operationName ?? undefined);
    const request = { query: asked.query, variables: asked.variables, operationName };
    if (subscription) return stream(request, onAnswer);
    if (debug.isAsked() && operationName !== 'IntrospectionQuery') request.extensions = { debug: true };
    const result = await send(request, headers).catch((cause) => {
      throw plain(cause.message);
    });
    onAnswer(result);
    return result;
  };
}
