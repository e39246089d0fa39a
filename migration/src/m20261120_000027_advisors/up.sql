-- Advisors: a model with its parameters, a prompt and tools, under a name.

create table advisors (
    id             uuid        primary key,
    owner_id       uuid        not null,
    name           text        not null,
    description    text        not null default '',
    model          text,
    gateway        text,
    -- What is understood of the parameters, and whatever else came with an import.
    parameters     jsonb       not null default '{}',
    extra          jsonb       not null default '{}',
    -- The prompt: role, content and maybe a name of each message, in order.
    messages       jsonb       not null,
    -- Name and, where there was one, id of each tool, in order. A tool that is gone leaves its name.
    tools          jsonb       not null default '[]',
    hides_prompt   boolean     not null default false,
    forked_from_id uuid,
    version        integer     not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    deleted_at     timestamptz,
    constraint advisors_owner_fkey foreign key (owner_id) references users (id) on delete restrict,
    constraint advisors_forked_from_fkey foreign key (forked_from_id) references advisors (id) on delete set null,
    constraint advisors_name_length check (char_length(name) between 1 and 100),
    constraint advisors_description_length check (char_length(description) <= 4000),
    constraint advisors_model_length check (char_length(model) between 1 and 200),
    constraint advisors_gateway_known check (gateway in ('openrouter', 'openai', 'google', 'groq', 'deepseek')),
    constraint advisors_parameters_object check (jsonb_typeof(parameters) = 'object' and jsonb_typeof(extra) = 'object'),
    constraint advisors_temperature_range check (coalesce((parameters ->> 'temperature')::numeric between 0 and 2, true)),
    constraint advisors_messages_list check (jsonb_typeof(messages) = 'array' and jsonb_array_length(messages) <= 100),
    constraint advisors_messages_begin check (jsonb_path_exists(messages, '$[*] ? (@.role == "system")')),
    constraint advisors_tools_list check (jsonb_typeof(tools) = 'array' and jsonb_array_length(tools) <= 100)
);
create unique index advisors_owner_name_key on advisors (owner_id, lower(name)) where deleted_at is null;
create index advisors_owner_idx on advisors (owner_id, name, id);
create index advisors_owner_time_idx on advisors (owner_id, id);
create index advisors_forked_from_idx on advisors (forked_from_id) where forked_from_id is not null;

alter table things drop constraint things_kind_known,
    add constraint things_kind_known check (kind in ('conversation', 'workspace', 'tool', 'advisor'));
create trigger things_of_advisors after insert or delete or update of owner_id, deleted_at
    on advisors for each row execute function things_kept('advisor');

-- Whatever stood there named nothing.
update conversations set advisor_id = null where advisor_id is not null;
alter table conversations add constraint conversations_advisor_fkey
    foreign key (advisor_id) references advisors (id) on delete set null;
create index conversations_advisor_idx on conversations (advisor_id, owner_id, last_activity_at, id)
    where advisor_id is not null;
