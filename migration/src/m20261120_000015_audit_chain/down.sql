drop table audit_seals;
alter table audit_log drop column credential, drop column transaction_id;
drop index audit_log_at_idx, audit_log_subject_idx, audit_log_actor_idx, audit_log_action_idx, audit_log_kind_idx;
create index audit_log_subject_idx on audit_log (subject_id, id);
create index audit_log_actor_idx on audit_log (actor_id, id);
