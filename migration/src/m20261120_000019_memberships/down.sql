drop table membership_invitations;
