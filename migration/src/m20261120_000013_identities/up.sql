-- Signing in with somebody else's accounts (OpenID Connect): who is who there, and sign-ins under way. No secret is kept:
-- what a sign-in under way needs is derived from its id.

create table identities (
    id           uuid        primary key,
    user_id      uuid        not null,
    -- As the settings call it.
    provider     text        not null,
    -- A provider that becomes another one under the same name speaks of other people.
    issuer       text        not null,
    subject      text        not null,
    linked_at    timestamptz not null,
    last_used_at timestamptz,
    constraint identities_subject_key unique (provider, issuer, subject),
    constraint identities_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint identities_provider_shape check (provider ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    constraint identities_issuer_length check (char_length(issuer) between 1 and 500),
    constraint identities_subject_length check (char_length(subject) between 1 and 255)
);
create index identities_user_idx on identities (user_id, linked_at, id);

create table sign_in_flows (
    -- Token, state, nonce and verifier are made of it.
    id           uuid        primary key,
    provider     text        not null,
    redirect_uri text        not null,
    -- Who began it, to link an identity; nobody, to sign in.
    user_id      uuid,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    constraint sign_in_flows_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint sign_in_flows_expires_later check (expires_at > created_at)
);
create index sign_in_flows_user_idx on sign_in_flows (user_id);
create index sign_in_flows_expires_idx on sign_in_flows (expires_at);
