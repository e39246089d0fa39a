//! What is loaded about identities in batches.

use entity::id::{IdentityId, UserId};
use entity::identity;

use super::rows::{self, Identities};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(IdentityId => identity::Model, rows::by_ids);

loads_under!(Under<UserId, Window<identity::Model>> => Slice<identity::Model>,
async |at: &Loads, users: &[UserId], window: &Window<identity::Model>| {
    rows::pages_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(CountUnder<UserId, Identities> => i64,
async |at: &Loads, users: &[UserId], _: &Identities| {
    rows::count_of_users(&at.db, &at.viewer()?, users).await
});
