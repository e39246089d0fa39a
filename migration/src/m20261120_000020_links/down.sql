drop table share_views;
drop table share_links;
drop trigger messages_keep_version on messages;
drop function messages_keep_version();
drop table message_versions;
