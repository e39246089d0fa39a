-- 10,000 roles: a thousand chains of ten, each role with two grants, a tenth of which stand under a condition. The viewer
-- holds the ends of ten chains: 200 grants. A thousand others hold as many.

create temp table chain as select n, gen_random_uuid() as id from generate_series(0, 9999) n;
create index on chain (n);
do $$
begin
    for depth in 0..9 loop
        insert into roles (id, name, parent_id, created_at, updated_at)
        select c.id, 'r' || c.n, p.id, now(), now()
          from chain c left join chain p on c.n % 10 > 0 and p.n = c.n - 1 where c.n % 10 = depth;
        analyze roles;
    end loop;
end $$;

insert into role_permissions (role_id, permission_id, condition, created_at)
select c.id, p.id, case when c.n % 10 = 3 then jsonb '{"any": [{"owner": true}, {"network": ["10.0.0.0/8"]}]}' end, now()
  from chain c
 cross join lateral (select id from permissions where c.n is not null order by md5(c.n || name) limit 2) p;

insert into users (id, username, handle, display_name, created_at, updated_at)
select gen_random_uuid(), 'user' || n, 'user' || n, 'User ' || n, now(), now() from generate_series(1, 1001) n;

insert into user_roles (user_id, role_id, assigned_at)
select u.id, r.id, now() from users u
 cross join lateral (select id from chain where n % 10 = 9 and u.id is not null order by md5(u.id::text || n) limit 10) r;

insert into sessions (id, user_id, created_at, last_active_at, expires_at, idle_expires_at)
select gen_random_uuid(), id, now(), now(), now() + interval '1 day', now() + interval '1 day'
  from users where username = 'user1';

analyze;
