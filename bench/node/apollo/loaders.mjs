// What one request reads, gathered: one statement for all things of a kind that are asked for together.

import DataLoader from 'dataloader';

import * as rows from './rows.mjs';

const LAST_POSITION = 2 ** 31 - 1;

const byKey = (read, key, pick) =>
  new DataLoader(async (keys) => {
    const found = new Map((await read(keys)).map((row) => [row[key], pick ? row[pick] : row]));
    return keys.map((one) => found.get(one) ?? null);
  });

const grouped = (read, key) =>
  new DataLoader(async (keys) => {
    const groups = new Map(keys.map((one) => [one, []]));
    for (const row of await read(keys)) groups.get(row[key]).push(row);
    return keys.map((one) => groups.get(one));
  });

export function makeLoaders(viewer) {
  // Lists are gathered with those that have the same arguments.
  const lists = new Map();
  const list = (name, make) => {
    if (!lists.has(name)) lists.set(name, make());
    return lists.get(name);
  };

  return {
    users: byKey(rows.users, 'id'),
    messages: byKey(rows.messages, 'id'),
    shareLevels: byKey((ids) => rows.shareLevels(ids, viewer), 'conversationId', 'level'),
    shareCounts: byKey((ids) => rows.shareCounts(ids, viewer), 'conversationId', 'count'),
    firstMessages: (after = 0, limit) =>
      list(`first ${limit} after ${after}`, () =>
        grouped((ids) => rows.firstMessages(ids, after, limit), 'conversationId'),
      ),
    lastMessages: (before = LAST_POSITION, limit) =>
      list(`last ${limit} before ${before}`, () =>
        grouped((ids) => rows.lastMessages(ids, before, limit), 'conversationId'),
      ),
    toolCalls: (limit) =>
      list(`calls ${limit}`, () => grouped((ids) => rows.toolCalls(ids, limit), 'messageId')),
  };
}
