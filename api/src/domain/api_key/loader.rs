//! What is loaded about API keys in batches.

use entity::api_key;
use entity::id::{ApiKeyId, UserId};

use super::rows::{self, ApiKeys};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(ApiKeyId => api_key::Model, rows::by_ids);

loads_under!(Under<UserId, Window<api_key::Model>> => Slice<api_key::Model>,
async |at: &Loads, users: &[UserId], window: &Window<api_key::Model>| {
    rows::pages_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(CountUnder<UserId, ApiKeys> => i64,
async |at: &Loads, users: &[UserId], _: &ApiKeys| {
    rows::count_of_users(&at.db, &at.viewer()?, users).await
});
