-- The benchmark's data, the same every time: ids, texts and times are made from numbers alone. Run after the migrations.
-- Settings: bench.users, bench.conversations, bench.messages, bench.tool_calls, bench.shares, bench.long, bench.password_hash.
--
-- Conversation 1 is the long one; 2 to 65 have 1,000 messages each and belong to readers 1 to 64; then each of the 64
-- writers has 4 of its own that the readers do not see; the rest is spread over everybody, at least 20 messages each for
-- readers, so that a page of 10 times 20 messages is full.

set session_replication_role = replica;
set synchronous_commit = off;

create schema bench;

create function bench.setting(name text) returns bigint stable language sql as
$$ select current_setting('bench.' || name)::bigint $$;

-- A UUIDv7 of this moment; the rest of its bits come from the kind and the number.
create function bench.id(kind text, n bigint, at timestamptz) returns uuid immutable parallel safe language sql as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
      from md5(kind || n) as h
$$;

create function bench.start() returns timestamptz immutable parallel safe language sql as
$$ select timestamptz '2026-01-01 00:00:00+00' $$;

-- Text of 100 to 700 characters; every eighth has what JSON must escape.
create table bench.corpus as
select string_agg(word, ' ') as text from (
    select (array['the','model','answers','with','care','about','a','question','that','nobody','asked','before','and',
        'keeps','its','tone','when','numbers','grow','large','enough','to','matter','here'])[1 + (n * 7919 % 24)] as word
      from generate_series(1, 4000) as n) as words;

create function bench.content(n bigint) returns text stable parallel safe language sql as $$
    select substr(text, 1 + (n * 31 % 9000)::int, 100 + (n * 7919 % 601)::int)
        || case when n % 8 = 0 then E'\nShe said: "caf\u00e9" \\ done.' else '' end
      from bench.corpus
$$;

insert into users (id, username, handle, display_name, email, password_hash, created_at, updated_at)
select bench.id('user', n, bench.start() + n * interval '1 second'), 'user' || n, 'user' || n, 'User ' || n,
       'user' || n || '@example.org', current_setting('bench.password_hash'),
       bench.start() + n * interval '1 second', bench.start() + n * interval '1 second'
  from generate_series(1, bench.setting('users')) as n;

create table bench.people as select number as n, id from users;
alter table bench.people add primary key (n);

insert into user_roles (user_id, role_id, assigned_at)
select p.id, r.id, bench.start() from bench.people p cross join roles r where r.name = 'subscriber';

create table bench.talks as
select n, owner, at, size, bench.id('conversation', n, at) as id, (sum(size) over (order by n) - size)::bigint as before
  from (
    select n,
           case when n = 1 then 1 when n <= 65 then n - 1
                when n <= 65 + 256 then 65 + (n - 66) % 64
                else 1 + n % bench.setting('users') end as owner,
           bench.start() + interval '1 day' + n * interval '61 seconds' as at,
           case when n = 1 then bench.setting('long') when n <= 65 then 1000 when n <= 321 then 10
                when 1 + n % bench.setting('users') <= 64 then 20 + n % 6
                else 3 + n * 7919 % 26 end as size
      from generate_series(1, bench.setting('conversations')) as n) as talk;
-- As many messages as promised: what is missing or too much is spread over the last conversations.
with wanted as (select bench.setting('messages') - sum(size) as lack from bench.talks)
update bench.talks t set size = greatest(1, size + sign(lack)::int * case when t.n <= 400 then 0
        else floor(abs(lack) / (bench.setting('conversations') - 400))::int
           + case when t.n - 400 <= abs(lack)::bigint % (bench.setting('conversations') - 400) then 1 else 0 end end)
  from wanted;
update bench.talks t set before = b.before
  from (select n, (sum(size) over (order by n) - size)::bigint as before from bench.talks) as b where b.n = t.n;
alter table bench.talks add primary key (n);
analyze bench.talks;

insert into conversations (id, owner_id, title, message_count, next_position, last_message_id, active_leaf_id, last_activity_at, created_at, updated_at)
select t.id, p.id, 'Conversation ' || t.n, t.size, t.size + 1,
       bench.id('message', t.before + t.size, t.at + t.size * interval '1 second'),
       bench.id('message', t.before + t.size, t.at + t.size * interval '1 second'),
       t.at + t.size * interval '1 second', t.at, t.at
  from bench.talks t join bench.people p on p.n = t.owner;

insert into messages (id, conversation_id, parent_id, depth, position, author_id, role, content, model, finish_reason, created_at, updated_at,
                      jump_id, jump_depth)
select bench.id('message', t.before + i, t.at + i * interval '1 second'), t.id,
       case when i > 1 then bench.id('message', t.before + i - 1, t.at + (i - 1) * interval '1 second') end,
       i - 1, i, p.id, case when i % 2 = 1 then 'user' else 'assistant' end, bench.content((t.before + i)::bigint),
       case when i % 2 = 0 then 'vendor/small-1' end, case when i % 2 = 0 then 'stop' end,
       t.at + i * interval '1 second', t.at + i * interval '1 second',
       bench.id('message', t.before + j.depth + 1, t.at + (j.depth + 1) * interval '1 second'), j.depth
  from bench.talks t join bench.people p on p.n = t.owner cross join lateral generate_series(1, t.size::int) as i
  cross join lateral (select messages_jump_depth(i - 1) as depth) as j;

insert into tool_calls (id, message_id, conversation_id, position, call_id, tool_name, arguments, result, status, finished_at, created_at, updated_at)
select bench.id('call', m.n, m.created_at), m.id, m.conversation_id, 1, 'call-1', 'search',
       jsonb_build_object('query', 'number ' || m.n, 'limit', 10), jsonb_build_object('hits', m.n % 10), 'succeeded',
       m.created_at, m.created_at, m.created_at
  from (select id, conversation_id, created_at, row_number() over (order by md5(id::text)) as n
          from messages where role = 'assistant' and position % 16 in (2, 6, 10)) as m
 where m.n <= bench.setting('tool_calls');

insert into things (id, kind, owner_id) select id, 'conversation', owner_id from conversations;

insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, granted_by, created_at, updated_at)
select bench.id('share', s.n, t.at), t.id, 'conversation', 'user', g.id, (array['read', 'comment', 'write'])[1 + s.n % 3], o.id, t.at, t.at
  from generate_series(1, bench.setting('shares') - 63) as s(n)
  join bench.talks t on t.n = 322 + s.n % (bench.setting('conversations') - 321)
  join bench.people g on g.n = 1 + (t.owner + 16 + s.n / bench.setting('conversations')) % bench.setting('users')
  join bench.people o on o.n = t.owner;
-- Everybody who reads in the benchmark reads in the long one, too.
insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, granted_by, created_at, updated_at)
select bench.id('share-long', g.n, t.at), t.id, 'conversation', 'user', g.id, 'read', o.id, t.at, t.at
  from bench.talks t join bench.people o on o.n = t.owner join bench.people g on g.n between 2 and 64
 where t.n = 1;

insert into participants (conversation_id, user_id, is_owner, is_grantee, is_author)
select conversation_id, user_id, bool_or(owner), bool_or(grantee), bool_or(owner) from (
    select id as conversation_id, owner_id as user_id, true as owner, false as grantee from conversations
    union all select thing_id, grantee_id, false, true from shares) as who
 group by conversation_id, user_id;

-- What a server with ready-made answers from SQL needs to know whom a list is for.
create function bench.visible_conversations(viewer uuid) returns setof conversations stable language sql as $$
    select c.* from conversations c
     where c.id in (select o.id from conversations o where o.owner_id = viewer
                    union all select s.thing_id from shares s where s.grantee_id = viewer)
       and c.deleted_at is null
$$;

-- What a handwritten API computes, as functions. Those in PL/pgSQL keep their plans; the others become part of the query
-- that calls them.
create function bench.conversations_viewer_access(c conversations, viewer uuid) returns text stable language plpgsql as $$
begin
    if c.owner_id = viewer then
        return 'owner';
    end if;
    return (select s.level from shares s where s.thing_id = c.id and s.grantee_id = viewer);
end $$;

create function bench.conversations_visible_shares(c conversations, viewer uuid) returns setof shares stable rows 5 language sql as $$
    select s.* from shares s
     where s.thing_id = c.id and (c.owner_id = viewer or s.grantee_id = viewer)
     order by s.created_at, s.id
$$;

create function bench.users_permissions(u users) returns text[] stable language plpgsql as $$
begin
    return array(
        select distinct p.name from user_roles ur join role_permissions rp on rp.role_id = ur.role_id
          join permissions p on p.id = rp.permission_id
         where ur.user_id = u.id and (ur.expires_at is null or ur.expires_at > now()));
end $$;

-- A UUIDv7 of now.
create function bench.new_id() returns uuid volatile language sql as $$
    select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substr(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint), 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- The message, the audit row and the event; null if the conversation is not the viewer's.
create function bench.append_message(viewer uuid, conversation uuid, content text) returns messages volatile language plpgsql as $$
declare
    made messages;
begin
    with talk as (select c.id, c.last_message_id from conversations c where c.id = conversation and c.owner_id = viewer for no key update),
    message as (
        insert into messages (id, conversation_id, parent_id, depth, position, author_id, role, content, created_at, updated_at)
        select bench.new_id(), t.id, t.last_message_id, 0, 0, viewer, 'user', append_message.content, now(), now() from talk t
        returning *),
    audit as (
        insert into audit_log (id, at, actor_id, session_id, request_id, action, subject_kind, subject_id, credential, after)
        select bench.new_id(), m.created_at, viewer, viewer, replace(bench.new_id()::text, '-', ''), 'message.append', 'message', m.id, 'session',
               jsonb_build_object('role', m.role, 'position', m.position, 'parent', m.parent_id, 'length', char_length(m.content))
          from message m),
    event as (
        insert into events (at, kind, subject_kind, subject_id, conversation_id, actor_id)
        select m.created_at, 'message.append', 'message', m.id, m.conversation_id, viewer from message m)
    select m.* into made from message m;
    return made;
end $$;

set session_replication_role = origin;
