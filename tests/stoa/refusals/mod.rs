//! Bad input of every kind: a coded refusal that names its place, nothing written, nothing leaked.
//!
//! Every test gathers all its faults and reports them together. What is refused stands beside what is accepted at the
//! border, so that no test passes because nothing works.

mod accounts;
mod cast;
mod documents;
mod ids;
mod inquiry;
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
    ("appendMessage", "message { id content role model parent { id } }"),
    ("assignRole", "assignment { expiresAt role { id } }"),
    ("changePassword", "endedSessions"),
    ("createConversation", "conversation { id title version }"),
    ("createInvitation", "invitationCode expiresAt"),
    ("createRole", "role { id name description permissions }"),
    ("deleteConversation", "conversation { id title version }"),
    ("demoSignIn", "accessToken user { id }"),
    ("editMessage", "message { id content version }"),
    ("grantPermission", "role { id permissions version }"),
    ("purgeConversation", "purgedId"),
    ("recordToolCall", "toolCall { id toolName callId arguments rawArguments }"),
    ("recordToolResult", "toolCall { id status result error version }"),
    ("refreshSession", "accessToken refreshToken user { id }"),
    ("register", "accessToken refreshToken user { id username displayName email }"),
    ("removeRole", "user { id }"),
    ("requestEmailVerification", "email"),
    ("requestPasswordReset", "requested"),
    ("resetPassword", "endedSessions"),
    ("restoreConversation", "conversation { id deletedAt }"),
    ("revokePermission", "role { id permissions version }"),
    ("revokeShare", "revokedId"),
    ("shareConversation", "share { id level }"),
    ("signIn", "accessToken refreshToken user { id }"),
    ("signOut", "endedSessions"),
    ("updateConversation", "conversation { id title status version }"),
    ("verifyEmail", "verifiedAt"),
];

/// The document that calls a mutation with `$input`.
fn document(mutation: &str) -> String {
    let (_, payload) = MUTATIONS.iter().find(|(name, _)| *name == mutation).unwrap();
    let kind = mutation[..1].to_uppercase() + &mutation[1..];
    format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {payload} userErrors {{ code message path }} }} }}"
    )
}
