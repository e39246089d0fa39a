drop index user_roles_expiring_idx;
alter table permissions drop column counted_since;
drop table permission_uses;

delete from mails where invitation_id is not null;
drop index mails_invited_idx, mails_invitation_idx;
alter table mails
    drop constraint mails_user_whole,
    drop constraint mails_template_known,
    drop column invitation_id;
alter table mails
    add constraint mails_template_known check (template in (
        'password_reset_link', 'email_verification_link', 'password_changed', 'password_reset', 'email_changed')),
    add constraint mails_user_whole check (
        user_id is not null or (template = 'password_reset_link' and sent_at is null and confirmation_id is null));

drop index membership_invitations_team_user_key, membership_invitations_team_email_key,
    membership_invitations_workspace_user_key, membership_invitations_workspace_email_key;
update membership_invitations set answer = null, answered_at = null, answered_by = null where answer = 'lapsed';
alter table membership_invitations
    drop constraint membership_invitations_answer_known,
    add constraint membership_invitations_answer_known check (answer in ('accepted', 'declined', 'withdrawn'));
