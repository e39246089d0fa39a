//! The name of a thing of any kind.

use async_graphql::ID;
use entity::id::{AdvisorId, ConversationId, ThingId, ToolId, WorkspaceId};

use super::action::Kind;
use super::object::{AccessLevel, Shareable};
use super::rows::{self, Standing};
use crate::auth::Principal;
use crate::database::Reader;
use crate::domain::advisor::object::Advisor;
use crate::domain::conversation::object::Conversation;
use crate::domain::tool::object::Tool;
use crate::domain::workspace::object::Workspace;
use crate::domain::{advisor, conversation, tool, workspace};
use crate::error::{Error, Result, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::RequestContext;
use crate::graphql::id::WireId;
use crate::write::Tx;

macro_rules! kinds {
    ($($kind:ident($id:ident) = $name:literal in $home:ident,)*) => {
        /// A thing by its id, whatever its kind.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum ThingRef {
            $($kind($id),)*
        }

        impl ThingRef {
            /// Nothing if the text is not the id of something that can be shared.
            pub fn decode(id: &str) -> Option<Self> {
                None$(.or_else(|| $id::decode(id).map(Self::$kind)))*
            }

            /// The thing of that kind, as the database names kinds.
            pub fn of(kind: &str, id: ThingId) -> Option<Self> {
                match kind {
                    $($name => Some(Self::$kind($id(id.0))),)*
                    _ => None,
                }
            }

            pub fn id(self) -> ThingId {
                match self {
                    $(Self::$kind(id) => id.into(),)*
                }
            }

            pub fn wire(self) -> ID {
                match self {
                    $(Self::$kind(id) => id.encode(),)*
                }
            }

            /// The thing for those who see it.
            pub async fn load(self, cx: &RequestContext) -> Result<Option<Shareable>> {
                Ok(match self {
                    $(Self::$kind(id) => cx.load(id).await?.map($kind).map(Shareable::from),)*
                })
            }

            /// The name of the kind, as the database has it.
            pub fn kind(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }

            pub fn of_kind(self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// What somebody may do there, and whether it is in the trash; nothing if there is none that they see.
            pub async fn look(self, db: &Reader, viewer: &Principal) -> Result<Option<(AccessLevel, bool)>> {
                match self {
                    $(Self::$kind(id) => {
                        let found = $home::rows::find_with_level(db, viewer, id).await?;
                        Ok(found.map(|(row, level)| (level, row.deleted_at.is_some())))
                    })*
                }
            }

            /// Locks the thing against concurrent changes of who has it, and tells what the viewer may do there; nothing if
            /// there is none that the viewer sees.
            pub async fn hold(self, tx: &Tx) -> Result<Option<Held>> {
                let viewer = tx.actor.principal()?;
                match self {
                    $(Self::$kind(id) => {
                        let Some((row, level)) = $home::rows::find_for_update(tx, viewer, id).await? else {
                            return Ok(None);
                        };
                        // Whoever manages the thing needs no share to pass on.
                        let standing = match level >= AccessLevel::Manage {
                            true => None,
                            false => rows::standings(tx, viewer, [id]).await?.remove(&id.into()),
                        };
                        Ok(Some(Held { level, standing, in_trash: row.deleted_at.is_some() }))
                    })*
                }
            }
        }
    };
}

kinds! {
    Conversation(ConversationId) = "conversation" in conversation,
    Workspace(WorkspaceId) = "workspace" in workspace,
    Tool(ToolId) = "tool" in tool,
    Advisor(AdvisorId) = "advisor" in advisor,
}

/// Said of an id that is none of a thing.
const NO_THING: &str =
    "This is not the id of something that can be shared: a conversation, a workspace, a tool or an advisor.";

/// A thing that is locked, and what the viewer may do there.
pub struct Held {
    pub level: AccessLevel,
    pub standing: Option<Standing>,
    pub in_trash: bool,
}

impl ThingRef {
    /// The id of a mutation's input, refused if it names nothing that can be shared.
    pub fn check(checks: &mut Checks, path: &[&str], id: &ID) -> Option<Self> {
        let found = Self::decode(id);
        if found.is_none() {
            checks.refuse(UserError::invalid(path, NO_THING));
        }
        found
    }

    /// The id of a query's argument.
    pub fn argument(name: &'static str, id: &ID) -> Result<Self> {
        Self::decode(id).ok_or_else(|| Error::invalid(name, NO_THING))
    }
}
