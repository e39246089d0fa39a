-- Sessions that their owners recognise: from which device and address, how they ended; devices; what the owner should
-- know; and who guesses.

create table devices (
    id           uuid        primary key,
    user_id      uuid        not null,
    -- A keyed hash of the user agent: sign-ins that look alike gather here. It recognises, it proves nothing.
    fingerprint  bytea       not null,
    name         text        not null,
    platform     text        not null,
    -- A hash of the token that the device was given when it was trusted; only that proves anything.
    token_hash   bytea,
    trusted_until timestamptz,
    version      integer     not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    last_seen_at timestamptz not null,
    constraint devices_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint devices_user_key unique (user_id, id),
    constraint devices_token_key unique (token_hash),
    constraint devices_name_length check (char_length(name) between 1 and 100),
    constraint devices_platform_known check (platform in ('browser', 'mobile', 'desktop', 'script', 'unknown')),
    constraint devices_trust_whole check ((token_hash is null) = (trusted_until is null))
);
-- One device that is recognised only by what it looks like; a trusted one is a device of its own.
create unique index devices_fingerprint_key on devices (user_id, fingerprint) where token_hash is null;
create index devices_user_seen_idx on devices (user_id, last_seen_at, id);

alter table sessions
    add column device_id uuid,
    add column address   text,
    add constraint sessions_address_length check (char_length(address) between 2 and 45),
    add constraint sessions_device_fkey foreign key (user_id, device_id) references devices (user_id, id)
        on delete set null (device_id),
    drop constraint sessions_end_reason_known,
    add constraint sessions_end_reason_known check (end_reason in (
        'signed_out', 'replayed', 'revoked', 'evicted', 'password_changed', 'account_closed'));
create index sessions_device_idx on sessions (device_id, id);
create index sessions_user_active_idx on sessions (user_id, last_active_at, id) where ended_at is null;

-- What happened to an account as its owner is told. Unlike the audit log it goes with the account, and holds addresses.
create table security_events (
    id         uuid        primary key,
    user_id    uuid        not null,
    kind       text        not null,
    at         timestamptz not null,
    session_id uuid,
    device     text,
    address    text,
    constraint security_events_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint security_events_session_fkey foreign key (session_id) references sessions (id) on delete set null,
    constraint security_events_device_length check (char_length(device) between 1 and 100),
    constraint security_events_address_length check (char_length(address) between 2 and 45),
    constraint security_events_kind_shape check (kind ~ '^[a-z]+(_[a-z]+)*$')
);
create index security_events_user_idx on security_events (user_id, at, id);
create index security_events_session_idx on security_events (session_id);

-- Wrong guesses by what was guessed at: a name as it was typed, an account, a network. Scopes are keyed hashes.
create table sign_in_guards (
    scope        bytea       primary key,
    failures     integer     not null,
    failed_at    timestamptz not null,
    locked_until timestamptz,
    constraint sign_in_guards_failures_positive check (failures > 0)
);
create index sign_in_guards_failed_at_idx on sign_in_guards (failed_at);
