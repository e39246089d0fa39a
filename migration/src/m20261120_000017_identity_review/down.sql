drop trigger users_take_names on users;
drop trigger users_take_other_names on users;
drop function users_take_names();
drop table user_names;

delete from mails where template = 'email_changed';
alter table mails
    drop constraint mails_template_known,
    add constraint mails_template_known check (template in (
        'password_reset_link', 'email_verification_link', 'password_changed', 'password_reset'));
alter table confirmations drop column made, drop column made_since;

-- As it was before.
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
