//! What is loaded about streams in batches.

use entity::id::MessageId;

use super::rows::{self, State};
use crate::graphql::batch::loads_under;
use crate::graphql::context::Loads;

/// Marks the text so far.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SoFar;

/// Marks where a stream is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Stream;

loads_under!(Under<MessageId, SoFar> => String,
async |at: &Loads, messages: &[MessageId], _: &SoFar| {
    rows::texts(&at.db, &at.viewer()?, messages).await
});

loads_under!(Under<MessageId, Stream> => State,
async |at: &Loads, messages: &[MessageId], _: &Stream| {
    rows::states(&at.db, &at.viewer()?, messages).await
});
