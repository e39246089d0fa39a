-- Roles that inherit. A role has the permissions of its parent and its own; an inactive one counts for nobody, and cuts
-- its children off from what they would inherit through it.

alter table roles
    add column parent_id uuid,
    add column is_active boolean not null default true,
    add column level     integer not null default 0,
    -- Kept: the roles whose grants its holders have. Itself, then its ancestors up to the first inactive one; nothing
    -- while it is inactive itself.
    add column sources   uuid[]  not null default '{}',
    add constraint roles_parent_fkey foreign key (parent_id) references roles (id) on delete restrict,
    add constraint roles_level_range check (level between 0 and 1000),
    -- Whoever administers is never shut out by a change of the role.
    add constraint roles_admin_stays check (name <> 'admin' or is_active and parent_id is null);
create index roles_parent_idx on roles (parent_id);

-- When a grant counts: a condition in the language of the service, which reads it; null for always.
alter table role_permissions add column condition jsonb;

-- Who was invited by whom outlives the role; an open invitation keeps the role from being deleted.
alter table invitations drop constraint invitations_role_fkey;
alter table invitations
    add constraint invitations_role_fkey foreign key (role_id) references roles (id) on delete set null;

update roles set sources = array[id];
update roles set level = 1000 where name = 'admin';

-- Changes of the hierarchy come one after the other: two of them together could make what neither makes alone. Whoever
-- changes it calls this before holding any role.
create function roles_take_turns() returns void language sql as $$
    select pg_advisory_xact_lock('roles'::regclass::oid::bigint)
$$;

create function roles_hierarchy_turn() returns trigger language plpgsql as $$
begin
    perform roles_take_turns();
    return null;
end $$;
create trigger roles_hierarchy_turn before insert or update of parent_id, is_active on roles
    for each statement execute function roles_hierarchy_turn();

-- Refuses circles and chains of more than 16 roles, then carries what is inherited down. It looks when the statement has
-- changed all its rows.
create function roles_hierarchy() returns trigger language plpgsql as $$
declare
    up    uuid    := new.parent_id;
    chain integer := 1;
begin
    while up is not null loop
        chain := chain + 1;
        if up = new.id then
            raise exception 'a role is not its own ancestor'
                using errcode = 'check_violation', constraint = 'roles_parent_acyclic';
        end if;
        if chain > 16 then
            raise exception 'roles inherit through 16 at most'
                using errcode = 'check_violation', constraint = 'roles_depth_limit';
        end if;
        select r.parent_id into up from roles r where r.id = up;
    end loop;
    if exists (
        with recursive below (id, depth) as (
            select new.id, chain
            union all
            select r.id, b.depth + 1 from below b join roles r on r.parent_id = b.id)
        select from below b where b.depth > 16) then
        raise exception 'roles inherit through 16 at most'
            using errcode = 'check_violation', constraint = 'roles_depth_limit';
    end if;
    with recursive kept (id, sources) as (
        select r.id, case when r.is_active then r.id || coalesce(p.sources, '{}') else '{}' end
          from roles r left join roles p on p.id = r.parent_id
         where r.id = new.id
        union all
        select r.id, case when r.is_active then r.id || k.sources else '{}' end
          from kept k join roles r on r.parent_id = k.id)
    update roles r set sources = k.sources from kept k where r.id = k.id and r.sources <> k.sources;
    return null;
end $$;
create trigger roles_hierarchy after insert or update of parent_id, is_active on roles
    for each row execute function roles_hierarchy();

-- The role and its ancestors, active or not, by how far above it they are.
create function role_lineage(role uuid) returns table (id uuid, distance integer) language sql stable as $$
    with recursive chain (id, distance) as (
        select role, 0
        union all
        select r.parent_id, c.distance + 1 from chain c join roles r on r.id = c.id where r.parent_id is not null)
    select c.id, c.distance from chain c
$$;

-- The one rule of what a role gives: its own grants, and those it inherits.
create view effective_grants as
    select r.id as role_id, p.name, g.condition
      from roles r
      join role_permissions g on g.role_id = any (r.sources)
      join permissions p on p.id = g.permission_id;

-- What an account holds at a moment, through all its roles.
create function grants_held(account uuid, moment timestamptz) returns table (name text, condition jsonb)
    language sql stable as $$
    select e.name, e.condition
      from user_roles h
      join effective_grants e on e.role_id = h.role_id
     where h.user_id = account and (h.expires_at is null or h.expires_at > moment)
$$;
