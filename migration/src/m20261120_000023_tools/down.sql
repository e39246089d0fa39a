drop trigger tool_calls_life on tool_calls;
drop function tool_calls_life();
-- An older version would run what was never approved.
update tool_calls set status = 'cancelled', finished_at = now(), needs_approval = false, decision = null, decided_by = null,
    decided_at = null, decision_reason = null where status = 'awaiting_approval';
drop index tool_calls_waiting_idx;
alter table tool_calls
    drop constraint tool_calls_approved_first,
    drop constraint tool_calls_decision_reason_length,
    drop constraint tool_calls_decision_asked,
    drop constraint tool_calls_decision_whole,
    drop constraint tool_calls_decision_known,
    drop constraint tool_calls_status_known,
    drop constraint tool_calls_decided_by_fkey,
    drop constraint tool_calls_tool_fkey,
    drop column decision_reason,
    drop column decided_at,
    drop column decided_by,
    drop column decision,
    drop column needs_approval,
    drop column tool_id,
    add constraint tool_calls_status_known check (status in ('pending', 'running', 'succeeded', 'failed', 'cancelled'));
drop table tools;
delete from things where kind = 'tool';
alter table things drop constraint things_kind_known,
    add constraint things_kind_known check (kind in ('conversation', 'workspace'));
