-- The life of an account: since when and why it is in its state, suspensions that end by themselves, invitations with a
-- role that can be taken back, and finding people by what they are called.

create extension if not exists pg_trgm;

alter table users
    add column state_changed_at timestamptz,
    add column state_reason     text,
    add column suspended_until  timestamptz,
    add constraint users_state_reason_length check (char_length(state_reason) between 1 and 500),
    add constraint users_state_reason_needless check (state <> 'active' or state_reason is null),
    add constraint users_suspended_until_whole check (suspended_until is null or state = 'suspended');

comment on column users.state_changed_at is 'Null while the account is in the state in which it was made.';
comment on column users.suspended_until is 'From this moment on a suspended account counts as active: ask account_is_active.';

-- The one answer to whether an account can be used, for every kind of credential. Simple enough to be inlined.
create function account_is_active(state text, suspended_until timestamptz, at timestamptz) returns boolean
    language sql immutable parallel safe
    return state = 'active' or (state = 'suspended' and coalesce(suspended_until <= at, false));

-- From where to where an account goes. A suspension that is over has ended for this, too.
create function users_state_legal() returns trigger language plpgsql as $$
begin
    if not (new.state, old.state) in (
        ('suspended', 'active'), ('deactivated', 'active'), ('deleted', 'active'),
        ('active', 'suspended'), ('deleted', 'suspended'),
        ('active', 'deactivated'), ('deleted', 'deactivated'),
        ('active', 'deleted'))
        and not (new.state = 'deactivated'
                 and account_is_active(old.state, old.suspended_until, new.state_changed_at)) then
        raise exception 'an account does not go from % to %', old.state, new.state
            using errcode = 'check_violation', constraint = 'users_state_legal';
    end if;
    return new;
end $$;
create trigger users_state_legal before update of state on users
    for each row when (new.state <> old.state) execute function users_state_legal();

-- What people are called, in small letters, a blank before each word: words are found by how they begin, and all of it by
-- what is like it. The address is in a text of its own, for those who may see it.
alter table users
    add column names   text generated always as (
        lower(' ' || username::text || ' ' || handle || ' ' || display_name)) stored,
    add column details text generated always as (
        lower(' ' || username::text || ' ' || handle || ' ' || display_name || coalesce(' ' || email::text, ''))) stored;
create index users_names_idx on users using gin (names gin_trgm_ops) with (fastupdate = off);
create index users_details_idx on users using gin (details gin_trgm_ops) with (fastupdate = off);
create index users_last_signed_in_idx on users (last_signed_in_at, number);

alter table invitations
    add column role_id    uuid,
    add column revoked_at timestamptz,
    add constraint invitations_role_fkey foreign key (role_id) references roles (id) on delete cascade,
    add constraint invitations_used_or_revoked check (used_at is null or revoked_at is null);
create index invitations_role_idx on invitations (role_id);
create index invitations_created_idx on invitations (created_at, id);
create index invitations_open_idx on invitations (created_at, id) where used_at is null and revoked_at is null;
