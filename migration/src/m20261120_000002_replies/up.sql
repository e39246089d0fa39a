-- What a mutation with an `idempotencyKey` answered, so that the same call again is answered alike and does nothing.
create table replies (
    -- The user; for those who are not signed in, a hash of whom they say to be.
    scope      uuid        not null,
    key        text        not null,
    action     text        not null,
    -- A keyed hash of the input: the same key with another input is refused.
    digest     bytea       not null,
    reply      jsonb,
    created_at timestamptz not null,
    constraint replies_pkey primary key (scope, key),
    constraint replies_key_length check (char_length(key) between 1 and 200)
);
create index replies_created_at_idx on replies (created_at);
