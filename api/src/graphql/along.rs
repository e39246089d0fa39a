//! Rows that came along with others in one statement, so that nobody loads them again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::Loader;
use entity::id::{MessageId, UserId};
use entity::{message, user};

use super::context::{Loads, RequestContext};
use crate::error::{Error, Result};

type Found<K> = Mutex<HashMap<K, Option<Arc<<K as Along>::Row>>>>;

/// What came along in one query. Each was read under the rule under which it would have been loaded.
#[derive(Default)]
pub struct Came {
    users: Found<UserId>,
    messages: Found<MessageId>,
}

/// The id of a row that may have come along.
pub trait Along: Copy + Eq + Hash {
    type Row;

    fn found(came: &Came) -> &Found<Self>;
}

impl Along for UserId {
    type Row = user::Model;

    fn found(came: &Came) -> &Found<Self> {
        &came.users
    }
}

impl Along for MessageId {
    type Row = message::Model;

    fn found(came: &Came) -> &Found<Self> {
        &came.messages
    }
}

impl RequestContext {
    /// Notes a row that came along with another; or that there is none, for the viewer. Only a query does this: what a
    /// mutation or an event shows is read when it is shown.
    pub fn came<K: Along>(&self, id: K, row: Option<Arc<K::Row>>) {
        K::found(&self.came).lock().unwrap_or_else(PoisonError::into_inner).insert(id, row);
    }

    /// The row that came along, or else what is loaded.
    pub async fn load_or_known<K>(&self, id: K) -> Result<Option<Arc<K::Row>>>
    where
        K: Along + Send + Sync + 'static,
        Loads: Loader<K, Value = Arc<K::Row>, Error = Error>,
    {
        let known = K::found(&self.came).lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        match known {
            Some(row) => Ok(row),
            None => self.load(id).await,
        }
    }
}
