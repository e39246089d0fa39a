drop function subjects_of(uuid, timestamptz, integer);
drop function standings_of(uuid, timestamptz);
drop trigger teams_keep_owner on team_members;
drop function teams_keep_owner();
drop trigger workspaces_keep_owner on shares;
drop function workspaces_keep_owner();
drop trigger shares_place_fixed on shares;
drop function shares_place_fixed();
drop trigger shares_fit on shares;
drop function shares_fit();

-- What an older version has no word for is given up: it would otherwise allow more, or to others.
delete from shares s where s.audience <> 'user' or s.level not in ('read', 'comment', 'write') or s.expires_at is not null
    or not exists (select from conversations c where c.id = s.thing_id);
drop trigger participants_from_turned_share on shares;
drop trigger participants_from_old_share on shares;
drop trigger participants_from_new_share on shares;
alter table shares
    drop constraint shares_thing_subject_key,
    drop constraint shares_reason_length,
    drop constraint shares_expiry_later,
    drop constraint shares_owner_lasts,
    drop constraint shares_open_reads,
    drop constraint shares_audience_whole,
    drop constraint shares_level_known,
    drop constraint shares_workspace_fkey,
    drop constraint shares_team_fkey,
    drop constraint shares_thing_fkey,
    drop column subject_id,
    drop column rank,
    drop column thing_kind,
    drop column reason,
    drop column expires_at,
    drop column can_reshare,
    drop column grantee_workspace_id,
    drop column team_id,
    drop column audience;
drop index shares_granted_by_idx;
drop index if exists shares_grantee_idx;
alter table shares rename column thing_id to conversation_id;
alter table shares
    alter column grantee_id set not null,
    add constraint shares_conversation_fkey foreign key (conversation_id) references conversations (id) on delete cascade,
    add constraint shares_conversation_grantee_key unique (conversation_id, grantee_id),
    add constraint shares_level_known check (level in ('read', 'comment', 'write'));
create index shares_grantee_idx on shares (grantee_id, conversation_id);
create index shares_granted_by_idx on shares (granted_by);

create function shares_not_with_owner() returns trigger language plpgsql as $$
begin
    if exists (select 1 from conversations c where c.id = new.conversation_id and c.owner_id = new.grantee_id) then
        raise exception 'a conversation is not shared with its owner'
            using errcode = 'check_violation', constraint = 'shares_not_with_owner';
    end if;
    return new;
end $$;
create trigger shares_not_with_owner before insert or update of conversation_id, grantee_id on shares
    for each row execute function shares_not_with_owner();

create or replace function participants_from_share() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into participants (conversation_id, user_id, is_grantee) values (new.conversation_id, new.grantee_id, true)
        on conflict (conversation_id, user_id) do update set is_grantee = true;
    else
        update participants set is_grantee = false
         where conversation_id = old.conversation_id and user_id = old.grantee_id;
        delete from participants
         where conversation_id = old.conversation_id and user_id = old.grantee_id
           and not (is_owner or is_grantee or is_author);
    end if;
    return null;
end $$;
create trigger participants_from_share after insert or delete on shares
    for each row execute function participants_from_share();

drop trigger things_of_workspaces on workspaces;
drop trigger things_of_conversations on conversations;
drop function things_kept();
drop table things;
alter table conversations drop column workspace_id;
drop table workspaces;
drop table team_members;
drop table teams;
