-- Passwords that change, addresses that are verified, and the mail that both need. No token and no text of a mail is kept:
-- tokens are derived from ids, and a mail is written when it is sent.

alter table users
    add column email_verified_at   timestamptz,
    add column password_changed_at timestamptz,
    add constraint users_verified_whole check (email_verified_at is null or email is not null);

-- What was verified is the address, so another one is not, whoever changes it and however.
create function forget_verified_address() returns trigger language plpgsql as $$
begin
    if new.email_verified_at is not distinct from old.email_verified_at then
        new.email_verified_at := null;
    end if;
    return new;
end $$;
create trigger users_forget_verified_address before update of email on users
    for each row when (new.email is distinct from old.email) execute function forget_verified_address();

-- What a mailed token stands for: the latest of a user and purpose, since each new one ends the one before.
create table confirmations (
    user_id    uuid        not null,
    purpose    text        not null,
    -- The token is made of it.
    id         uuid        not null,
    -- Where it was sent. It is worth something only while this is the user's address.
    email      citext      not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    constraint confirmations_pkey primary key (user_id, purpose),
    constraint confirmations_id_key unique (id),
    constraint confirmations_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint confirmations_purpose_known check (purpose in ('password_reset', 'email_verification'))
);

-- Mail to be sent and mail that was, for a month. What is asked for an address waits without a user until it is known
-- whether there is one.
create table mails (
    id              uuid        primary key,
    template        text        not null,
    email           citext      not null,
    user_id         uuid,
    confirmation_id uuid,
    -- From where that was asked or done which the mail speaks of.
    device          text,
    address         text,
    created_at      timestamptz not null,
    attempts        integer     not null default 0,
    -- When it is tried next; a process that sends it puts this off meanwhile.
    due_at          timestamptz,
    sent_at         timestamptz,
    dropped_at      timestamptz,
    constraint mails_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint mails_template_known check (template in (
        'password_reset_link', 'email_verification_link', 'password_changed', 'password_reset')),
    constraint mails_email_shape check (email::text ~ '^[^@[:space:]]+@[^@[:space:]]+$' and char_length(email::text) <= 254),
    constraint mails_device_length check (char_length(device) between 1 and 100),
    constraint mails_address_length check (char_length(address) between 2 and 45),
    constraint mails_attempts_counted check (attempts >= 0),
    constraint mails_state_single check (num_nonnulls(due_at, sent_at, dropped_at) = 1),
    constraint mails_user_whole check (
        user_id is not null or (template = 'password_reset_link' and sent_at is null and confirmation_id is null))
);
create index mails_due_idx on mails (due_at, id) where due_at is not null;
create index mails_asked_idx on mails (id) where user_id is null and due_at is not null;
create index mails_user_idx on mails (user_id);
create index mails_created_idx on mails (created_at, id);
