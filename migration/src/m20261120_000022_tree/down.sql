drop index conversations_trash_idx;
drop function conversations_filled(uuid, uuid);
drop trigger messages_stay_empty on messages;
drop function messages_stay_empty();
drop trigger messages_emptied on messages;
drop function messages_emptied();
drop trigger messages_gone on messages;
drop function messages_gone();
drop trigger messages_place_fixed on messages;
create trigger messages_place_fixed before update of id, conversation_id, parent_id, depth, position, role on messages
    for each row when ((new.id, new.conversation_id, new.parent_id, new.depth, new.position, new.role)
        is distinct from (old.id, old.conversation_id, old.parent_id, old.depth, old.position, old.role))
    execute function messages_place_fixed();

create or replace function messages_place() returns trigger language plpgsql as $$
begin
    update conversations
       set next_position = next_position + 1, message_count = message_count + 1,
           last_message_id = new.id, last_activity_at = greatest(last_activity_at, new.created_at)
     where id = new.conversation_id
    returning next_position - 1 into new.position;
    new.depth := case when new.parent_id is null then 0 else coalesce(
        (select depth + 1 from messages where conversation_id = new.conversation_id and id = new.parent_id), 1) end;
    return new;
end $$;

create or replace function messages_keep_version() returns trigger language plpgsql as $$
begin
    insert into message_versions (message_id, version, content, replaced_at)
    values (old.id, old.version, old.content, new.updated_at);
    return null;
end $$;
drop trigger messages_keep_version on messages;
create trigger messages_keep_version after update of content on messages
    for each row when (new.content is distinct from old.content) execute function messages_keep_version();

drop function message_newest_leaf(uuid);
drop function message_path(uuid, integer, integer, integer);
drop function message_at_depth(uuid, integer);
drop table branch_choices;
alter table message_versions drop column editor_id;
alter table messages drop column deleted_at, drop column edited_by_id, drop column jump_id, drop column jump_depth;
drop function messages_jump_depth(integer);
alter table conversations drop column active_leaf_id, drop column forked_from_id, drop column forked_from_message_id;
