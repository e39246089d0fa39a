create or replace function messages_emptied() returns trigger language plpgsql as $$
begin
    delete from message_versions v where v.message_id = new.id;
    delete from tool_calls t where t.message_id = new.id;
    return null;
end $$;
drop trigger messages_keep_version on messages;
create trigger messages_keep_version after update of content on messages
    for each row when (new.content is distinct from old.content and new.deleted_at is null)
    execute function messages_keep_version();
drop function message_fold(uuid, timestamptz);
drop function message_text(uuid);
drop table message_pieces;
drop function message_pieces_place();
drop table message_streams;
alter table messages drop column status;
