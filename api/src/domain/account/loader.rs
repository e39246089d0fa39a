//! What is loaded about sessions in batches.

use entity::id::{SessionId, UserId};
use entity::session;

use super::rows::{self, Sessions};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(SessionId => session::Model, rows::by_ids);

loads_under!(Under<UserId, Window<session::Model>> => Slice<session::Model>,
async |at: &Loads, users: &[UserId], window: &Window<session::Model>| {
    rows::pages_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(CountUnder<UserId, Sessions> => i64,
async |at: &Loads, users: &[UserId], _: &Sessions| {
    rows::count_of_users(&at.db, &at.viewer()?, users).await
});
