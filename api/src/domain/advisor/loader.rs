//! What is loaded about advisors in batches.

use entity::id::AdvisorId;
use entity::{advisor, conversation, share};

use super::rows;
use super::rows::talks;
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks what the viewer was given of an advisor.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Given;

loads_by_id!(AdvisorId => advisor::Model, rows::by_ids);

loads_under!(Under<AdvisorId, Given> => share::Level,
async |at: &Loads, advisors: &[AdvisorId], _: &Given| {
    rows::levels(&at.db, &at.viewer()?, advisors).await
});

/// Marks the count of the viewer's conversations with an advisor.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct OwnTalks;

loads_under!(Under<AdvisorId, Window<conversation::Model>> => Slice<conversation::Model>,
async |at: &Loads, advisors: &[AdvisorId], window: &Window<conversation::Model>| {
    talks::pages(&at.db, &at.viewer()?, advisors, window).await
});

loads_under!(CountUnder<AdvisorId, OwnTalks> => i64,
async |at: &Loads, advisors: &[AdvisorId], _: &OwnTalks| {
    talks::counts(&at.db, &at.viewer()?, advisors).await
});
