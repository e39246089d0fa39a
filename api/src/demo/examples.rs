//! The documents under `examples/`: one for each root field, and some as whole screens ask them. GraphiQL offers them
//! as tabs and the tests run them against the demo world.
//!
//! Each begins with four lines of comment: `# Topic:`, `# Title:`, `# As:` (a demo person or `anonymous`) and
//! `# Variables:` (an object of JSON in one line).

/// A document that can be run as it is.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The file's name without its ending; for the example of a root field that field's name.
    pub name: &'static str,
    /// What it belongs to, e.g. `Conversations`.
    pub topic: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// The user name of a demo person, or [`ANONYMOUS`].
    pub run_as: &'static str,
    /// The document, without its header.
    pub query: &'static str,
    /// An object of JSON.
    pub variables: &'static str,
}

/// Stands for a request without a credential.
pub const ANONYMOUS: &str = "anonymous";

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/", $name, ".graphql"))),)*]
    };
}

/// Name and text, in the order in which they are offered.
const FILES: &[(&str, &str)] = files! {
    "first-screen"
    "branch-view"
    "from-others"
    "admin-overview"
    "paging-back"
    "tool-activity"
    "trash-bin"
    "ask-and-answer"
    "security-page"
    "viewer"
    "user"
    "users"
    "updateUser"
    "createUser"
    "suspendUser"
    "reactivateUser"
    "deleteUser"
    "restoreUser"
    "deactivateAccount"
    "deleteAccount"
    "demoSignIn"
    "signIn"
    "register"
    "signInProviders"
    "beginFederatedSignIn"
    "completeFederatedSignIn"
    "linkIdentity"
    "unlinkIdentity"
    "refreshSession"
    "signOut"
    "endSession"
    "endOtherSessions"
    "endUserSessions"
    "beginImpersonation"
    "endImpersonation"
    "renameDevice"
    "trustDevice"
    "untrustDevice"
    "forgetDevice"
    "createApiKey"
    "renameApiKey"
    "rotateApiKey"
    "revokeApiKey"
    "revokeUserApiKeys"
    "beginTotp"
    "confirmTotp"
    "confirmSecondFactor"
    "regenerateRecoveryCodes"
    "removeSecondFactor"
    "removeUserSecondFactor"
    "changePassword"
    "requestPasswordReset"
    "resetPassword"
    "requestEmailVerification"
    "verifyEmail"
    "createInvitation"
    "invitations"
    "revokeInvitation"
    "conversation"
    "conversations"
    "createConversation"
    "forkConversation"
    "selectBranch"
    "updateConversation"
    "deleteConversation"
    "restoreConversation"
    "purgeConversation"
    "conversationEvents"
    "message"
    "appendMessage"
    "branchMessage"
    "editMessage"
    "deleteMessage"
    "beginMessage"
    "appendToMessage"
    "finishMessage"
    "continueMessage"
    "cancelMessage"
    "messageStream"
    "recordToolCall"
    "recordToolResult"
    "startToolCall"
    "cancelToolCall"
    "approveToolCall"
    "rejectToolCall"
    "toolCallsAwaitingApproval"
    "tools"
    "tool"
    "createTool"
    "updateTool"
    "deleteTool"
    "restoreTool"
    "purgeTool"
    "forkTool"
    "advisors"
    "advisor"
    "createAdvisor"
    "updateAdvisor"
    "deleteAdvisor"
    "restoreAdvisor"
    "purgeAdvisor"
    "forkAdvisor"
    "importAdvisor"
    "openConversation"
    "share"
    "revokeShare"
    "sharedWithMe"
    "sharedByMe"
    "audience"
    "createShareLink"
    "sharedConversation"
    "forkSharedConversation"
    "elevateAccess"
    "can"
    "teams"
    "team"
    "createTeam"
    "updateTeam"
    "deleteTeam"
    "restoreTeam"
    "changeTeamMember"
    "removeTeamMember"
    "workspaces"
    "workspace"
    "createWorkspace"
    "updateWorkspace"
    "deleteWorkspace"
    "restoreWorkspace"
    "moveConversation"
    "membershipInvitations"
    "inviteToTeam"
    "inviteToWorkspace"
    "acceptMembership"
    "declineMembership"
    "withdrawMembership"
    "roles"
    "permissions"
    "roleAssignments"
    "role-audit"
    "createRole"
    "updateRole"
    "deleteRole"
    "grantPermission"
    "revokePermission"
    "assignRole"
    "removeRole"
    "node"
    "nodes"
    "errorCodes"
    "deprecatedUses"
    "auditEntries"
    "verifyAudit"
};

/// All documents, in the order in which they are offered.
pub fn all() -> Vec<Example> {
    FILES.iter().filter_map(|(name, text)| parse(name, text)).collect()
}

/// Nothing if the header is not as it should be; a test refuses such a file.
fn parse(name: &'static str, text: &'static str) -> Option<Example> {
    let (topic, text) = header(text, "# Topic: ")?;
    let (title, text) = header(text, "# Title: ")?;
    let (run_as, text) = header(text, "# As: ")?;
    let (variables, text) = header(text, "# Variables: ")?;
    Some(Example { name, topic, title, run_as, variables, query: text.trim() })
}

fn header(text: &'static str, label: &str) -> Option<(&'static str, &'static str)> {
    let (value, rest) = text.strip_prefix(label)?.split_once('\n')?;
    Some((value.trim(), rest)).filter(|(value, _)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::{Map, Value};

    use super::*;
    use crate::demo::{World, is_person};
    use crate::graphql::engine::Limits;
    use crate::graphql::id::WireId;
    use crate::graphql::schema::engine;

    #[test]
    fn the_list_is_the_directory_and_every_header_parses() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .expect("the examples are in the repository")
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".graphql")?.to_owned()))
            .collect();
        let listed: BTreeSet<String> = all().iter().map(|example| example.name.to_owned()).collect();
        assert_eq!(listed, files);
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn every_root_field_has_an_example_that_asks_it() {
        let engine = engine(Limits::default()).expect("the schema holds");
        let types = engine.types();
        for root in ["Query", "Mutation", "Subscription"] {
            for field in types.get_object(root).expect("the schema has all three roots").fields.keys() {
                let example = all().into_iter().find(|example| example.name == field.as_str());
                let example = example.unwrap_or_else(|| panic!("examples/{field}.graphql is missing"));
                assert!(example.query.contains(field.as_str()), "examples/{field}.graphql does not ask {field}");
            }
        }
    }

    #[test]
    fn every_document_is_ready_to_run() {
        let engine = engine(Limits::default()).expect("the schema holds");
        for example in all() {
            assert!(example.run_as == ANONYMOUS || is_person(example.run_as), "{}: {}", example.name, example.run_as);
            let variables: Map<String, Value> =
                serde_json::from_str(example.variables).expect("a header holds an object");
            let prepared = engine.prepare(example.query, None).unwrap_or_else(|e| panic!("{}: {e:?}", example.name));
            if let Err(errors) = engine.ready(&prepared, variables) {
                panic!("{}: {errors:?}", example.name);
            }
        }
    }

    #[test]
    fn every_id_is_of_the_demo_world() {
        let known: BTreeSet<String> = World::new().ids.into_values().collect();
        let prefixes = [
            entity::id::UserId::PREFIX,
            "role",
            "perm",
            "conv",
            "msg",
            "call",
            "tool",
            "adv",
            "share",
            "invite",
            "team",
            "space",
            "join",
        ];
        for (name, text) in FILES {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let ids = words.filter(|word| {
                word.split_once('_').is_some_and(|(prefix, rest)| prefixes.contains(&prefix) && rest.len() == 26)
            });
            for id in ids {
                assert!(known.contains(id), "examples/{name}.graphql: {id} is not in the demo world");
            }
        }
    }
}
