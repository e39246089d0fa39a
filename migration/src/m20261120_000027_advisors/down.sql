drop index conversations_advisor_idx;
alter table conversations drop constraint conversations_advisor_fkey;
update conversations set advisor_id = null where advisor_id is not null;
drop table advisors;
delete from things where kind = 'advisor';
alter table things drop constraint things_kind_known,
    add constraint things_kind_known check (kind in ('conversation', 'workspace', 'tool'));
