delete from sessions where impersonator_id is not null;
alter table sessions
    drop column impersonator_id,
    drop column impersonation_reason,
    drop column allows_writing;
