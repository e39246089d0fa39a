//! What is loaded about invitations in batches.

use entity::id::InvitationId;
use entity::invitation;

use super::rows;
use crate::graphql::batch::loads_by_id;

loads_by_id!(InvitationId => invitation::Model, rows::by_ids);
