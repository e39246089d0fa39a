//! The GraphQL type of a stream.

use async_graphql::Object;
use serde::{Deserialize, Serialize};

use super::rows::State;
use crate::graphql::scalars::DateTime;

/// Where the writing of a message is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct MessageWriting {
    attempt: i32,
    next_sequence: i32,
    lease_until: chrono::DateTime<chrono::Utc>,
}

impl From<State> for MessageWriting {
    fn from(state: State) -> Self {
        Self { attempt: state.attempt, next_sequence: state.next_sequence, lease_until: state.lease_until }
    }
}

/// Where the writing of a message is.
#[Object]
impl MessageWriting {
    /// Which attempt it is, from 1; each continuation is another. Writers say it with every piece.
    async fn attempt(&self) -> i32 {
        self.attempt
    }

    /// The number of the piece that comes next, from 1.
    async fn next_sequence(&self) -> i32 {
        self.next_sequence
    }

    /// Without another piece until then the message is INTERRUPTED.
    async fn lease_until(&self) -> DateTime {
        self.lease_until.into()
    }
}
