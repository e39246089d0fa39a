//! What is loaded about sessions in batches.

use entity::id::SessionId;
use entity::session;

use super::rows;
use crate::graphql::batch::loads_by_id;

loads_by_id!(SessionId => session::Model, rows::by_ids);
