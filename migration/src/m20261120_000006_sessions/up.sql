-- Sessions that their owners recognise: from which device and address, how they ended; devices; what the owner should
-- know; and who guesses.

create table devices (
    id           uuid        primary key,
    user_id      uuid        not null,
    -- A keyed hash of the user agent: sign-ins that look alike gather here. It recognises, it proves nothing.
    fingerprint  bytea       not null,
    name         text        not null,
    platform     text        not null,
    -- While it is trusted it has a token, made of its id and this moment: only that proves anything.
    trusted_until timestamptz,
    version      integer     not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    last_seen_at timestamptz not null,
    constraint devices_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint devices_user_key unique (user_id, id),
    constraint devices_name_length check (char_length(name) between 1 and 100),
    constraint devices_platform_known check (platform in ('browser', 'mobile', 'desktop', 'script', 'unknown'))
);
-- One device that is recognised only by what it looks like; a trusted one is a device of its own.
create unique index devices_fingerprint_key on devices (user_id, fingerprint) where trusted_until is null;
create index devices_user_seen_idx on devices (user_id, last_seen_at, id);

alter table sessions
    add column device_id       uuid,
    add column address         text,
    -- When it ends unless it is used before; moved on with each use.
    add column idle_expires_at timestamptz,
    add constraint sessions_address_length check (char_length(address) between 2 and 45),
    add constraint sessions_device_fkey foreign key (user_id, device_id) references devices (user_id, id)
        on delete set null (device_id),
    drop constraint sessions_end_reason_known,
    add constraint sessions_end_reason_known check (end_reason in (
        'signed_out', 'replayed', 'revoked', 'evicted', 'password_changed', 'account_closed'));
update sessions set idle_expires_at = expires_at;
alter table sessions alter column idle_expires_at set not null;
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
create index security_events_at_idx on security_events (at);

-- Wrong guesses by what was guessed at: a name as it was typed, an account, a network. Scopes are keyed hashes.
create table sign_in_guards (
    scope     bytea            primary key,
    -- Leaks with time; an attempt that is under way counts as failed.
    failures  double precision not null,
    failed_at timestamptz      not null,
    constraint sign_in_guards_failures_positive check (failures >= 0)
);
create index sign_in_guards_failed_at_idx on sign_in_guards (failed_at);

-- Counts an attempt against each scope before it is known to be wrong. `waits` are the seconds until a scope admits one;
-- where one of the first `told` scopes has to wait nothing is counted. A scope that is not among those is counted only
-- while it admits attempts. Callers of one scope take turns.
create function begin_attempt(
    scopes bytea[], allowed double precision[], leaks double precision[], told integer, moment timestamptz
) returns table (waits double precision[], counted double precision[])
language plpgsql as $$
declare
    known sign_in_guards;
    since double precision;
    lock  double precision;
    i     integer;
begin
    insert into sign_in_guards (scope, failures, failed_at)
    select scope, 0, moment from unnest(scopes) scope order by scope
    on conflict (scope) do nothing;
    perform from sign_in_guards g where g.scope = any (scopes) order by g.scope for update;
    for i in 1 .. cardinality(scopes) loop
        select * into known from sign_in_guards g where g.scope = scopes[i];
        since := greatest(0, extract(epoch from moment - known.failed_at)::double precision);
        -- A minute, then twice as long each time, up to half an hour; after that it leaks.
        lock := case when known.failures <= allowed[i] - 1 then 0
            else least(1800, 60 * 2 ^ least(10, ceil(known.failures) - allowed[i])) end;
        waits[i] := greatest(0, lock - since);
        counted[i] := greatest(0, known.failures - greatest(0, since - lock) / leaks[i]);
    end loop;
    if exists (select from unnest(waits[1:told]) wait where wait > 0) then
        return next;
        return;
    end if;
    for i in 1 .. cardinality(scopes) loop
        if waits[i] = 0 then
            counted[i] := counted[i] + 1;
            update sign_in_guards g set failures = counted[i], failed_at = moment where g.scope = scopes[i];
        end if;
    end loop;
    return next;
end $$;

-- Takes an attempt back that was right: what was guessed at starts anew, the network only loses this one.
create function forgive_attempt(emptied bytea[], lessened bytea[]) returns void language plpgsql as $$
begin
    perform from sign_in_guards g where g.scope = any (emptied || lessened) order by g.scope for update;
    delete from sign_in_guards g where g.scope = any (emptied);
    update sign_in_guards g set failures = greatest(0, g.failures - 1) where g.scope = any (lessened);
end $$;
