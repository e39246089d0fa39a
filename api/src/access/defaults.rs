//! The roles that every installation starts with. The table is repeated for readers in `docs/access.md`.

use super::Pattern;
use super::Permission::{self, *};

/// A role that ships with the service. Its grants are made once, when role or permission first appears in a database;
/// what an operator changes later stays changed.
pub struct DefaultRole {
    pub name: &'static str,
    pub description: &'static str,
    /// See `docs/access.md`.
    pub level: i32,
    pub permissions: &'static [Permission],
    /// Whether it is granted `*:*`.
    pub holds_everything: bool,
}

impl DefaultRole {
    /// What it is granted.
    pub fn grants(&self) -> impl Iterator<Item = Pattern> {
        let everything = self.holds_everything.then_some(Pattern::Everything);
        self.permissions.iter().copied().map(Pattern::One).chain(everything)
    }

    /// Everything. There is always at least one person who holds it.
    pub const ADMIN: &'static str = "admin";
    /// What newcomers get.
    pub const SUBSCRIBER: &'static str = "subscriber";
    pub const VIEWER: &'static str = "viewer";
}

pub const DEFAULT_ROLES: &[DefaultRole] = &[
    DefaultRole {
        name: DefaultRole::ADMIN,
        description: "Runs the installation: holds every permission. Does not read other people's conversations.",
        level: 1000,
        permissions: Permission::ALL,
        holds_everything: true,
    },
    DefaultRole {
        name: DefaultRole::SUBSCRIBER,
        description: "Works with the service: own conversations, sharing, own jobs.",
        level: 0,
        permissions: &[
            ConversationsRead,
            ConversationsWrite,
            MessagesWrite,
            SharesWrite,
            TeamsWrite,
            ToolsRead,
            ToolsWrite,
            ToolsApprove,
            AdvisorsRead,
            AdvisorsWrite,
            StatsRead,
            JobsWrite,
            PrioritiesWrite,
            ProfilesWrite,
        ],
        holds_everything: false,
    },
    DefaultRole {
        name: DefaultRole::VIEWER,
        description: "Reads what was shared, writes nothing.",
        level: 0,
        permissions: &[ConversationsRead, ToolsRead, AdvisorsRead, StatsRead],
        holds_everything: false,
    },
];
