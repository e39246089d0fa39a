-- The audit log says with what somebody came, can be read in many ways, and is sealed row by row into a chain.

alter table audit_log
    add column credential     text,
    -- A row is sealed when no transaction still runs that could write one before it.
    add column transaction_id xid8 not null default pg_current_xact_id(),
    add constraint audit_log_credential_known check (
        credential in ('none', 'session', 'api_key', 'password', 'network', 'impersonation', 'operator')),
    -- Rows from before this column stay as they are: nothing changes a row of this table.
    add constraint audit_log_credential_said check (credential is not null) not valid;

drop index audit_log_subject_idx, audit_log_actor_idx;
create index audit_log_at_idx on audit_log (at, id);
create index audit_log_subject_idx on audit_log (subject_id, at, id);
create index audit_log_actor_idx on audit_log (actor_id, at, id);
create index audit_log_action_idx on audit_log (action, at, id);
create index audit_log_kind_idx on audit_log (subject_kind, at, id);
create index audit_log_transaction_idx on audit_log (transaction_id, id);

-- The chain: each link seals one row of the audit log and the link before it. What is sealed is found to be altered even by
-- whoever may do anything here, for the key of the seals is not here. No foreign key: a link whose row is gone must say so.
create table audit_seals (
    sequence       bigint      primary key,
    entry_id       uuid        not null,
    -- That of the row, so that the place of the last link is known without it.
    transaction_id xid8        not null,
    -- HMAC-SHA-256 over sequence, the hash before, the moment, and the whole row.
    hash           bytea       not null,
    sealed_at      timestamptz not null,
    constraint audit_seals_sequence_positive check (sequence > 0),
    constraint audit_seals_entry_key unique (entry_id),
    constraint audit_seals_hash_length check (octet_length(hash) = 32)
);
create index audit_seals_transaction_idx on audit_seals (transaction_id);
create trigger audit_seals_append_only before update or delete or truncate on audit_seals
    for each statement execute function refuse_change();
