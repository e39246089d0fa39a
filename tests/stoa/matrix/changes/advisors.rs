//! Advisors. The advisor is the owner's; those who have the conversation shared have it at the same level.

use serde_json::json;

use super::THING;
use crate::matrix::cases::{Case, change};

pub const ADVISOR: &str = "delete from advisors;
    insert into advisors (id, owner_id, name, messages, created_at, updated_at)
    select '00000000-0000-7000-8000-000000000001', id, 'Sage', '[{\"role\": \"system\", \"content\": \"Be wise.\"}]', now(), now()
      from users where username = 'owner';
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'reader' then 'read' when 'commenter' then 'comment' else 'write' end, now(), now()
      from users where username in ('reader', 'commenter', 'writer', 'viewer-write', 'roleless')";
const HIDING: &str = "delete from advisors;
    insert into advisors (id, owner_id, name, messages, hides_prompt, created_at, updated_at)
    select '00000000-0000-7000-8000-000000000001', id, 'Sage', '[{\"role\": \"system\", \"content\": \"Be wise.\"}]', true, now(), now()
      from users where username = 'owner';
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'reader' then 'read' when 'commenter' then 'comment' else 'write' end, now(), now()
      from users where username in ('reader', 'commenter', 'writer', 'viewer-write', 'roleless')";
const IN_TRASH: &str = "delete from advisors;
    insert into advisors (id, owner_id, name, messages, created_at, updated_at, deleted_at)
    select '00000000-0000-7000-8000-000000000001', id, 'Sage', '[{\"role\": \"system\", \"content\": \"Be wise.\"}]', now(), now(), now()
      from users where username = 'owner';
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id, 'manage', now(), now()
      from users where username in ('reader', 'writer')";

pub fn advisor() -> String {
    use stoa::graphql::id::WireId;
    entity::id::AdvisorId(THING).encode().to_string()
}

pub fn advisors() -> Vec<Case> {
    vec![
        change(
            "createAdvisor",
            "Makes an advisor of one's own.",
            "advisor { name }",
            |_, at| json!({ "name": format!("Mine {at}"), "messages": [{ "role": "SYSTEM", "content": "x" }] }),
        ),
        change(
            "importAdvisor",
            "Makes an advisor of one's own from a file.",
            "advisor { name }",
            |_, at| json!({ "name": format!("Read {at}"), "source": "Be brief." }),
        ),
        change(
            "updateAdvisor",
            "Renames the owner's advisor.",
            "advisor { name }",
            |_, at| json!({ "advisorId": advisor(), "name": format!("Sage {at}") }),
        )
        .before(ADVISOR),
        change(
            "updateAdvisor: hides the prompt",
            "Hides the prompt of the owner's advisor.",
            "advisor { name }",
            |_, _| json!({ "advisorId": advisor(), "hidesPrompt": true }),
        )
        .before(ADVISOR),
        change(
            "deleteAdvisor",
            "Puts the owner's advisor into the trash.",
            "advisor { name }",
            |_, _| json!({ "advisorId": advisor() }),
        )
        .before(ADVISOR),
        change(
            "restoreAdvisor",
            "Takes the owner's advisor out of the trash; reader and writer have it shared at MANAGE.",
            "advisor { name }",
            |_, _| json!({ "advisorId": advisor() }),
        )
        .before(IN_TRASH),
        change(
            "purgeAdvisor",
            "Removes the owner's advisor, which is in the trash, for ever.",
            "purgedId",
            |_, _| json!({ "advisorId": advisor() }),
        )
        .before(IN_TRASH),
        change(
            "forkAdvisor",
            "Copies the owner's advisor.",
            "advisor { name }",
            |_, at| json!({ "advisorId": advisor(), "name": format!("Copy {at}") }),
        )
        .before(ADVISOR),
        change(
            "forkAdvisor: hidden prompt",
            "Copies the owner's advisor whose prompt is hidden.",
            "advisor { name }",
            |_, at| json!({ "advisorId": advisor(), "name": format!("Copy {at}") }),
        )
        .before(HIDING),
        change(
            "openConversation",
            "Begins a conversation with the owner's advisor.",
            "isNew",
            |_, _| json!({ "advisorId": advisor() }),
        )
        .before(ADVISOR),
    ]
}
