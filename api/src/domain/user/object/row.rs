//! The GraphQL type of users over its row.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use entity::user;
use serde::{Deserialize, Serialize};

use crate::graphql::cell::Cell;
use crate::graphql::connection::Listed;
use crate::graphql::row::Columns;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct User(pub Arc<user::Model>);

impl Listed for User {
    const NAME: &'static str = "User";
}

impl Columns for User {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "number" => row.number.into(),
            "username" => row.username.as_str().into(),
            "handle" => row.handle.as_str().into(),
            "displayName" => row.display_name.as_str().into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            _ => return None,
        })
    }
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self(Arc::new(row))
    }
}
