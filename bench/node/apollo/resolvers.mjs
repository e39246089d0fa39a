// Where each field comes from.

import { randomUUIDv7 } from 'node:crypto';

import { GraphQLError, GraphQLScalarType } from 'graphql';

import * as rows from './rows.mjs';
import { decode, encode } from './typeid.mjs';

const PAGE = 20;

const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  description: 'RFC 3339 with milliseconds, in UTC.',
  serialize: (at) => at.toISOString(),
});

/** Values as the database spells them. */
const lowerCase = (...names) => Object.fromEntries(names.map((name) => [name, name.toLowerCase()]));
const permission = (name) => name.toUpperCase().replace(':', '_');

function argument(prefix, id) {
  const uuid = decode(prefix, id);
  if (uuid) return uuid;
  throw new GraphQLError(`This is not an id that begins with ${prefix}_.`, { extensions: { code: 'BAD_USER_INPUT' } });
}

function position(cursor) {
  if (cursor == null) return undefined;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new GraphQLError('This is not a cursor of this list.', { extensions: { code: 'BAD_USER_INPUT' } });
}

const cursorOf = (message) => String(message.position);

function page(nodes, hasPreviousPage, hasNextPage, cursor) {
  return {
    nodes,
    pageInfo: {
      hasPreviousPage,
      hasNextPage,
      startCursor: nodes.length > 0 ? cursor(nodes[0]) : null,
      endCursor: nodes.length > 0 ? cursor(nodes[nodes.length - 1]) : null,
    },
  };
}

/** One row more than asked for tells whether the list goes on. */
async function messages(conversation, { first, after, last, before }, { loaders }) {
  if (last != null) {
    const read = await loaders.lastMessages(position(before), last + 1).load(conversation.id);
    return page(read.slice(-last), read.length > last, before != null, cursorOf);
  }
  const count = first ?? PAGE;
  const read = await loaders.firstMessages(position(after), count + 1).load(conversation.id);
  return page(read.slice(0, count), after != null, read.length > count, cursorOf);
}

export const resolvers = {
  DateTime,
  ConversationStatus: lowerCase('ACTIVE', 'ARCHIVED'),
  AccessLevel: lowerCase('READ', 'COMMENT', 'WRITE', 'OWNER'),
  MessageRole: lowerCase('SYSTEM', 'USER', 'ASSISTANT', 'TOOL'),
  ToolCallStatus: lowerCase('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'),

  Query: {
    viewer: (_, __, { viewer, loaders }) => loaders.users.load(viewer),
    conversation: async (_, { id }) => (await rows.conversation(argument('conv', id)))[0],
    conversations: async (_, { first }, { viewer }) => {
      const read = await rows.conversations(viewer, first + 1);
      return page(read.slice(0, first), false, read.length > first, ({ lastActivityAt, id }) =>
        Buffer.from(`${lastActivityAt.toISOString()} ${id}`).toString('base64url'),
      );
    },
  },

  Mutation: {
    appendMessage: async (_, { input: { conversationId, content } }, { viewer }) => {
      const audit = randomUUIDv7();
      const [message] = await rows.append(
        argument('conv', conversationId),
        viewer,
        randomUUIDv7(),
        content,
        new Date(),
        audit,
        audit.replaceAll('-', ''),
      );
      return message ? { message, userErrors: [] } : { message: null, userErrors: [{ code: 'NOT_FOUND' }] };
    },
  },

  User: {
    id: (user) => encode('user', user.id),
    permissions: async (user) => (await rows.permissions(user.id)).map(({ name }) => permission(name)),
  },

  Conversation: {
    id: (conversation) => encode('conv', conversation.id),
    owner: (conversation, _, { loaders }) => loaders.users.load(conversation.ownerId),
    lastMessage: ({ lastMessageId }, _, { loaders }) => lastMessageId && loaders.messages.load(lastMessageId),
    viewerAccess: ({ id, ownerId }, _, { viewer, loaders }) =>
      ownerId === viewer ? 'owner' : loaders.shareLevels.load(id),
    messages,
    shares: (conversation) => conversation,
  },

  ShareConnection: {
    totalCount: async ({ id }, _, { loaders }) => (await loaders.shareCounts.load(id)) ?? 0,
  },

  MessageConnection: {
    edges: ({ nodes }) => nodes.map((node) => ({ cursor: cursorOf(node), node })),
  },

  Message: {
    id: (message) => encode('msg', message.id),
    author: ({ authorId }, _, { loaders }) => authorId && loaders.users.load(authorId),
    toolCalls: async (message, { first }, { loaders }) => ({ nodes: await loaders.toolCalls(first).load(message.id) }),
  },

  ToolCall: {
    id: (call) => encode('call', call.id),
  },
};
