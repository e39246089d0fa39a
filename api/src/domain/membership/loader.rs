//! What is loaded about invitations into teams and workspaces in batches.

use entity::id::{MembershipInvitationId, TeamId, WorkspaceId};
use entity::membership_invitation;

use super::rows::{self, Open};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the name of what an invitation leads into.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PlaceName;

loads_by_id!(MembershipInvitationId => membership_invitation::Model, rows::by_ids);

loads_under!(Under<TeamId, Window<membership_invitation::Model>> => Slice<membership_invitation::Model>,
async |at: &Loads, teams: &[TeamId], window: &Window<membership_invitation::Model>| {
    rows::pages_of_teams(&at.db, &at.viewer()?, teams, window).await
});

loads_under!(CountUnder<TeamId, Open> => i64,
async |at: &Loads, teams: &[TeamId], _: &Open| {
    rows::count_of_teams(&at.db, &at.viewer()?, teams).await
});

loads_under!(Under<WorkspaceId, Window<membership_invitation::Model>> => Slice<membership_invitation::Model>,
async |at: &Loads, workspaces: &[WorkspaceId], window: &Window<membership_invitation::Model>| {
    rows::pages_of_workspaces(&at.db, &at.viewer()?, workspaces, window).await
});

loads_under!(CountUnder<WorkspaceId, Open> => i64,
async |at: &Loads, workspaces: &[WorkspaceId], _: &Open| {
    rows::count_of_workspaces(&at.db, &at.viewer()?, workspaces).await
});

// Of invitations that were read under their rule.
loads_under!(Under<MembershipInvitationId, PlaceName> => String,
async |at: &Loads, invitations: &[MembershipInvitationId], _: &PlaceName| {
    rows::names(&at.db, invitations).await
});
