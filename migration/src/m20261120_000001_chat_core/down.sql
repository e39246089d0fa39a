drop table settings, creations, events, audit_log, participants, shares, tool_calls cascade;
alter table conversations drop constraint conversations_last_message_fkey;
drop table messages, conversations, user_roles, role_permissions, permissions, roles, invitations, sessions, users cascade;
drop function refuse_change, users_number_fixed, messages_place, messages_place_fixed, tool_calls_place,
    shares_not_with_owner, participants_from_conversation, participants_from_share, participants_from_message;
-- The extension stays: it may have been there before, and others may use it.
