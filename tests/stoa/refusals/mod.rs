//! Bad input of every kind: a coded refusal that names its place, nothing written, nothing leaked.
//!
//! Every test gathers all its faults and reports them together. What is refused stands beside what is accepted at the
//! border, so that no test passes because nothing works.

mod accounts;
mod cast;
mod documents;
mod ids;
mod inputs;
mod inquiry;
mod life;
mod lists;
mod roles;
mod shapes;
mod texts;
mod tree;
mod values;

use cast::Cast;
use inquiry::Inquiry;

/// Every mutation with something to select from its payload.
const MUTATIONS: &[(&str, &str)] = &[
    ("acceptMembership", "invitation { id state }"),
    ("appendMessage", "message { id content role model parent { id } }"),
    ("appendToMessage", "writing { attempt nextSequence }"),
    ("approveToolCall", "toolCall { id status version }"),
    ("assignRole", "assignment { expiresAt role { id } }"),
    ("beginFederatedSignIn", "flowToken authorizationUrl"),
    ("beginImpersonation", "sessionId accessToken expiresAt"),
    ("beginMessage", "message { id role model parent { id } } writing { attempt }"),
    ("beginTotp", "secret uri expiresAt"),
    ("branchMessage", "message { id content role model parent { id } }"),
    ("cancelMessage", "message { id status }"),
    ("cancelToolCall", "toolCall { id status version }"),
    ("changePassword", "endedSessions"),
    ("changeTeamMember", "member { role user { id } }"),
    ("completeFederatedSignIn", "accessToken refreshToken user { id }"),
    ("confirmSecondFactor", "recentUntil"),
    ("confirmTotp", "recoveryCodes secondFactor { since }"),
    ("continueMessage", "message { id status } writing { attempt }"),
    ("createAdvisor", "advisor { id name version }"),
    ("createApiKey", "secret apiKey { id name scopes }"),
    ("createConversation", "conversation { id title version }"),
    ("createInvitation", "invitationCode expiresAt invitation { id }"),
    ("createRole", "role { id name description permissions }"),
    ("createShareLink", "token share { id }"),
    ("createTeam", "team { id name version }"),
    ("createTool", "tool { id name description parameters version }"),
    ("createUser", "user { id username displayName email version }"),
    ("createWorkspace", "workspace { id name version }"),
    ("deactivateAccount", "user { id username displayName email version }"),
    ("declineMembership", "invitation { id state }"),
    ("deleteAccount", "user { id username displayName email version }"),
    ("deleteAdvisor", "advisor { id name version }"),
    ("deleteConversation", "conversation { id title version }"),
    ("deleteMessage", "deletedCount message { id content version }"),
    ("deleteRole", "deletedRoleId"),
    ("deleteTeam", "team { id deletedAt }"),
    ("deleteTool", "tool { id name version }"),
    ("deleteUser", "user { id username displayName email version }"),
    ("deleteWorkspace", "workspace { id deletedAt }"),
    ("demoSignIn", "accessToken user { id }"),
    ("editMessage", "message { id content version }"),
    ("elevateAccess", "share { id reason expiresAt }"),
    ("endImpersonation", "endedSessionId"),
    ("endOtherSessions", "endedSessions"),
    ("endSession", "session { id endedAt }"),
    ("endUserSessions", "endedSessions"),
    ("finishMessage", "message { id status finishReason model promptTokens completionTokens }"),
    ("forgetDevice", "endedSessions"),
    ("forkAdvisor", "advisor { id name version }"),
    ("forkConversation", "conversation { id title messageCount }"),
    ("forkSharedConversation", "conversation { id title }"),
    ("forkTool", "tool { id name version }"),
    ("grantPermission", "role { id permissions version }"),
    ("importAdvisor", "advisor { id name version }"),
    ("inviteToTeam", "invitation { id name }"),
    ("inviteToWorkspace", "invitation { id name }"),
    ("linkIdentity", "identity { id }"),
    ("moveConversation", "conversation { id workspace { id } version }"),
    ("openConversation", "conversation { id }"),
    ("purgeAdvisor", "purgedId"),
    ("purgeConversation", "purgedId"),
    ("purgeTool", "purgedId"),
    ("reactivateUser", "user { id username displayName email version }"),
    ("recordToolCall", "toolCall { id toolName callId arguments rawArguments }"),
    ("recordToolResult", "toolCall { id status result error version }"),
    ("refreshSession", "accessToken refreshToken user { id }"),
    ("regenerateRecoveryCodes", "recoveryCodes secondFactor { since }"),
    ("register", "accessToken refreshToken user { id username displayName email }"),
    ("rejectToolCall", "toolCall { id status version }"),
    ("removeRole", "user { id }"),
    ("removeSecondFactor", "user { id }"),
    ("removeTeamMember", "team { id }"),
    ("removeUserSecondFactor", "user { id }"),
    ("renameApiKey", "apiKey { id name version }"),
    ("renameDevice", "device { id name version }"),
    ("requestEmailVerification", "email"),
    ("requestPasswordReset", "requested"),
    ("resetPassword", "endedSessions"),
    ("restoreAdvisor", "advisor { id name version }"),
    ("restoreConversation", "conversation { id deletedAt }"),
    ("restoreTeam", "team { id deletedAt }"),
    ("restoreTool", "tool { id name version }"),
    ("restoreUser", "user { id username displayName email version }"),
    ("restoreWorkspace", "workspace { id deletedAt }"),
    ("revokeApiKey", "revokedApiKeyId"),
    ("revokeInvitation", "invitation { id state }"),
    ("revokePermission", "role { id permissions version }"),
    ("revokeShare", "revokedId"),
    ("revokeUserApiKeys", "revokedApiKeys"),
    ("rotateApiKey", "secret apiKey { id version }"),
    ("selectBranch", "conversation { id title }"),
    ("share", "share { id level }"),
    ("signIn", "accessToken refreshToken user { id }"),
    ("signOut", "endedSessions"),
    ("startToolCall", "toolCall { id status version }"),
    ("suspendUser", "user { id username displayName email version }"),
    ("trustDevice", "deviceToken device { id }"),
    ("unlinkIdentity", "deletedIdentityId"),
    ("untrustDevice", "device { id trustedUntil }"),
    ("updateAdvisor", "advisor { id name version }"),
    ("updateConversation", "conversation { id title status version }"),
    ("updateRole", "role { id name level version }"),
    ("updateTeam", "team { id name version }"),
    ("updateTool", "tool { id name version }"),
    ("updateUser", "user { id username displayName email version }"),
    ("updateWorkspace", "workspace { id name version }"),
    ("verifyEmail", "verifiedAt"),
    ("withdrawMembership", "invitation { id state }"),
];

/// The document that calls a mutation with `$input`.
fn document(mutation: &str) -> String {
    let (_, payload) = MUTATIONS.iter().find(|(name, _)| *name == mutation).unwrap();
    let kind = mutation[..1].to_uppercase() + &mutation[1..];
    format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {payload} userErrors {{ code message path }} }} }}"
    )
}
