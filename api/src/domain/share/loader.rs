//! What is loaded about shares in batches.

use entity::id::{ShareId, ThingId};
use entity::share;

use super::rows::{self, Shares};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(ShareId => share::Model, rows::by_ids);

loads_under!(Under<ThingId, Window<share::Model>> => Slice<share::Model>,
async |at: &Loads, things: &[ThingId], window: &Window<share::Model>| {
    rows::pages_of_things(&at.db, &at.viewer()?, things, window).await
});

loads_under!(CountUnder<ThingId, Shares> => i64,
async |at: &Loads, things: &[ThingId], _: &Shares| {
    rows::count_of_things(&at.db, &at.viewer()?, things).await
});
