-- Documents that are trusted: clients run them by id, and where free text is not allowed nothing else runs.
create table documents (
    -- `sha256:` and the hash of the text, or an id of the operator's own.
    id            text        not null,
    digest        bytea       not null,
    text          text        not null,
    registered_at timestamptz not null,
    -- Null: from the command line.
    registered_by uuid,
    constraint documents_pkey primary key (id),
    constraint documents_registered_by_fkey foreign key (registered_by) references users (id) on delete set null,
    constraint documents_id_shape check (
        char_length(id) <= 200
        and id ~ '^([A-Za-z0-9._~-]+|x-[A-Za-z0-9._~-]+:[A-Za-z0-9._~-]+|sha256:[0-9a-f]{64})$'),
    constraint documents_text_length check (char_length(text) between 1 and 1000000),
    -- Whoever writes here: a hash stands for exactly one text.
    constraint documents_digest_of_text check (digest = sha256(convert_to(text, 'UTF8'))),
    constraint documents_id_of_digest check (id not like 'sha256:%' or id = 'sha256:' || encode(digest, 'hex'))
);
create index documents_digest_idx on documents (digest);
create index documents_registered_by_idx on documents (registered_by);

create function documents_fixed() returns trigger language plpgsql as $$
begin
    raise exception 'a registered document does not change'
        using errcode = 'check_violation', constraint = 'documents_fixed';
end $$;
create trigger documents_fixed before update of id, digest, text, registered_at on documents
    for each statement execute function documents_fixed();

-- Which list of documents this is. Changes in the transaction that changes the list, and is never the same again, so a
-- process that knows the version knows the list.
create table document_list (
    only_row boolean not null default true,
    version  uuid    not null default gen_random_uuid(),
    constraint document_list_pkey primary key (only_row),
    constraint document_list_one_row check (only_row)
);
insert into document_list default values;

create function documents_listed() returns trigger language plpgsql as $$
begin
    update document_list set version = gen_random_uuid();
    return null;
end $$;
create trigger documents_listed after insert or delete or truncate on documents
    for each statement execute function documents_listed();
