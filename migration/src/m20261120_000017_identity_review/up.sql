-- What a review of the identity part asked for: one space of names, mail about a changed address, how often there is mail,
-- and attempts that leave nothing where they are not admitted.

-- Names --------------------------------------------------------------------------------------------------------------

-- A handle that is somebody else's user name would be taken for them wherever people are named by either. It gets an
-- ending of its own.
update users u
   set handle = left(u.handle, 50) || '-' || left(md5(u.id::text), 8), version = u.version + 1
 where exists (select from users other where other.username = u.handle::citext and other.id <> u.id);

-- Every user name, in small letters, and every handle: each is one account's.
create table user_names (
    name    text primary key,
    user_id uuid not null,
    constraint user_names_user_fkey foreign key (user_id) references users (id) on delete cascade
);
create index user_names_user_idx on user_names (user_id);
insert into user_names (name, user_id)
select lower(username::text), id from users union select handle, id from users;

-- Kept by the database. Two who want one name at the same time wait for one another.
create function users_take_names() returns trigger language plpgsql as $$
declare
    username text := lower(new.username::text);
begin
    if tg_op = 'UPDATE' then
        delete from user_names n where n.user_id = new.id and n.name not in (username, new.handle);
    end if;
    insert into user_names (name, user_id) values (username, new.id) on conflict (name) do nothing;
    if not found and not exists (select from user_names n where n.name = username and n.user_id = new.id) then
        raise exception 'the user name is somebody''s handle'
            using errcode = 'unique_violation', constraint = 'users_username_key', table = 'users';
    end if;
    insert into user_names (name, user_id) values (new.handle, new.id) on conflict (name) do nothing;
    if not found and not exists (select from user_names n where n.name = new.handle and n.user_id = new.id) then
        raise exception 'the handle is somebody''s user name'
            using errcode = 'unique_violation', constraint = 'users_handle_key', table = 'users';
    end if;
    return null;
end $$;
create trigger users_take_names after insert on users for each row execute function users_take_names();
create trigger users_take_other_names after update of username, handle on users
    for each row when (new.username::text <> old.username::text or new.handle <> old.handle)
    execute function users_take_names();

-- Mail ---------------------------------------------------------------------------------------------------------------

alter table mails
    drop constraint mails_template_known,
    add constraint mails_template_known check (template in (
        'password_reset_link', 'email_verification_link', 'password_changed', 'password_reset', 'email_changed'));

-- How many were made since when: there is an end to it on each day, whatever the address.
alter table confirmations
    add column made       integer not null default 1,
    add column made_since timestamptz;
update confirmations set made_since = created_at;
alter table confirmations
    alter column made_since set not null,
    add constraint confirmations_made_counts check (made > 0);

-- Guesses ------------------------------------------------------------------------------------------------------------

-- As before, but what is not admitted leaves no row: a lock is looked for before anything is inserted.
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
        for i in 1 .. cardinality(scopes) loop
            select * into known from sign_in_guards g where g.scope = scopes[i];
            since := greatest(0, extract(epoch from moment - known.failed_at)::double precision);
            -- A minute, then twice as long each time, up to half an hour; after that it leaks.
            lock := case when known.failures is null or known.failures <= allowed[i] - 1 then 0
                else least(1800, 60 * 2 ^ least(10, ceil(known.failures) - allowed[i])) end;
            waits[i] := coalesce(greatest(0, lock - since), 0);
            counted[i] := coalesce(greatest(0, known.failures - greatest(0, since - lock) / leaks[i]), 0);
        end loop;
        if exists (select from unnest(waits[1:told]) wait where wait > 0) then
            return next;
            return;
        end if;
        -- What was read may have changed until everything is held; then it is read again.
        exit when held is not null;
        loop
            insert into sign_in_guards (scope, failures, failed_at)
            select scope, 0, moment from unnest(scopes) scope order by scope
            on conflict (scope) do nothing;
            perform from sign_in_guards g where g.scope = any (scopes) order by g.scope for update;
            get diagnostics held = row_count;
            exit when held = (select count(distinct scope) from unnest(scopes) scope);
        end loop;
    end loop;
    for i in 1 .. cardinality(scopes) loop
        if waits[i] = 0 then
            counted[i] := counted[i] + 1;
            update sign_in_guards g set failures = counted[i], failed_at = moment where g.scope = scopes[i];
        end if;
    end loop;
    return next;
end $$;
