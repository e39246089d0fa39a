//! What is loaded about teams in batches.

use entity::id::TeamId;
use entity::{team, team_member};

use super::rows::{self, Members};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks what the viewer is in a team.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct OwnRole;

loads_by_id!(TeamId => team::Model, rows::by_ids);

loads_under!(Under<TeamId, Window<team_member::Model>> => Slice<team_member::Model>,
async |at: &Loads, teams: &[TeamId], window: &Window<team_member::Model>| {
    rows::pages_of_members(&at.db, &at.viewer()?, teams, window).await
});

loads_under!(CountUnder<TeamId, Members> => i64,
async |at: &Loads, teams: &[TeamId], _: &Members| {
    rows::count_of_members(&at.db, &at.viewer()?, teams).await
});

loads_under!(Under<TeamId, OwnRole> => team_member::Role,
async |at: &Loads, teams: &[TeamId], _: &OwnRole| {
    rows::roles_of_viewer(&at.db, &at.viewer()?, teams).await
});
