// PostGraphile 5 with its Amber preset over the benchmark's database, set up as in production.
//
// It knows neither viewers nor TypeIDs: who asks sends UUIDs as variables; see the documents in postgraphile/.

import { createServer } from 'node:http';

import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { constant } from 'postgraphile/grafast';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { extendSchema, gql, jsonPgSmartTags } from 'postgraphile/utils';

const { PORT, PGHOST, PGUSER, PGDATABASE } = process.env;

const service = makePgService({
  schemas: ['public', 'bench'],
  poolConfig: { host: PGHOST, user: PGUSER, database: PGDATABASE, max: 16 },
});

// Functions of a second schema are named after it unless told otherwise, and their rows are not sortable by default.
const names = jsonPgSmartTags({
  version: 1,
  config: {
    procedure: {
      'bench.visible_conversations': { tags: { name: 'visible_conversations', behavior: '+order' } },
      'bench.append_message': { tags: { name: 'append_message', resultFieldName: 'message' } },
    },
  },
});

// What is refused has no message here, so the list that Stoa's clients look into is always empty.
const userErrors = extendSchema({
  typeDefs: gql`
    type UserError {
      code: String!
    }
    extend type AppendMessagePayload {
      userErrors: [UserError!]!
    }
  `,
  objects: {
    AppendMessagePayload: {
      plans: { userErrors: () => constant([]) },
    },
  },
});

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [names, userErrors],
  pgServices: [service],
  grafast: { explain: false },
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
// Whoever connects finds a server that has its schema.
await instance.getSchema();
server.listen(Number(PORT), '127.0.0.1');

process.once('SIGTERM', async () => {
  const closed = new Promise((done) => server.close(done));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 1000).unref();
  await closed;
  await instance.release();
  await service.release();
});
