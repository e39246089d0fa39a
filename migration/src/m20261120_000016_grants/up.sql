-- Grants: who may do what with a thing that can be shared. One table of things, one of grants, one function that says by
-- what somebody is entitled; another kind of thing is one trigger more.

-- Teams ---------------------------------------------------------------------------------------------------------------

create table teams (
    id          uuid        primary key,
    name        text        not null,
    description text        not null default '',
    version     integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    deleted_at  timestamptz,
    constraint teams_name_length check (char_length(name) between 1 and 100),
    constraint teams_description_length check (char_length(description) <= 500)
);

create table team_members (
    team_id   uuid        not null,
    user_id   uuid        not null,
    role      text        not null,
    added_by  uuid,
    joined_at timestamptz not null,
    constraint team_members_pkey primary key (team_id, user_id),
    constraint team_members_team_fkey foreign key (team_id) references teams (id) on delete cascade,
    constraint team_members_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint team_members_added_by_fkey foreign key (added_by) references users (id) on delete set null,
    constraint team_members_role_known check (role in ('viewer', 'member', 'admin', 'owner'))
);
create index team_members_user_idx on team_members (user_id, team_id);
create index team_members_added_by_idx on team_members (added_by);

-- Workspaces ----------------------------------------------------------------------------------------------------------

-- Who is a member of a workspace, and as what, is who it was granted to.
create table workspaces (
    id          uuid        primary key,
    name        text        not null,
    description text        not null default '',
    version     integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    deleted_at  timestamptz,
    constraint workspaces_name_length check (char_length(name) between 1 and 100),
    constraint workspaces_description_length check (char_length(description) <= 500)
);

alter table conversations add column workspace_id uuid,
    add constraint conversations_workspace_fkey foreign key (workspace_id) references workspaces (id) on delete set null;
create index conversations_workspace_activity_idx on conversations (workspace_id, last_activity_at, id)
    where workspace_id is not null;

-- Things --------------------------------------------------------------------------------------------------------------

-- What can be shared, whatever it is. Kept by triggers: the tables of the kinds are what counts.
create table things (
    id           uuid not null,
    kind         text not null,
    -- Nobody for a workspace, which has members that are owners.
    owner_id     uuid,
    -- The workspace that holds it.
    workspace_id uuid,
    deleted_at   timestamptz,
    constraint things_pkey primary key (id),
    constraint things_kind_known check (kind in ('conversation', 'workspace')),
    constraint things_place check (kind <> 'workspace' or (owner_id is null and workspace_id is null))
);
create index things_workspace_idx on things (workspace_id, id) where workspace_id is not null;

create function things_kept() returns trigger language plpgsql as $$
declare
    thing jsonb;
begin
    if tg_op = 'DELETE' then
        delete from things where id = old.id;
        return null;
    end if;
    thing := to_jsonb(new);
    insert into things (id, kind, owner_id, workspace_id, deleted_at)
    values (new.id, tg_argv[0], (thing ->> 'owner_id')::uuid, (thing ->> 'workspace_id')::uuid,
            (thing ->> 'deleted_at')::timestamptz)
    on conflict (id) do update
       set owner_id = excluded.owner_id, workspace_id = excluded.workspace_id, deleted_at = excluded.deleted_at;
    return null;
end $$;

insert into things (id, kind, owner_id, deleted_at) select id, 'conversation', owner_id, deleted_at from conversations;
create trigger things_of_conversations after insert or delete or update of owner_id, workspace_id, deleted_at
    on conversations for each row execute function things_kept('conversation');
create trigger things_of_workspaces after insert or delete or update of deleted_at
    on workspaces for each row execute function things_kept('workspace');

-- Grants --------------------------------------------------------------------------------------------------------------

drop trigger shares_not_with_owner on shares;
drop function shares_not_with_owner();
drop trigger participants_from_share on shares;
drop index shares_grantee_idx;
drop index shares_granted_by_idx;
alter table shares
    drop constraint shares_conversation_fkey,
    drop constraint shares_conversation_grantee_key,
    drop constraint shares_level_known,
    alter column grantee_id drop not null;
alter table shares rename column conversation_id to thing_id;
alter table shares
    -- To whom: a user, a team, the members of a workspace, everybody; whoever has the link; or oneself, for a reason.
    add column audience             text not null default 'user',
    add column team_id              uuid,
    add column grantee_workspace_id uuid,
    add column can_reshare          boolean not null default false,
    add column expires_at           timestamptz,
    -- Why somebody let themselves in.
    add column reason               text,
    -- What kind of thing it is; written by the trigger.
    add column thing_kind           text not null default 'conversation',
    add column rank                 smallint generated always as (
        case level when 'read' then 1 when 'comment' then 2 when 'write' then 3 when 'manage' then 4 else 5 end) stored,
    add column subject_id           uuid generated always as (
        case audience when 'everyone' then '00000000-0000-0000-0000-000000000000' when 'link' then id
                      else coalesce(grantee_id, team_id, grantee_workspace_id) end) stored,
    add constraint shares_thing_fkey foreign key (thing_id) references things (id) on delete cascade,
    add constraint shares_team_fkey foreign key (team_id) references teams (id) on delete cascade,
    add constraint shares_workspace_fkey foreign key (grantee_workspace_id) references workspaces (id) on delete cascade,
    add constraint shares_level_known check (level in ('read', 'comment', 'write', 'manage', 'owner')),
    add constraint shares_audience_whole check (case audience
        when 'user'      then grantee_id is not null and num_nonnulls(team_id, grantee_workspace_id, reason) = 0
        when 'team'      then team_id is not null and num_nonnulls(grantee_id, grantee_workspace_id, reason) = 0
        when 'workspace' then grantee_workspace_id is not null and num_nonnulls(grantee_id, team_id, reason) = 0
        when 'everyone'  then num_nonnulls(grantee_id, team_id, grantee_workspace_id, reason) = 0
        when 'link'      then num_nonnulls(grantee_id, team_id, grantee_workspace_id, reason) = 0
        when 'elevation' then num_nonnulls(grantee_id, reason, expires_at) = 3
                              and num_nonnulls(team_id, grantee_workspace_id) = 0
        else false end),
    -- Whom nobody can name gets no more than to read.
    add constraint shares_open_reads check (audience not in ('everyone', 'link', 'elevation')
        or level = 'read' and not can_reshare),
    add constraint shares_owner_lasts check (level <> 'owner' or audience = 'user' and expires_at is null),
    add constraint shares_expiry_later check (expires_at > created_at),
    add constraint shares_reason_length check (char_length(reason) between 1 and 500),
    add constraint shares_thing_subject_key unique (thing_id, subject_id);
alter table shares alter column audience drop default, alter column thing_kind drop default;
create index shares_subject_idx on shares (subject_id, id);
create index shares_granted_by_idx on shares (granted_by, id);
create index shares_grantee_idx on shares (grantee_id) where grantee_id is not null;
create index shares_team_idx on shares (team_id) where team_id is not null;
create index shares_workspace_idx on shares (grantee_workspace_id) where grantee_workspace_id is not null;
create index shares_expires_at_idx on shares (expires_at) where expires_at is not null;

create function shares_fit() returns trigger language plpgsql as $$
declare
    thing things;
begin
    select t.* into thing from things t where t.id = new.thing_id;
    new.thing_kind := coalesce(thing.kind, '');
    if thing.owner_id = new.grantee_id then
        raise exception 'a thing is not shared with its owner'
            using errcode = 'check_violation', constraint = 'shares_not_with_owner';
    end if;
    if (new.level = 'owner') and thing.kind <> 'workspace' then
        raise exception 'only a workspace has members that are owners'
            using errcode = 'check_violation', constraint = 'shares_owner_of_workspace';
    end if;
    if thing.kind = 'workspace' and new.audience not in ('user', 'team') then
        raise exception 'only users and teams are members of a workspace'
            using errcode = 'check_violation', constraint = 'shares_member_of_workspace';
    end if;
    return new;
end $$;
create trigger shares_fit before insert or update on shares for each row execute function shares_fit();

create function shares_place_fixed() returns trigger language plpgsql as $$
begin
    raise exception 'a share keeps its thing' using errcode = 'check_violation', constraint = 'shares_place_fixed';
end $$;
create trigger shares_place_fixed before update of thing_id on shares for each row
    when (new.thing_id is distinct from old.thing_id) execute function shares_place_fixed();

-- A workspace and a team keep an owner for as long as they are there.
create function workspaces_keep_owner() returns trigger language plpgsql as $$
begin
    -- Those who leave at the same time take turns.
    perform from workspaces w where w.id = old.thing_id for no key update;
    if found and not exists (select from shares s where s.thing_id = old.thing_id and s.level = 'owner') then
        raise exception 'a workspace keeps an owner'
            using errcode = 'check_violation', constraint = 'workspaces_keep_owner';
    end if;
    return null;
end $$;
create constraint trigger workspaces_keep_owner after update of level or delete on shares
    deferrable initially immediate for each row when (old.level = 'owner') execute function workspaces_keep_owner();

create function teams_keep_owner() returns trigger language plpgsql as $$
begin
    perform from teams t where t.id = old.team_id for no key update;
    if found and not exists (select from team_members m where m.team_id = old.team_id and m.role = 'owner') then
        raise exception 'a team keeps an owner'
            using errcode = 'check_violation', constraint = 'teams_keep_owner';
    end if;
    return null;
end $$;
create constraint trigger teams_keep_owner after update of role or delete on team_members
    deferrable initially immediate for each row when (old.role = 'owner') execute function teams_keep_owner();

-- As what somebody is entitled at a moment, and how far at most: as themselves, as a member of teams (who only look, if
-- they are viewers there), as a member of workspaces (as far as in those). Everything that asks who sees or may do what
-- asks here.
create function standings_of(viewer uuid, moment timestamptz, out subject_id uuid, out cap smallint)
returns setof record language plpgsql stable parallel safe rows 5 as $$
begin
    return query
    with direct (subject, most) as materialized (
        select viewer, 5::smallint
        union all
        select m.team_id, (case m.role when 'viewer' then 1 else 4 end)::smallint
          from team_members m join teams t on t.id = m.team_id
         where m.user_id = viewer and t.deleted_at is null)
    select d.subject, d.most from direct d
    union all
    select s.thing_id, max(least(s.rank, d.most))::smallint
      from direct d
      join shares s on s.subject_id = d.subject and (s.expires_at is null or s.expires_at > moment)
      join things w on w.id = s.thing_id and w.kind = 'workspace' and w.deleted_at is null
     group by s.thing_id;
end $$;

-- The same, of those that reach a level: 1 is read, 2 comment, 3 write, 4 manage.
create function subjects_of(viewer uuid, moment timestamptz, level integer)
returns uuid[] language plpgsql stable parallel safe as $$
begin
    return array(select s.subject_id from standings_of(viewer, moment) s where s.cap >= level);
end $$;

-- Participants: the grantees are the people who were named.
create or replace function participants_from_share() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into participants (conversation_id, user_id, is_grantee)
        select t.id, new.grantee_id, true from things t where t.id = new.thing_id and t.kind = 'conversation'
        on conflict (conversation_id, user_id) do update set is_grantee = true;
    else
        update participants set is_grantee = false
         where conversation_id = old.thing_id and user_id = old.grantee_id;
        delete from participants
         where conversation_id = old.thing_id and user_id = old.grantee_id
           and not (is_owner or is_grantee or is_author);
    end if;
    return null;
end $$;
create trigger participants_from_new_share after insert on shares for each row
    when (new.audience = 'user') execute function participants_from_share();
create trigger participants_from_old_share after delete on shares for each row
    when (old.audience = 'user') execute function participants_from_share();
create trigger participants_from_turned_share after update of audience on shares for each row
    when (old.audience <> 'user' and new.audience = 'user') execute function participants_from_share();
