-- Messages that are still being written: piece by piece, each kept before it is acknowledged.

alter table messages
    add column status text not null default 'complete',
    add constraint messages_status_known check (status in ('complete', 'streaming', 'interrupted', 'cancelled'));

-- Who is writing, up to where, and for how long that is believed without another piece.
create table message_streams (
    message_id      uuid        not null,
    conversation_id uuid        not null,
    -- Grows with each continuation, so that a writer that was given up for dead writes no more.
    attempt         integer     not null default 1,
    -- The number of the piece that comes next.
    next_sequence   integer     not null default 1,
    -- The last piece that is in the message's text already.
    folded          integer     not null default 0,
    -- Characters so far.
    length          integer     not null default 0,
    lease_until     timestamptz not null,
    ended_at        timestamptz,
    constraint message_streams_pkey primary key (message_id),
    constraint message_streams_message_fkey foreign key (message_id) references messages (id) on delete cascade,
    constraint message_streams_conversation_fkey foreign key (conversation_id) references conversations (id) on delete cascade,
    constraint message_streams_attempt_positive check (attempt > 0),
    constraint message_streams_counts check (folded >= 0 and folded < next_sequence and length between 0 and 200000)
);
create index message_streams_conversation_idx on message_streams (conversation_id);
create index message_streams_lease_idx on message_streams (lease_until) where ended_at is null;
create index message_streams_ended_idx on message_streams (ended_at) where ended_at is not null;

create table message_pieces (
    message_id uuid        not null,
    sequence   integer     not null,
    text       text        not null,
    at         timestamptz not null,
    constraint message_pieces_pkey primary key (message_id, sequence),
    constraint message_pieces_stream_fkey foreign key (message_id) references message_streams (message_id) on delete cascade
);

-- Pieces come in order and without gaps, while somebody is writing.
create function message_pieces_place() returns trigger language plpgsql as $$
declare
    stream message_streams;
begin
    update message_streams s set next_sequence = s.next_sequence + 1, length = s.length + char_length(new.text)
     where s.message_id = new.message_id and s.next_sequence = new.sequence and s.ended_at is null
    returning * into stream;
    if stream is null then
        raise exception 'a piece comes after the one before it'
            using errcode = 'check_violation', constraint = 'message_pieces_in_order';
    end if;
    return new;
end $$;
create trigger message_pieces_place before insert on message_pieces for each row execute function message_pieces_place();

-- The text of a message that is being written, up to the last piece.
create function message_text(message uuid) returns text language sql stable parallel safe as $$
    select m.content || coalesce((
        select string_agg(p.text, '' order by p.sequence) from message_pieces p
         where p.message_id = m.id and p.sequence > s.folded), '')
      from messages m left join message_streams s on s.message_id = m.id where m.id = message
$$;

-- Puts all pieces into the message's text; the pieces themselves stay for those who are reading them.
create function message_fold(message uuid, at timestamptz) returns void language plpgsql as $$
begin
    update messages m set content = message_text(m.id), updated_at = at where m.id = message;
    update message_streams s set folded = s.next_sequence - 1 where s.message_id = message;
end $$;

-- What is written piece by piece has one version.
drop trigger messages_keep_version on messages;
create trigger messages_keep_version after update of content on messages
    for each row when (new.content is distinct from old.content and new.deleted_at is null and old.status <> 'streaming')
    execute function messages_keep_version();

create or replace function messages_emptied() returns trigger language plpgsql as $$
begin
    delete from message_versions v where v.message_id = new.id;
    delete from tool_calls t where t.message_id = new.id;
    delete from message_streams s where s.message_id = new.id;
    return null;
end $$;
