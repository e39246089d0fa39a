//! A conversation: a tree of messages with one owner.
//!
//! - Private until shared. It exists for its owner and for those it was given to, by a share of it or of the workspace that
//!   holds it, and for nobody else: no role reads other people's conversations. Without `conversations:read` one sees none, one's own included.
//! - Levels: read (see), comment (append own messages, branch), write (edit, retitle, archive, record tool calls), manage
//!   (share); the owner deletes, too. What each operation needs is in `domain/thing/action.rs`.
//! - Deleting puts it into the trash, where only the owner sees it; from there it is restored or purged.
//! - Each viewer reads one branch, kept from visit to visit (`rows/branch.rs`); whoever has chosen none reads the owner's.
//! - A copy of a branch or of the tree is a conversation of one's own (`forkConversation`).
//! - The count of messages, the last message and the participants (owner, grantees, authors) are kept by the database.
//! - `conversationEvents` tells of messages added, changed and removed and of tool calls added and changed, to whoever may see
//!   the conversation at that moment.
//! - A workspace may hold it (`domain/workspace`), and it may be held with an advisor (`domain/advisor`).
//! - Edges: owner, advisor, workspace, messages, last message, shares, participants, the viewer's own level.

pub mod begin;
pub mod events;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
pub(crate) mod watch;
