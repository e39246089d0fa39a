//! To whom something is shared: as the caller names them, and as the row of a share says it.

use async_graphql::{ID, OneofObject};
use entity::id::{TeamId, UserId, WorkspaceId};
use entity::share::{Audience, Level};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::auth::Principal;
use crate::domain::thing::{ThingRef, reach};
use crate::domain::user::query::UserReference;
use crate::domain::user::rows::Name;
use crate::domain::{team, user, workspace};
use crate::error::{Error, Result, UserError};
use crate::graphql::checks::Checks;

/// Exactly one way to say with whom.
#[derive(OneofObject)]
pub enum GranteeInput {
    /// An active account, named exactly; by number only somebody whom the caller sees already.
    User(UserReference),
    /// A team that the caller is a member of.
    TeamId(ID),
    /// The members of a workspace that the caller is a member of.
    WorkspaceId(ID),
    /// `true`: everybody who is signed in, at the level READ. They find it by its id.
    Everyone(bool),
}

/// A grantee whose name is known to be one.
pub enum To {
    User(Option<Name>),
    Team(TeamId),
    Workspace(WorkspaceId),
    Everyone,
}

impl To {
    pub fn check(checks: &mut Checks, grantee: GranteeInput) -> Self {
        let to = match grantee {
            GranteeInput::User(user) => Self::User(user.parse()),
            GranteeInput::TeamId(id) => Self::Team(checks.id(&["grantee", "teamId"], &id)),
            GranteeInput::WorkspaceId(id) => Self::Workspace(checks.id(&["grantee", "workspaceId"], &id)),
            GranteeInput::Everyone(true) => Self::Everyone,
            GranteeInput::Everyone(false) => {
                checks.refuse(UserError::invalid(&["grantee", "everyone"], "Only `true` means something here."));
                Self::Everyone
            }
        };
        if matches!(to, Self::User(None)) {
            checks.refuse(UserError::invalid(&["grantee"], "This cannot be the name of a user."));
        }
        to
    }

    /// Refuses what no share can be: everybody with more than READ, an owner of anything but a workspace, for a time, or who
    /// is not one person.
    pub fn check_level(&self, checks: &mut Checks, thing: Option<ThingRef>, level: Level, is_for_a_time: bool) {
        if matches!(self, Self::Everyone) && level > Level::Read {
            checks.refuse(UserError::invalid(&["level"], "Everybody only reads."));
        }
        if level == Level::Owner {
            if !matches!((thing, self), (Some(ThingRef::Workspace(_)), Self::User(_))) {
                checks.refuse(UserError::invalid(&["level"], "Only a user is made an owner, and only of a workspace."));
            } else if is_for_a_time {
                checks.refuse(UserError::invalid(&["expiresAt"], "An owner is one until somebody changes that."));
            }
        }
        let is_workspace = matches!(thing, Some(ThingRef::Workspace(_)));
        if is_workspace && matches!(self, Self::Everyone | Self::Workspace(_)) {
            checks.refuse(UserError::invalid(&["grantee"], "A workspace is shared with users and teams only."));
        }
    }
}

/// To whom a share is, as its row says it.
pub struct Subject {
    pub audience: Audience,
    pub id: Uuid,
    pub grantee: Option<UserId>,
    pub team: Option<TeamId>,
    pub workspace: Option<WorkspaceId>,
}

impl Subject {
    /// Refuses whom the viewer cannot name. To be asked only of those who may share, so that it tells nothing to others.
    pub async fn find(db: &impl ConnectionTrait, viewer: &Principal, to: &To) -> Result<Self> {
        let nobody =
            Self { audience: Audience::Everyone, id: reach::EVERYBODY, grantee: None, team: None, workspace: None };
        let not_found = || Error::refused(UserError::not_found(&["grantee"]));
        Ok(match to {
            To::Everyone => nobody,
            To::User(name) => {
                let found = match name {
                    Some(name) => user::rows::find_active(db, viewer, name).await?,
                    None => None,
                };
                let id = found.ok_or_else(not_found)?.id;
                Self { audience: Audience::User, id: id.0, grantee: Some(id), ..nobody }
            }
            To::Team(id) => {
                team::rows::role_of(db, viewer.user, *id).await?.ok_or_else(not_found)?;
                Self { audience: Audience::Team, id: id.0, team: Some(*id), ..nobody }
            }
            To::Workspace(id) => {
                workspace::rows::by_ids(db, viewer, &[*id]).await?.remove(id).ok_or_else(not_found)?;
                Self { audience: Audience::Workspace, id: id.0, workspace: Some(*id), ..nobody }
            }
        })
    }
}
