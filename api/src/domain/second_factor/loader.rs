//! What is loaded about second factors in batches.

use entity::id::UserId;

use super::rows::{self, Enrolled, SecondFactors};
use crate::graphql::batch::loads_under;
use crate::graphql::context::Loads;

loads_under!(Under<UserId, SecondFactors> => Enrolled,
async |at: &Loads, users: &[UserId], _: &SecondFactors| {
    rows::of_users(&at.db, &at.viewer()?, users).await
});
