delete from deprecated_uses where credential not in ('none', 'session');
alter table deprecated_uses
    drop constraint deprecated_uses_credential_known,
    add constraint deprecated_uses_credential_known check (credential in ('none', 'session'));
alter table audit_log drop column api_key_id;
drop table api_keys;
