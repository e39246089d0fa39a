-- Tools: definitions of what a model may call. And the life of a call: it waits for approval, runs, and ends once.

create table tools (
    id                uuid        primary key,
    -- Nobody for a tool of the installation, which everybody has.
    owner_id          uuid,
    name              text        not null,
    description       text        not null default '',
    -- A JSON Schema of an object.
    parameters        jsonb       not null,
    is_active         boolean     not null default true,
    requires_approval boolean     not null default false,
    forked_from_id    uuid,
    version           integer     not null default 1,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    deleted_at        timestamptz,
    constraint tools_owner_fkey foreign key (owner_id) references users (id) on delete restrict,
    constraint tools_forked_from_fkey foreign key (forked_from_id) references tools (id) on delete set null,
    constraint tools_name_form check (name ~ '^[a-zA-Z0-9_-]{1,64}$'),
    constraint tools_description_length check (char_length(description) <= 4000),
    constraint tools_parameters_object check (jsonb_typeof(parameters) = 'object'),
    constraint tools_parameters_size check (octet_length(parameters::text) <= 65536)
);
-- Of those outside the trash; those of the installation share one space of names.
create unique index tools_owner_name_key on tools (owner_id, name) nulls not distinct where deleted_at is null;
create index tools_owner_idx on tools (owner_id, name, id);
create index tools_owner_time_idx on tools (owner_id, id);
create index tools_forked_from_idx on tools (forked_from_id) where forked_from_id is not null;

alter table things drop constraint things_kind_known,
    add constraint things_kind_known check (kind in ('conversation', 'workspace', 'tool'));
create trigger things_of_tools after insert or delete or update of owner_id, deleted_at
    on tools for each row execute function things_kept('tool');

-- Tool calls ----------------------------------------------------------------------------------------------------------

alter table tool_calls
    drop constraint tool_calls_status_known,
    -- The definition that the arguments were held against.
    add column tool_id        uuid,
    add column needs_approval boolean not null default false,
    add column decision       text,
    add column decided_by     uuid,
    add column decided_at     timestamptz,
    -- Why it was rejected.
    add column decision_reason text,
    add constraint tool_calls_tool_fkey foreign key (tool_id) references tools (id) on delete set null,
    add constraint tool_calls_decided_by_fkey foreign key (decided_by) references users (id) on delete set null,
    add constraint tool_calls_status_known check (
        status in ('pending', 'awaiting_approval', 'running', 'succeeded', 'failed', 'cancelled')),
    add constraint tool_calls_decision_known check (decision in ('approved', 'rejected')),
    add constraint tool_calls_decision_whole check (
        (decision is not null) = (decided_at is not null) and (decided_by is null or decision is not null)
        and (decision_reason is null or decision is not distinct from 'rejected')),
    add constraint tool_calls_decision_asked check (decision is null or needs_approval),
    add constraint tool_calls_decision_reason_length check (char_length(decision_reason) between 1 and 1000),
    -- Nothing goes on before somebody has said yes.
    add constraint tool_calls_approved_first check (case
        when not needs_approval             then status <> 'awaiting_approval'
        when decision is null               then status in ('awaiting_approval', 'cancelled')
        when decision = 'rejected'          then status = 'cancelled'
        else status <> 'awaiting_approval' end);
create index tool_calls_tool_idx on tool_calls (tool_id) where tool_id is not null;
create index tool_calls_decided_by_idx on tool_calls (decided_by) where decided_by is not null;
create index tool_calls_waiting_idx on tool_calls (conversation_id, id) where status = 'awaiting_approval';

-- Which way a call goes, and that what is over stays as it was.
create function tool_calls_life() returns trigger language plpgsql as $$
begin
    if old.status in ('succeeded', 'failed', 'cancelled') then
        if (new.status, new.result, new.error, new.started_at, new.finished_at, new.decision, new.decided_at,
            new.decision_reason)
           is distinct from (old.status, old.result, old.error, old.started_at, old.finished_at, old.decision,
            old.decided_at, old.decision_reason) then
            raise exception 'a tool call that is over does not change'
                using errcode = 'check_violation', constraint = 'tool_calls_over';
        end if;
    elsif new.status <> old.status and not (case old.status
            when 'pending'           then new.status in ('running', 'succeeded', 'failed', 'cancelled')
            when 'awaiting_approval' then new.status in ('pending', 'cancelled')
            else new.status in ('succeeded', 'failed', 'cancelled') end) then
        raise exception 'a tool call does not go from % to %', old.status, new.status
            using errcode = 'check_violation', constraint = 'tool_calls_life';
    end if;
    if old.decision is not null and new.decision is distinct from old.decision then
        raise exception 'a decision stands' using errcode = 'check_violation', constraint = 'tool_calls_decision_stands';
    end if;
    if (new.tool_name, new.arguments, new.raw_arguments, new.needs_approval)
       is distinct from (old.tool_name, old.arguments, old.raw_arguments, old.needs_approval) then
        raise exception 'what was asked for does not change'
            using errcode = 'check_violation', constraint = 'tool_calls_asked_fixed';
    end if;
    return new;
end $$;
create trigger tool_calls_life before update on tool_calls for each row execute function tool_calls_life();
