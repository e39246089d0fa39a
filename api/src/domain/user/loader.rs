//! What is loaded about users in batches.

use entity::id::UserId;
use entity::user;

use super::rows;
use crate::graphql::batch::loads_by_id;

loads_by_id!(UserId => user::Model, rows::by_ids);
