//! The closed set of permissions.

use std::fmt;

use async_graphql::Enum;

use super::Pattern;
use super::pattern::resources;

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $resource:literal : $action:literal,)*) => {
        /// The right to call a kind of operation. A role holds permissions; a user has those of all their roles.
        #[derive(Clone, Copy, Debug, Enum, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[graphql(name = "PermissionName")]
        pub enum Permission {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$variant,)*];

            /// What the permission is about, e.g. `conversations`.
            pub fn resource(self) -> &'static str {
                match self { $(Self::$variant => $resource,)* }
            }

            /// What may be done with it, e.g. `write`.
            pub fn action(self) -> &'static str {
                match self { $(Self::$variant => $action,)* }
            }

            /// One sentence for people.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* }
            }

            /// `resource:action`, the name in the database.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!($resource, ":", $action),)* }
            }
        }
    };
}

permissions! {
    /// See every account and its private fields: address, state, roles.
    UsersRead = "users":"read",
    /// Invite people and change accounts.
    UsersWrite = "users":"write",
    /// Make keys that act as other people, and so read and write what those may.
    UsersActAs = "users":"act_as",
    /// See roles and permissions.
    RolesRead = "roles":"read",
    /// Create roles, grant permissions to them, assign and remove them.
    RolesWrite = "roles":"write",
    /// Read conversations that one owns or that were shared with one.
    ConversationsRead = "conversations":"read",
    /// Create conversations, and change those where one has the right.
    ConversationsWrite = "conversations":"write",
    /// Let oneself into a conversation of somebody else to read it, for a reason that the owner is told and a short time.
    ConversationsElevate = "conversations":"elevate",
    /// Append and edit messages and record tool calls where one has the right.
    MessagesWrite = "messages":"write",
    /// Share one's conversations and take shares back.
    SharesWrite = "shares":"write",
    /// Make teams and workspaces, invite into them, and change those where one has the right.
    TeamsWrite = "teams":"write",
    /// See tools: one's own, those that were shared with one, and those of the installation.
    ToolsRead = "tools":"read",
    /// Make tools, and change those where one has the right.
    ToolsWrite = "tools":"write",
    /// Approve and reject tool calls that wait for that, where one has the right.
    ToolsApprove = "tools":"approve",
    /// Make and change the tools of the installation, which everybody has.
    ToolsPublish = "tools":"publish",
    /// See advisors: one's own, and those that were shared with one.
    AdvisorsRead = "advisors":"read",
    /// Make advisors, and change those where one has the right.
    AdvisorsWrite = "advisors":"write",
    /// See statistics.
    StatsRead = "stats":"read",
    /// Submit and steer jobs.
    JobsWrite = "jobs":"write",
    /// Change priorities of the queue.
    PrioritiesWrite = "priorities":"write",
    /// Ask for profiles to be refreshed.
    ProfilesWrite = "profiles":"write",
    /// See what operations do inside, such as their statements and times, and who uses what is deprecated.
    OperationsInspect = "operations":"inspect",
    /// Read the audit log: who did what to which thing, and whether that was altered since.
    AuditRead = "audit":"read",
}

impl Permission {
    /// Whether nothing is changed with it.
    pub fn only_reads(self) -> bool {
        self.action() == "read"
    }

    /// Whether a guard asks for it, so that its use can be seen: the others only widen what is shown, or open nothing yet.
    pub fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::UsersRead
                | Self::ToolsPublish
                | Self::StatsRead
                | Self::JobsWrite
                | Self::PrioritiesWrite
                | Self::ProfilesWrite
        )
    }

    /// Those about things that somebody owns, and so can be granted for one's own alone.
    pub const OF_THINGS: &'static [Permission] = &[
        Self::ConversationsRead,
        Self::ConversationsWrite,
        Self::MessagesWrite,
        Self::SharesWrite,
        Self::ToolsRead,
        Self::ToolsWrite,
        Self::ToolsApprove,
        Self::AdvisorsRead,
        Self::AdvisorsWrite,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of permissions and wildcards as bits; copying and asking cost nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PermissionSet(u64);

/// The bits of the wildcards of resources begin here; the one of `*:*` is the last.
pub(super) const RESOURCES: usize = 40;
const EVERYTHING: u64 = 1 << 63;
const _: () = assert!(Permission::ALL.len() <= RESOURCES, "each permission has a bit");

impl PermissionSet {
    pub fn holds(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    pub fn holds_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Every permission there is and will be: what `*:*` covers.
    pub fn everything() -> Self {
        let all = resources().map(Self::of_resource).fold(Self::default(), Self::either);
        Self(all.0 | EVERYTHING)
    }

    /// What the wildcard of a resource covers.
    pub(super) fn of_resource(resource: &str) -> Self {
        let permissions = Permission::ALL.iter().copied().filter(|permission| permission.resource() == resource);
        let wildcard = resources().position(|known| known == resource).map_or(0, |at| 1 << (RESOURCES + at));
        Self(permissions.collect::<Self>().0 | wildcard)
    }

    /// What is in both.
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this one and not in the other.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in either.
    pub fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.holds(*permission))
    }

    /// The set behind names and wildcards from the database; what this version does not know grants nothing.
    pub fn from_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let patterns = names.into_iter().filter_map(Pattern::parse);
        patterns.map(Pattern::covers).fold(Self::default(), Self::either)
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u64))
    }
}
