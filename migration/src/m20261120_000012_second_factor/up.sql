-- The second factor of an account: an authenticator's codes by time (RFC 6238), and recovery codes for when it is lost.

create table second_factors (
    user_id      uuid        primary key,
    -- Sealed under the master key.
    secret       bytea       not null,
    confirmed_at timestamptz not null,
    -- The step of time of the latest code that was used: it and those before it count no more.
    last_step    bigint      not null,
    constraint second_factors_user_fkey foreign key (user_id) references users (id) on delete cascade
);

-- One that was begun: it counts for nothing until a code of it was shown in the same session.
create table second_factor_drafts (
    user_id    uuid        primary key,
    session_id uuid        not null,
    secret     bytea       not null,
    begun_at   timestamptz not null,
    constraint second_factor_drafts_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint second_factor_drafts_session_fkey foreign key (session_id) references sessions (id) on delete cascade
);
create index second_factor_drafts_session_idx on second_factor_drafts (session_id);

-- Each works once. They are keyed hashes of 80 random bits.
create table recovery_codes (
    user_id uuid        not null,
    hash    bytea       not null,
    used_at timestamptz,
    constraint recovery_codes_pkey primary key (user_id, hash),
    constraint recovery_codes_user_fkey foreign key (user_id) references second_factors (user_id) on delete cascade
);

-- When a second factor was last shown in the session.
alter table sessions add column second_factor_at timestamptz;

-- As before, but where a scope was forgiven between its insertion and its lock it is begun again. It was taken for locked.
create or replace function begin_attempt(
    scopes bytea[], allowed double precision[], leaks double precision[], told integer, moment timestamptz
) returns table (waits double precision[], counted double precision[])
language plpgsql as $$
declare
    known sign_in_guards;
    since double precision;
    lock  double precision;
    held  integer;
    i     integer;
begin
    loop
        insert into sign_in_guards (scope, failures, failed_at)
        select scope, 0, moment from unnest(scopes) scope order by scope
        on conflict (scope) do nothing;
        perform from sign_in_guards g where g.scope = any (scopes) order by g.scope for update;
        get diagnostics held = row_count;
        exit when held = (select count(distinct scope) from unnest(scopes) scope);
    end loop;
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
