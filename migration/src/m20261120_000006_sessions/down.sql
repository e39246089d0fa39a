drop function begin_attempt, forgive_attempt;
drop table sign_in_guards, security_events;
alter table sessions
    drop column device_id,
    drop column address,
    drop column idle_expires_at,
    drop constraint sessions_end_reason_known;
update sessions set end_reason = 'revoked' where end_reason in ('evicted', 'password_changed', 'account_closed');
alter table sessions
    add constraint sessions_end_reason_known check (end_reason in ('signed_out', 'replayed', 'revoked'));
drop table devices;
