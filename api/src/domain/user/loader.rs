//! What is loaded about users in batches.

use std::sync::Arc;

use entity::id::UserId;
use entity::user;

use super::rows::{self, Told};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(UserId => user::Model, rows::by_ids);

loads_under!(Under<UserId, Told> => Arc<user::Model>,
async |at: &Loads, users: &[UserId], _: &Told| {
    rows::told(&at.db, users).await
});
