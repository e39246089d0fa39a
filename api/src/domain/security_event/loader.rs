//! What is loaded about security events in batches.

use entity::id::{SecurityEventId, UserId};
use entity::security_event;

use super::rows::{self, SecurityEvents};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(SecurityEventId => security_event::Model, rows::by_ids);

loads_under!(Under<UserId, Window<security_event::Model>> => Slice<security_event::Model>,
async |at: &Loads, users: &[UserId], window: &Window<security_event::Model>| {
    rows::pages_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(CountUnder<UserId, SecurityEvents> => i64,
async |at: &Loads, users: &[UserId], _: &SecurityEvents| {
    rows::count_of_users(&at.db, &at.viewer()?, users).await
});
