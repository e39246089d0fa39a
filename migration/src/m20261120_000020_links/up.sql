-- Links: a share for whoever has a secret that nobody can guess. What a link shows can be frozen, so the database keeps what
-- messages said before they were edited.

create table message_versions (
    message_id  uuid        not null,
    version     integer     not null,
    content     text        not null,
    replaced_at timestamptz not null,
    constraint message_versions_pkey primary key (message_id, version),
    constraint message_versions_message_fkey foreign key (message_id) references messages (id) on delete cascade
);

create function messages_keep_version() returns trigger language plpgsql as $$
begin
    insert into message_versions (message_id, version, content, replaced_at)
    values (old.id, old.version, old.content, new.updated_at);
    return null;
end $$;
create trigger messages_keep_version after update of content on messages
    for each row when (new.content is distinct from old.content) execute function messages_keep_version();

create table share_links (
    share_id             uuid    not null,
    -- The secret itself is shown once and kept nowhere.
    token_hash           bytea   not null,
    -- The last message that is shown, and as of when; null for all of them as they are.
    frozen_position      integer,
    frozen_at            timestamptz,
    frozen_title         text,
    allows_fork          boolean not null,
    hides_system_prompts boolean not null,
    hides_tool_data      boolean not null,
    constraint share_links_pkey primary key (share_id),
    constraint share_links_token_key unique (token_hash),
    constraint share_links_share_fkey foreign key (share_id) references shares (id) on delete cascade,
    constraint share_links_frozen_whole check ((frozen_position is null) = (frozen_at is null)),
    constraint share_links_frozen_title check (frozen_title is null or frozen_at is not null)
);

-- Who looked, a row for each visitor and day.
create table share_views (
    share_id uuid        not null,
    day      date        not null,
    -- The user, or a keyed hash of a stranger's network address.
    visitor  uuid        not null,
    user_id  uuid,
    first_at timestamptz not null,
    last_at  timestamptz not null,
    views    integer     not null,
    constraint share_views_pkey primary key (share_id, day, visitor),
    constraint share_views_share_fkey foreign key (share_id) references shares (id) on delete cascade,
    constraint share_views_user_fkey foreign key (user_id) references users (id) on delete set null,
    constraint share_views_positive check (views > 0)
);
create index share_views_user_idx on share_views (user_id);
create index share_views_last_idx on share_views (share_id, last_at, visitor);
create index share_views_day_idx on share_views (day);
