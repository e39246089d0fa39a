// Every statement, prepared by name once per connection. Rows have the fields that the schema's types have.

import pg from 'pg';

// Host, user and database come from PGHOST, PGUSER and PGDATABASE.
export const pool = new pg.Pool({ max: 16 });

const CONVERSATION = `c.id, c.owner_id as "ownerId", c.title, c.status, c.message_count as "messageCount",
  c.last_message_id as "lastMessageId", c.last_activity_at as "lastActivityAt", c.created_at as "createdAt"`;
const MESSAGE = `m.id, m.conversation_id as "conversationId", m.author_id as "authorId", m.role, m.content, m.position,
  m.depth, m.version, m.created_at as "createdAt", m.updated_at as "updatedAt"`;

const statement = (name, text) => async (...values) => (await pool.query({ name, text, values })).rows;

export const conversation = statement(
  'conversation',
  `select ${CONVERSATION} from conversations c where c.id = $1 and c.deleted_at is null`,
);

/** Own and shared ones of `$1`, newest activity first: each branch follows its index and stops. */
export const conversations = statement(
  'conversations',
  `select * from (
     (select ${CONVERSATION} from conversations c where c.owner_id = $1 and c.deleted_at is null
       order by c.last_activity_at desc, c.id desc limit $2)
     union all
     (select ${CONVERSATION} from shares s join conversations c on c.id = s.thing_id
       where s.grantee_id = $1 and c.deleted_at is null
       order by c.last_activity_at desc, c.id desc limit $2)) as c
    order by "lastActivityAt" desc, id desc limit $2`,
);

export const users = statement(
  'users',
  'select id, handle, display_name as "displayName" from users where id = any($1)',
);

export const permissions = statement(
  'permissions',
  `select distinct p.name from user_roles ur join role_permissions rp on rp.role_id = ur.role_id
     join permissions p on p.id = rp.permission_id
    where ur.user_id = $1 and (ur.expires_at is null or ur.expires_at > now())`,
);

export const messages = statement('messages', `select ${MESSAGE} from messages m where m.id = any($1)`);

/** The first `$3` after position `$2` of every conversation in `$1`. */
export const firstMessages = statement(
  'first-messages',
  `select m.* from unnest($1::uuid[]) with ordinality as k(id, n) cross join lateral (
     select ${MESSAGE} from messages m where m.conversation_id = k.id and m.position > $2
      order by m.position limit $3) as m
    order by k.n, m.position`,
);

/** The last `$3` before position `$2` of every conversation in `$1`, in order. */
export const lastMessages = statement(
  'last-messages',
  `select m.* from unnest($1::uuid[]) with ordinality as k(id, n) cross join lateral (
     select ${MESSAGE} from messages m where m.conversation_id = k.id and m.position < $2
      order by m.position desc limit $3) as m
    order by k.n, m.position`,
);

/** The first `$2` of every message in `$1`. */
export const toolCalls = statement(
  'tool-calls',
  `select t.* from unnest($1::uuid[]) as k(id) cross join lateral (
     select t.id, t.message_id as "messageId", t.position, t.tool_name as "toolName", t.status
       from tool_calls t where t.message_id = k.id order by t.position limit $2) as t
    order by t."messageId", t.position`,
);

/** What `$2` may do in those of the conversations in `$1` that were shared with them. */
export const shareLevels = statement(
  'share-levels',
  `select thing_id as "conversationId", level from shares where thing_id = any($1) and grantee_id = $2`,
);

/** How many shares `$2` sees: the owner all, everybody else their own. */
export const shareCounts = statement(
  'share-counts',
  `select s.thing_id as "conversationId", count(*)::int as count
     from shares s join conversations c on c.id = s.thing_id
    where s.thing_id = any($1) and (c.owner_id = $2 or s.grantee_id = $2)
    group by s.thing_id`,
);

/** The message, the audit row and the event in one transaction, which is one statement; nothing if it is not theirs. */
export const append = statement(
  'append',
  `with talk as (select id, last_message_id from conversations where id = $1 and owner_id = $2 for no key update),
   m as (
     insert into messages (id, conversation_id, parent_id, depth, position, author_id, role, content, created_at, updated_at)
     select $3, id, last_message_id, 0, 0, $2, 'user', $4, $5, $5 from talk
     returning *),
   audit as (
     insert into audit_log (id, at, actor_id, session_id, request_id, action, subject_kind, subject_id, credential, after)
     select $6, $5, $2, $2, $7, 'message.append', 'message', m.id, 'session',
            jsonb_build_object('role', 'user', 'position', m.position, 'parent', m.parent_id, 'length', char_length($4))
       from m),
   event as (
     insert into events (at, kind, subject_kind, subject_id, conversation_id, actor_id)
     select $5, 'message.append', 'message', m.id, m.conversation_id, $2 from m)
   select ${MESSAGE} from m`,
);
