drop function grants_held(uuid, timestamptz);
drop view effective_grants;
drop function role_lineage(uuid);
drop trigger roles_hierarchy on roles;
drop function roles_hierarchy();
drop trigger roles_hierarchy_turn on roles;
drop function roles_hierarchy_turn();
drop function roles_take_turns();
alter table invitations drop constraint invitations_role_fkey;
alter table invitations
    add constraint invitations_role_fkey foreign key (role_id) references roles (id) on delete cascade;
alter table role_permissions drop column condition;
alter table roles
    drop constraint roles_admin_stays,
    drop constraint roles_level_range,
    drop constraint roles_parent_fkey,
    drop column sources,
    drop column level,
    drop column is_active,
    drop column parent_id;
