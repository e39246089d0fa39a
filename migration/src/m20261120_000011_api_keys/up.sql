-- Keys with which programs act for an account. Their secrets are made from the service's master key and are not here.

create table api_keys (
    id                  uuid        primary key,
    user_id             uuid        not null,
    name                text        not null,
    -- The permissions that it may use, of those that its owner holds.
    scopes              text[]      not null,
    may_act_as          boolean     not null default false,
    -- Which secret is the latest; the one before is good until `previous_expires_at`.
    generation          integer     not null default 0,
    previous_expires_at timestamptz,
    expires_at          timestamptz not null,
    last_used_at        timestamptz,
    revoked_at          timestamptz,
    version             integer     not null default 1,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    constraint api_keys_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint api_keys_name_length check (char_length(name) between 1 and 100),
    constraint api_keys_has_scopes check (cardinality(scopes) between 1 and 100),
    constraint api_keys_generation_counts check (generation >= 0),
    constraint api_keys_expires_later check (expires_at > created_at)
);
create index api_keys_user_idx on api_keys (user_id, id) where revoked_at is null;

alter table audit_log add column api_key_id uuid;

alter table deprecated_uses
    drop constraint deprecated_uses_credential_known,
    add constraint deprecated_uses_credential_known check (credential in ('none', 'session', 'api_key', 'password', 'network'));
