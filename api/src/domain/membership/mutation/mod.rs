//! Root mutations about invitations into teams and workspaces, one file an operation.

pub mod answer;
pub mod invite;

use async_graphql::MergedObject;
use entity::id::{TeamId, UserId, WorkspaceId};
use entity::team_member;

use crate::domain::team;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, Result};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct MembershipMutation(invite::Inviting, answer::Answering);

/// What somebody is offered.
#[derive(Clone, Copy)]
enum Offer {
    Team(TeamId, team_member::Role),
    Workspace(WorkspaceId, AccessLevel),
}

/// Whether somebody may bring members into a team for this role.
async fn may_bring_to_team(tx: &Tx, who: UserId, team: TeamId, role: team_member::Role) -> Result<()> {
    let own = team::rows::role_of(tx, who, team).await?;
    team::policy::may(own, team_member::Role::Admin)?;
    match own.is_some_and(|own| own >= role) {
        true => Ok(()),
        false => Err(Error::Forbidden("Nobody makes anybody more than they are themselves.")),
    }
}

/// Whether somebody of this level may bring members into a workspace for that level.
fn may_bring_to_workspace(own: AccessLevel, level: AccessLevel) -> Result<()> {
    ThingAction::Share.allow(Kind::Workspace, own)?;
    match own >= level {
        true => Ok(()),
        false => Err(Error::Forbidden("Nobody makes anybody more than they are themselves.")),
    }
}
