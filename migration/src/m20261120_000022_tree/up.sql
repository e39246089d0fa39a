-- The tree of a conversation: branches that each viewer chooses for themselves, steps up that do not depend on how long a
-- conversation is, messages that are removed while their answers stay, copies that know what they are copies of.

alter table conversations
    -- The end of the branch that its owner reads, and so does everybody who has not chosen another.
    add column active_leaf_id         uuid,
    add column forked_from_id         uuid,
    add column forked_from_message_id uuid,
    add constraint conversations_forked_from_fkey foreign key (forked_from_id) references conversations (id) on delete set null;
create index conversations_forked_from_idx on conversations (forked_from_id) where forked_from_id is not null;
update conversations set active_leaf_id = last_message_id;
alter table conversations
    add constraint conversations_leaf_whole check ((active_leaf_id is null) = (last_message_id is null));

-- What is in the trash is little among much.
create index conversations_trash_idx on conversations (owner_id, last_activity_at, id) where deleted_at is not null;

alter table messages
    add column deleted_at   timestamptz,
    add column edited_by_id uuid,
    -- An ancestor far up, so that any ancestor is found in about as many steps as the depth has binary digits (Myers, An
    -- applicative random-access stack, 1983). A root is its own.
    add column jump_id      uuid,
    add column jump_depth   integer,
    add constraint messages_edited_by_fkey foreign key (edited_by_id) references users (id) on delete set null,
    add constraint messages_deleted_empty check (deleted_at is null or
        content = '' and num_nonnulls(model, finish_reason, prompt_tokens, completion_tokens, edited_at, edited_by_id) = 0);
create index messages_edited_by_idx on messages (edited_by_id) where edited_by_id is not null;

-- How deep the far ancestor of a message of this depth is: the depth written with digits that are worth 1, 3, 7, 15 …,
-- largest first, without the last one.
create function messages_jump_depth(depth integer) returns integer language plpgsql immutable parallel safe as $$
declare
    worth integer := 1;
    rest  integer := depth;
begin
    if depth = 0 then
        return 0;
    end if;
    while worth <= rest loop
        worth := 2 * worth + 1;
    end loop;
    while rest > 0 loop
        if worth > rest then
            worth := worth / 2;
        else
            rest := rest - worth;
        end if;
    end loop;
    return depth - worth;
end $$;

-- Messages that there were before: walk each tree with the chain of far ancestors in hand.
with recursive chained as (
    select m.id, m.conversation_id, 0 as depth, array[m.id] as chain, m.id as jump from messages m where m.parent_id is null
    union all
    select m.id, m.conversation_id, c.depth + 1, made.chain, made.chain[2]
      from chained c
      join messages m on m.conversation_id = c.conversation_id and m.parent_id = c.id
      cross join lateral (
        select array[m.id] || case messages_jump_depth(c.depth + 1) = c.depth
               when true then c.chain else c.chain[3:] end as chain) made)
update messages m set jump_id = coalesce(c.jump, c.id), jump_depth = messages_jump_depth(c.depth)
  from chained c where c.id = m.id;
alter table messages alter column jump_id set not null, alter column jump_depth set not null;

-- Where somebody else than the owner reads another branch.
create table branch_choices (
    conversation_id uuid        not null,
    user_id         uuid        not null,
    leaf_id         uuid        not null,
    chosen_at       timestamptz not null,
    constraint branch_choices_pkey primary key (conversation_id, user_id),
    constraint branch_choices_conversation_fkey foreign key (conversation_id) references conversations (id) on delete cascade,
    constraint branch_choices_user_fkey foreign key (user_id) references users (id) on delete cascade
);
create index branch_choices_user_idx on branch_choices (user_id);

-- The message on the way from the root to `leaf` that is `depth` steps from the root; `leaf` itself if that is not deeper.
create function message_at_depth(leaf uuid, depth integer) returns uuid language plpgsql stable parallel safe as $$
declare
    here uuid; deep integer; up uuid; far uuid; far_deep integer;
begin
    select m.id, m.depth, m.parent_id, m.jump_id, m.jump_depth into here, deep, up, far, far_deep
      from messages m where m.id = leaf;
    while deep > message_at_depth.depth loop
        select m.id, m.depth, m.parent_id, m.jump_id, m.jump_depth into here, deep, up, far, far_deep
          from messages m where m.id = case when far_deep >= message_at_depth.depth then far else up end;
    end loop;
    return here;
end $$;

-- The ids on the way from the root to `leaf`, deepest first: none deeper than `deepest`, none less deep than `shallowest`,
-- at most so many.
create function message_path(leaf uuid, shallowest integer, deepest integer, most integer)
returns uuid[] language plpgsql stable parallel safe as $$
declare
    here uuid := message_at_depth(leaf, deepest); path uuid[] := '{}'; deep integer; up uuid;
begin
    for step in 1 .. most loop
        select m.depth, m.parent_id into deep, up from messages m where m.id = here;
        exit when deep is null or deep < shallowest;
        path := path || here;
        exit when up is null;
        here := up;
    end loop;
    return path;
end $$;

-- The end of a branch below a message: the newest message of the conversation if that is one of its answers, else
-- wherever the newest answer to each message leads.
create function message_newest_leaf(message uuid) returns uuid language plpgsql stable parallel safe as $$
declare
    talk uuid; deep integer; newest uuid; here uuid := message; below uuid;
begin
    select m.conversation_id, m.depth, c.last_message_id into talk, deep, newest
      from messages m join conversations c on c.id = m.conversation_id where m.id = message;
    if message_at_depth(newest, deep) = message then
        return newest;
    end if;
    loop
        select m.id into below from messages m
         where m.conversation_id = talk and m.parent_id = here order by m.position desc limit 1;
        exit when below is null;
        here := below;
    end loop;
    return here;
end $$;

-- A message finds its place, and the branches that people read grow with it: whoever reads the branch that it continues
-- reads on, and its author reads it. A conversation that is being filled (`conversations_filled`) is not touched with each
-- message: in one transaction that would take ever longer.
create or replace function messages_place() returns trigger language plpgsql as $$
declare
    owner uuid; main uuid; parent_deep integer; parent_far uuid; parent_far_deep integer; farther uuid; farther_deep integer;
    filling boolean := coalesce(current_setting('stoa.filling', true) = new.conversation_id::text, false);
begin
    if not filling then
        update conversations c
           set next_position = c.next_position + 1, message_count = c.message_count + 1,
               last_message_id = new.id, last_activity_at = greatest(c.last_activity_at, new.created_at),
               active_leaf_id = case when c.active_leaf_id is null or c.active_leaf_id = new.parent_id or c.owner_id = new.author_id
                                then new.id else c.active_leaf_id end
         where c.id = new.conversation_id
        returning c.next_position - 1, c.owner_id, c.active_leaf_id into new.position, owner, main;
    end if;
    if new.parent_id is null then
        new.depth := 0;
        new.jump_id := new.id;
        new.jump_depth := 0;
    else
        select p.depth, p.jump_id, p.jump_depth, far.jump_id, far.jump_depth
          into parent_deep, parent_far, parent_far_deep, farther, farther_deep
          from messages p join messages far on far.id = p.jump_id
         where p.conversation_id = new.conversation_id and p.id = new.parent_id;
        -- A parent elsewhere gets a depth too: the foreign key is what refuses it, by name.
        new.depth := coalesce(parent_deep + 1, 1);
        if parent_deep - parent_far_deep = parent_far_deep - farther_deep then
            new.jump_id := farther;
            new.jump_depth := farther_deep;
        else
            new.jump_id := new.parent_id;
            new.jump_depth := coalesce(parent_deep, 0);
        end if;
        if not filling then
            update branch_choices b set leaf_id = new.id
             where b.conversation_id = new.conversation_id and b.leaf_id = new.parent_id;
        end if;
    end if;
    -- Of a conversation that is being filled no owner is known here.
    if new.author_id <> owner then
        if main = new.id then
            delete from branch_choices b where b.conversation_id = new.conversation_id and b.user_id = new.author_id;
        else
            insert into branch_choices (conversation_id, user_id, leaf_id, chosen_at)
            values (new.conversation_id, new.author_id, new.id, new.created_at)
            on conflict (conversation_id, user_id) do update set leaf_id = excluded.leaf_id, chosen_at = excluded.chosen_at;
        end if;
    end if;
    return new;
end $$;

-- Ends the filling of a conversation, an empty one at its beginning, with messages that bring their positions, and those in
-- order: `set_config('stoa.filling', …, true)` with its id began it. Says of it what the messages say.
create function conversations_filled(conversation uuid, leaf uuid) returns void language plpgsql as $$
begin
    perform set_config('stoa.filling', '', true);
    update conversations c
       set message_count = f.messages, next_position = f.positions + 1, last_message_id = f.newest,
           active_leaf_id = coalesce(leaf, f.newest), last_activity_at = greatest(c.last_activity_at, f.newest_at)
      from (select count(*) as messages, coalesce(max(m.position), 0) as positions, max(m.created_at) as newest_at,
                   (select l.id from messages l where l.conversation_id = conversation order by l.position desc limit 1) as newest
              from messages m where m.conversation_id = conversation) f
     where c.id = conversation;
end $$;

drop trigger messages_place_fixed on messages;
create trigger messages_place_fixed
    before update of id, conversation_id, parent_id, depth, position, role, jump_id, jump_depth on messages
    for each row when ((new.id, new.conversation_id, new.parent_id, new.depth, new.position, new.role, new.jump_id, new.jump_depth)
        is distinct from
        (old.id, old.conversation_id, old.parent_id, old.depth, old.position, old.role, old.jump_id, old.jump_depth))
    execute function messages_place_fixed();

-- What conversations keep of their messages when some are gone. Whoever read what is gone reads what is left below the
-- message that it answered.
create function messages_gone() returns trigger language plpgsql as $$
declare
    talk record; newest uuid; heir uuid;
begin
    -- None if the conversation itself is gone.
    for talk in
        select g.conversation_id as id, count(*) as messages
          from gone g join conversations c on c.id = g.conversation_id group by g.conversation_id
    loop
        select m.id into newest from messages m where m.conversation_id = talk.id order by m.position desc limit 1;
        update conversations c
           set message_count = c.message_count - talk.messages, last_message_id = newest,
               active_leaf_id = case when newest is null then null else c.active_leaf_id end
         where c.id = talk.id;
        select case when count(*) = 1 then (array_agg(g.parent_id))[1] end into heir
          from gone g left join gone above on above.id = g.parent_id
         where g.conversation_id = talk.id and above.id is null;
        heir := message_newest_leaf(coalesce(heir, newest));
        update conversations c set active_leaf_id = heir
         where c.id = talk.id and c.active_leaf_id in (select g.id from gone g);
        if heir is null then
            delete from branch_choices b where b.conversation_id = talk.id;
        else
            update branch_choices b set leaf_id = heir
             where b.conversation_id = talk.id and b.leaf_id in (select g.id from gone g);
        end if;
    end loop;
    return null;
end $$;
create trigger messages_gone after delete on messages referencing old table as gone
    for each statement execute function messages_gone();

-- Versions know who wrote them; of what is removed none is kept, nor what tools said for it.
alter table message_versions
    add column editor_id uuid,
    add constraint message_versions_editor_fkey foreign key (editor_id) references users (id) on delete set null;
create index message_versions_editor_idx on message_versions (editor_id) where editor_id is not null;

create or replace function messages_keep_version() returns trigger language plpgsql as $$
begin
    insert into message_versions (message_id, version, content, replaced_at, editor_id)
    values (old.id, old.version, old.content, new.updated_at, coalesce(old.edited_by_id, old.author_id));
    return null;
end $$;
drop trigger messages_keep_version on messages;
create trigger messages_keep_version after update of content on messages
    for each row when (new.content is distinct from old.content and new.deleted_at is null)
    execute function messages_keep_version();

create function messages_emptied() returns trigger language plpgsql as $$
begin
    delete from message_versions v where v.message_id = new.id;
    delete from tool_calls t where t.message_id = new.id;
    return null;
end $$;
create trigger messages_emptied after update of deleted_at on messages
    for each row when (new.deleted_at is not null and old.deleted_at is null) execute function messages_emptied();

create function messages_stay_empty() returns trigger language plpgsql as $$
begin
    raise exception 'a message that was removed stays removed'
        using errcode = 'check_violation', constraint = 'messages_stay_empty';
end $$;
create trigger messages_stay_empty before update of deleted_at on messages
    for each row when (old.deleted_at is not null and new.deleted_at is distinct from old.deleted_at)
    execute function messages_stay_empty();
