-- Invitations into teams and workspaces: mailed, and one at a time for each person and place.

alter table membership_invitations
    drop constraint membership_invitations_answer_known,
    -- Lapsed: it ended by itself, and a later one took its place.
    add constraint membership_invitations_answer_known check (answer in ('accepted', 'declined', 'withdrawn', 'lapsed'));

-- Of those that are open beside each other the latest stays.
update membership_invitations i
   set answer = case when i.expires_at > now() then 'withdrawn' else 'lapsed' end, answered_at = now()
 where i.answer is null
   and exists (select from membership_invitations later
                where later.answer is null and later.id > i.id
                  and (later.team_id = i.team_id or later.workspace_id = i.workspace_id)
                  and (later.user_id = i.user_id or later.email = i.email));

create unique index membership_invitations_team_user_key on membership_invitations (team_id, user_id)
    where answer is null and team_id is not null and user_id is not null;
create unique index membership_invitations_team_email_key on membership_invitations (team_id, email)
    where answer is null and team_id is not null and email is not null;
create unique index membership_invitations_workspace_user_key on membership_invitations (workspace_id, user_id)
    where answer is null and workspace_id is not null and user_id is not null;
create unique index membership_invitations_workspace_email_key on membership_invitations (workspace_id, email)
    where answer is null and workspace_id is not null and email is not null;

alter table mails
    -- The invitation that it speaks of; then nobody knows, or asks, whose address it is.
    add column invitation_id uuid,
    add constraint mails_invitation_fkey foreign key (invitation_id) references membership_invitations (id) on delete cascade,
    drop constraint mails_template_known,
    add constraint mails_template_known check (template in (
        'password_reset_link', 'email_verification_link', 'password_changed', 'password_reset', 'email_changed',
        'team_invitation', 'workspace_invitation')),
    drop constraint mails_user_whole,
    add constraint mails_user_whole check (case
        when template in ('team_invitation', 'workspace_invitation')
            then invitation_id is not null and num_nonnulls(user_id, confirmation_id, device, address) = 0
        else invitation_id is null and (user_id is not null
             or (template = 'password_reset_link' and sent_at is null and confirmation_id is null)) end);
create index mails_invitation_idx on mails (invitation_id) where invitation_id is not null;
create index mails_invited_idx on mails (email, created_at) where invitation_id is not null;

-- Who has used which permission, and since when that is counted: what nobody uses can be taken back.
create table permission_uses (
    user_id       uuid        not null,
    permission    text        not null,
    first_used_at timestamptz not null,
    last_used_at  timestamptz not null,
    constraint permission_uses_pkey primary key (user_id, permission),
    constraint permission_uses_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint permission_uses_order check (first_used_at <= last_used_at)
);
alter table permissions add column counted_since timestamptz not null default now();

-- What ends soonest.
create index user_roles_expiring_idx on user_roles (expires_at, user_id, role_id) where expires_at is not null;
