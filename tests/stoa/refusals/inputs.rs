//! Who calls each mutation, and with what it is content.

use harness::Person;
use serde_json::{Value, json};

use super::cast::Cast;

impl<'w> Cast<'w> {
    /// Who calls a mutation in these tests.
    pub fn caller(&self, mutation: &str) -> &Person<'w> {
        match mutation {
            "assignRole"
            | "beginImpersonation"
            | "createInvitation"
            | "createRole"
            | "createUser"
            | "deleteRole"
            | "deleteUser"
            | "grantPermission"
            | "reactivateUser"
            | "removeRole"
            | "removeUserSecondFactor"
            | "restoreUser"
            | "revokeInvitation"
            | "revokePermission"
            | "elevateAccess"
            | "endUserSessions"
            | "revokeUserApiKeys"
            | "suspendUser"
            | "updateRole" => &self.root,
            "demoSignIn"
            | "refreshSession"
            | "register"
            | "requestPasswordReset"
            | "resetPassword"
            | "signIn"
            | "verifyEmail" => &self.nobody,
            _ => &self.ines,
        }
    }

    /// An input for each mutation with every field filled in (of a choice: one), acceptable but for the demo's and the tokens.
    pub fn valid(&self, mutation: &str) -> Value {
        let key = uuid::Uuid::from_u128(0x6f1b_6a1e << 96 | mutation.len() as u128).to_string();
        match mutation {
            "appendMessage" => {
                json!({ "conversationId": self.talk, "parentId": self.question, "content": "New", "role": "ASSISTANT",
                "model": "vendor/small-1", "finishReason": "STOP", "promptTokens": 1, "completionTokens": 2, "clientId": key })
            }
            "assignRole" => {
                json!({ "userId": self.omar.id, "roleId": self.helper, "expiresAt": "2026-07-01T00:00:00Z" })
            }
            "beginImpersonation" => {
                json!({ "userId": self.omar.id, "reason": "New", "minutes": 5, "allowsWriting": false })
            }
            "endImpersonation" => json!({ "sessionId": self.session }),
            "beginTotp" => json!({ "currentPassword": "correct horse" }),
            "confirmSecondFactor" => json!({ "secondFactor": { "totp": "123456" } }),
            "confirmTotp" => json!({ "code": "123456" }),
            "regenerateRecoveryCodes" | "removeSecondFactor" => json!({}),
            "removeUserSecondFactor" => json!({ "userId": self.omar.id }),
            "changePassword" => {
                json!({ "currentPassword": "correct horse", "newPassword": "seven green herons", "keepOtherSessions": true })
            }
            "beginFederatedSignIn" => {
                json!({ "provider": "acme", "redirectUri": "https://chat.test/back", "currentPassword": "correct horse" })
            }
            "completeFederatedSignIn" => json!({ "flowToken": "stoa_sf_AAAA", "state": "x", "code": "x", "iss": "x",
                "deviceToken": "x", "refreshTokenIn": "PAYLOAD", "invitationCode": "none" }),
            "linkIdentity" => json!({ "flowToken": "stoa_sf_AAAA", "state": "x", "code": "x", "iss": "x" }),
            "unlinkIdentity" => json!({ "identityId": "idn_01h455vb4pex5vsknk084sn02q" }),
            "createApiKey" => json!({ "name": "New", "scopes": ["CONVERSATIONS_READ"], "lifetimeDays": 5,
                "mayActAsOthers": false, "clientId": key }),
            "renameApiKey" => json!({ "apiKeyId": self.api_key, "name": "New", "expectedVersion": 1 }),
            "rotateApiKey" => json!({ "apiKeyId": self.api_key, "overlapMinutes": 5, "lifetimeDays": 5 }),
            "revokeApiKey" => json!({ "apiKeyId": self.api_key }),
            "endUserSessions" | "revokeUserApiKeys" => json!({ "userId": self.omar.id }),
            "endSession" => json!({ "sessionId": self.session }),
            "endOtherSessions" | "trustDevice" => json!({}),
            "renameDevice" => json!({ "deviceId": self.device, "name": "New", "expectedVersion": 1 }),
            "untrustDevice" | "forgetDevice" => json!({ "deviceId": self.device }),
            "acceptMembership" | "declineMembership" => json!({ "invitationId": self.offered }),
            "withdrawMembership" => json!({ "invitationId": self.offer }),
            "inviteToTeam" => json!({ "id": self.team, "invitee": { "user": { "id": self.omar.id } }, "role": "MEMBER",
                "lifetimeDays": 3 }),
            "inviteToWorkspace" => json!({ "id": self.workspace, "invitee": { "user": { "id": self.omar.id } },
                "level": "READ", "lifetimeDays": 3 }),
            "elevateAccess" => {
                json!({ "conversationId": self.foreign, "reason": "New, and long enough", "minutes": 5 })
            }
            "createShareLink" => {
                json!({ "conversationId": self.talk, "frozenAtMessageId": self.question, "allowsFork": true,
                "hidesSystemPrompts": false, "hidesToolData": false, "expiresAt": "2026-07-01T00:00:00Z" })
            }
            "forkSharedConversation" => json!({ "token": "stoa_ln_AAAA" }),
            "changeTeamMember" => json!({ "id": self.team, "userId": self.omar.id, "role": "MEMBER" }),
            "createTeam" | "createWorkspace" => json!({ "name": "New", "description": "New", "clientId": key }),
            "deleteTeam" => json!({ "id": self.team }),
            "deleteWorkspace" => json!({ "id": self.workspace }),
            "moveConversation" => json!({ "conversationId": self.side, "workspaceId": self.workspace }),
            "removeTeamMember" => json!({ "id": self.team, "userId": self.omar.id }),
            "restoreTeam" => json!({ "id": self.old_team }),
            "restoreWorkspace" => json!({ "id": self.old_workspace }),
            "updateTeam" => json!({ "id": self.team, "name": "New", "description": "New", "expectedVersion": 1 }),
            "updateWorkspace" => {
                json!({ "id": self.workspace, "name": "New", "description": "New", "expectedVersion": 1 })
            }
            "createConversation" => json!({ "title": "New", "clientId": key }),
            "createInvitation" => {
                json!({ "email": "new@people.test", "roleId": self.helper, "lifetimeDays": 3 })
            }
            "createUser" => json!({ "username": "new", "displayName": "New", "email": "new@people.test",
                "password": "correct horse", "roleId": self.helper, "clientId": key }),
            "deactivateAccount" | "deleteAccount" => json!({ "currentPassword": "correct horse" }),
            "deleteUser" => json!({ "id": self.omar.id, "reason": "New", "expectedVersion": 1 }),
            "reactivateUser" => json!({ "id": self.omar.id, "expectedVersion": 1 }),
            "restoreUser" => json!({ "id": self.omar.id }),
            "revokeInvitation" => json!({ "id": self.invitation }),
            "suspendUser" => json!({ "id": self.omar.id, "reason": "New", "until": "2026-07-01T00:00:00Z",
                "expectedVersion": 1 }),
            "updateUser" => json!({ "id": self.ines.id, "username": "new", "handle": "new", "displayName": "New",
                "email": "new@people.test", "currentPassword": "correct horse", "expectedVersion": 1 }),
            "createRole" => {
                json!({ "name": "new", "description": "New", "permissions": ["STATS_READ"], "parentId": self.helper,
                "level": 5, "clientId": key })
            }
            "deleteRole" => json!({ "roleId": self.helper, "expectedVersion": 1 }),
            "updateRole" => {
                json!({ "roleId": self.helper, "name": "newer", "description": "New", "parentId": self.admin,
                "isActive": false, "level": 5, "expectedVersion": 1 })
            }
            "deleteConversation" => json!({ "conversationId": self.side, "expectedVersion": 1 }),
            "demoSignIn" => json!({ "username": "ines" }),
            "editMessage" => json!({ "messageId": self.question, "content": "New", "expectedVersion": 1 }),
            "beginMessage" => json!({ "conversationId": self.talk, "parentId": self.question, "role": "ASSISTANT",
                "model": "new", "clientId": key }),
            "appendToMessage" => {
                json!({ "messageId": self.writing, "attempt": 1, "sequence": 1, "text": "new" })
            }
            "finishMessage" => json!({ "messageId": self.writing, "attempt": 1, "finishReason": "STOP", "model": "new",
                "promptTokens": 1, "completionTokens": 1 }),
            "cancelMessage" => json!({ "messageId": self.writing }),
            "continueMessage" => json!({ "messageId": self.interrupted }),
            "branchMessage" => {
                json!({ "messageId": self.question, "content": "New", "model": "new", "finishReason": "STOP",
                "promptTokens": 1, "completionTokens": 1, "clientId": key })
            }
            "deleteMessage" => json!({ "messageId": self.answer, "answers": "KEEP", "expectedVersion": 1 }),
            "forkConversation" => {
                json!({ "conversationId": self.talk, "throughMessageId": self.question, "title": "New",
                "clientId": key })
            }
            "selectBranch" => json!({ "messageId": self.answer }),
            "grantPermission" => {
                json!({ "roleId": self.helper, "pattern": "users:*", "condition": { "secondFactor": 60 } })
            }
            "purgeConversation" | "restoreConversation" => json!({ "conversationId": self.trashed }),
            "recordToolCall" => {
                json!({ "messageId": self.answer, "toolName": "new", "arguments": { "json": {} }, "callId": "new",
                "status": "RUNNING", "clientId": key })
            }
            "createAdvisor" => json!({ "name": "new", "description": "New", "model": "vendor/new", "gateway": "GROQ",
                "parameters": { "temperature": 1 }, "messages": [{ "role": "SYSTEM", "content": "New" }],
                "tools": [{ "name": "new" }], "hidesPrompt": true, "clientId": key }),
            "updateAdvisor" => json!({ "advisorId": self.advisor, "name": "renewed", "description": "New",
                "model": "vendor/new", "gateway": "GROQ", "parameters": { "temperature": 1 },
                "messages": [{ "role": "SYSTEM", "content": "New" }], "tools": [{ "name": "new" }], "hidesPrompt": true,
                "expectedVersion": 1 }),
            "deleteAdvisor" => json!({ "advisorId": self.advisor, "expectedVersion": 1 }),
            "restoreAdvisor" | "purgeAdvisor" => json!({ "advisorId": self.old_advisor }),
            "forkAdvisor" => json!({ "advisorId": self.advisor, "name": "newest", "clientId": key }),
            "importAdvisor" => json!({ "source": "Be new.", "format": "MARKDOWN", "name": "newer", "preview": false,
                "clientId": key }),
            "openConversation" => json!({ "advisorId": self.advisor }),
            "startToolCall" | "cancelToolCall" => json!({ "toolCallId": self.call, "expectedVersion": 1 }),
            "approveToolCall" => json!({ "toolCallId": self.waiting, "expectedVersion": 1 }),
            "rejectToolCall" => json!({ "toolCallId": self.waiting, "reason": "New", "expectedVersion": 1 }),
            "createTool" => {
                json!({ "name": "new", "description": "New", "parameters": { "type": "object" }, "isActive": true,
                "requiresApproval": true, "isSystem": false, "clientId": key })
            }
            "updateTool" => json!({ "toolId": self.tool, "name": "newest", "description": "New",
                "parameters": { "type": "object" }, "isActive": false, "requiresApproval": true, "expectedVersion": 1 }),
            "deleteTool" => json!({ "toolId": self.tool, "expectedVersion": 1 }),
            "restoreTool" | "purgeTool" => json!({ "toolId": self.old_tool }),
            "forkTool" => json!({ "toolId": self.tool, "name": "newer", "clientId": key }),
            "recordToolResult" => json!({ "toolCallId": self.call, "outcome": { "result": 1 }, "expectedVersion": 1 }),
            "refreshSession" => json!({ "refreshToken": "stoa_rt_AAAA" }),
            "register" => {
                json!({ "username": "new", "displayName": "New", "email": "new@people.test", "password": "correct horse",
                "invitationCode": "none" })
            }
            "removeRole" => json!({ "userId": self.omar.id, "roleId": self.helper }),
            "requestEmailVerification" => json!({}),
            "requestPasswordReset" => json!({ "email": "new@people.test" }),
            "resetPassword" => json!({ "token": "stoa_pr_AAAA", "newPassword": "seven green herons" }),
            "revokePermission" => json!({ "roleId": self.helper, "permission": "STATS_READ" }),
            "revokeShare" => json!({ "shareId": self.share, "withPassedOn": true }),
            "share" => {
                json!({ "thingId": self.talk, "grantee": { "user": { "username": "omar" } }, "level": "WRITE",
                    "canReshare": true, "expiresAt": "2026-07-01T00:00:00Z" })
            }
            "signIn" => json!({ "identifier": "ines", "password": "correct horse" }),
            "signOut" => json!({ "allSessions": true }),
            "verifyEmail" => json!({ "token": "stoa_ev_AAAA" }),
            "updateConversation" => {
                json!({ "conversationId": self.talk, "title": "New", "status": "ARCHIVED", "expectedVersion": 1 })
            }
            _ => unreachable!("{mutation} has no input here"),
        }
    }

    /// The same with another value in one place, which may lie deeper: `grantee.user.id`.
    pub fn with(&self, mutation: &str, place: &str, value: Value) -> Value {
        let mut input = self.valid(mutation);
        let (outer, inner) = place.split_once('.').unwrap_or((place, ""));
        let steps = inner.split('.').filter(|step| !step.is_empty());
        input[outer] = steps.rev().fold(value, |value, step| json!({ step: value }));
        input
    }
}
