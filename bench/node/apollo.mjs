// The benchmark's API by hand: Apollo Server 5 on Fastify, node-postgres, a DataLoader for everything that nests.
//
// It believes the viewer it is told and checks no permissions; everything else is as in production.

import { readFileSync } from 'node:fs';

import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify from 'fastify';

import { makeLoaders } from './apollo/loaders.mjs';
import { resolvers } from './apollo/resolvers.mjs';
import { pool } from './apollo/rows.mjs';

const app = Fastify();
const apollo = new ApolloServer({
  typeDefs: readFileSync(new URL('apollo/schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  // Nobody caches these answers, and without it wide ones cost a third less.
  plugins: [fastifyApolloDrainPlugin(app), ApolloServerPluginCacheControlDisabled()],
});
await apollo.start();

await app.register(fastifyApollo(apollo), {
  context: async (request) => {
    const viewer = request.headers['x-viewer'];
    return { viewer, loaders: makeLoaders(viewer) };
  },
});
// Apollo Server ends on SIGTERM by itself, and this with it.
app.addHook('onClose', () => pool.end());
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
