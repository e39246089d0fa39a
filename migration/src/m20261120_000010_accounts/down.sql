drop index invitations_open_idx, invitations_created_idx, invitations_role_idx;
alter table invitations
    drop constraint invitations_used_or_revoked,
    drop column role_id,
    drop column revoked_at;

drop index users_last_signed_in_idx, users_details_idx, users_names_idx;
alter table users drop column names, drop column details;

drop trigger users_state_legal on users;
drop function users_state_legal, account_is_active;
alter table users
    drop column state_changed_at,
    drop column state_reason,
    drop column suspended_until;

drop extension pg_trgm;
