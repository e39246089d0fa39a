-- Invitations into teams and workspaces: to a user, or to an address, whoever's that turns out to be.

create table membership_invitations (
    id           uuid        primary key,
    team_id      uuid,
    workspace_id uuid,
    user_id      uuid,
    email        citext,
    -- What they become: a role in a team, a level in a workspace.
    role         text        not null,
    invited_by   uuid,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    answer       text,
    answered_at  timestamptz,
    answered_by  uuid,
    constraint membership_invitations_team_fkey foreign key (team_id) references teams (id) on delete cascade,
    constraint membership_invitations_workspace_fkey foreign key (workspace_id) references workspaces (id) on delete cascade,
    constraint membership_invitations_user_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint membership_invitations_invited_by_fkey foreign key (invited_by) references users (id) on delete set null,
    constraint membership_invitations_answered_by_fkey foreign key (answered_by) references users (id) on delete set null,
    constraint membership_invitations_place check (num_nonnulls(team_id, workspace_id) = 1),
    constraint membership_invitations_person check (num_nonnulls(user_id, email) = 1),
    constraint membership_invitations_role_known check (
        case when team_id is null then role in ('read', 'comment', 'write', 'manage')
             else role in ('viewer', 'member', 'admin', 'owner') end),
    constraint membership_invitations_answer_known check (answer in ('accepted', 'declined', 'withdrawn')),
    constraint membership_invitations_answer_whole check ((answer is null) = (answered_at is null)),
    constraint membership_invitations_expiry_later check (expires_at > created_at)
);
create index membership_invitations_team_idx on membership_invitations (team_id, id) where team_id is not null;
create index membership_invitations_workspace_idx on membership_invitations (workspace_id, id) where workspace_id is not null;
create index membership_invitations_user_idx on membership_invitations (user_id, id) where user_id is not null;
create index membership_invitations_email_idx on membership_invitations (email, id) where email is not null;
create index membership_invitations_invited_by_idx on membership_invitations (invited_by, id);
create index membership_invitations_answered_by_idx on membership_invitations (answered_by);
