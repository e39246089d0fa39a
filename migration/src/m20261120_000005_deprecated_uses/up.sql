-- Who uses what the schema calls deprecated: one row for each element and credential, which all processes add to.
create table deprecated_uses (
    id             uuid        primary key,
    -- As in the schema: `Type.field`, `Type.field(argument:)`, `Input.field` or `Enum.VALUE`.
    coordinate     text        not null,
    -- Null for everybody who was not signed in.
    user_id        uuid,
    credential     text        not null,
    -- The last operation's; strangers' names are not kept.
    operation_name text,
    uses           bigint      not null,
    first_seen_at  timestamptz not null,
    last_seen_at   timestamptz not null,
    constraint deprecated_uses_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint deprecated_uses_key unique nulls not distinct (coordinate, user_id, credential),
    constraint deprecated_uses_coordinate_length check (char_length(coordinate) between 1 and 500),
    constraint deprecated_uses_credential_known check (credential in ('none', 'session')),
    constraint deprecated_uses_credential_whole check ((credential = 'none') = (user_id is null)),
    constraint deprecated_uses_operation_name_length check (char_length(operation_name) between 1 and 100),
    constraint deprecated_uses_uses_positive check (uses > 0),
    constraint deprecated_uses_seen_in_order check (first_seen_at <= last_seen_at)
);
create index deprecated_uses_last_seen_idx on deprecated_uses (last_seen_at, id);
create index deprecated_uses_coordinate_idx on deprecated_uses (coordinate, last_seen_at, id);
create index deprecated_uses_user_idx on deprecated_uses (user_id, last_seen_at, id);
