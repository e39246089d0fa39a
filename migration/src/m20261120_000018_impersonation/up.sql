-- A session in which somebody works as somebody else. It belongs to whom it is worked as, who sees it and may end it.

alter table sessions
    add column impersonator_id      uuid,
    add column impersonation_reason text,
    -- Whether more than reading is open to it.
    add column allows_writing       boolean not null default false,
    add constraint sessions_impersonator_fkey foreign key (impersonator_id) references users (id) on delete cascade,
    add constraint sessions_impersonator_is_another check (impersonator_id <> user_id),
    add constraint sessions_impersonation_whole check (
        (impersonator_id is null) = (impersonation_reason is null) and (impersonator_id is not null or not allows_writing)),
    add constraint sessions_impersonation_reason_length check (char_length(impersonation_reason) between 1 and 500);
create index sessions_impersonator_idx on sessions (impersonator_id);
