-- The keys that sign access tokens. The private half is sealed under the service's master key, which is not here.
create table signing_keys (
    -- As tokens name it.
    id         text        primary key,
    public     bytea       not null,
    private    bytea       not null,
    created_at timestamptz not null,
    -- From then on it signs, until another one does. It is published before, so that whoever verifies has heard of it.
    signs_from timestamptz not null,
    constraint signing_keys_id_shape check (id ~ '^[A-Za-z0-9_-]{16}$'),
    constraint signing_keys_public_length check (octet_length(public) = 32),
    constraint signing_keys_published_before check (signs_from >= created_at),
    constraint signing_keys_signs_from_key unique (signs_from)
);
