//! Root mutations about tools, one file an operation.

pub mod create;
pub mod fork;
pub mod life;
pub mod update;

use async_graphql::MergedObject;
use entity::id::ToolId;
use entity::tool::Model;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::{definition, rows};
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::checks::Checks;
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct ToolMutation(create::CreateTool, update::UpdateTool, life::ToolLife, fork::ForkTool);

/// The visible tool, locked, with the viewer's level.
async fn get(tx: &Tx, id: ToolId) -> Result<(Model, AccessLevel), Error> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["toolId"])))
}

/// The refusal of a change that is based on an earlier version.
fn stale(row: &Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The tool has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}

/// A name as model providers want it.
fn name(checks: &mut Checks, path: &[&str], name: &str) -> String {
    let name = name.trim().to_owned();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !(1..=64).contains(&name.len()) || !name.chars().all(fits) {
        checks.refuse(UserError::invalid(path, "1 to 64 of a-z, A-Z, 0-9, `_` and `-`."));
    }
    name
}

/// A schema of arguments that is kept.
fn parameters(checks: &mut Checks, schema: Value) -> Value {
    let schema = checks.json(&["parameters"], schema);
    for problem in definition::check(&schema).err().into_iter().flatten() {
        let path = std::iter::once("parameters".to_owned()).chain(problem.path).collect();
        checks.refuse(UserError { code: ErrorCode::Invalid, message: problem.message, path });
    }
    schema
}

/// The schema of a tool that is given nothing.
fn no_parameters() -> Value {
    json!({ "type": "object", "properties": {} })
}

/// The refusal for what the database refuses under this name.
fn refused(path: &[&str], constraint: Option<&str>) -> Option<Error> {
    let message = match constraint? {
        "tools_owner_name_key" => "Its owner has a tool of this name.",
        _ => return None,
    };
    Some(Error::refused(UserError::conflict(path, message)))
}

/// Whether the tool is in the trash, as a change of a row.
fn in_trash(row: &Model, in_trash: bool, tx: &Tx) -> entity::tool::ActiveModel {
    entity::tool::ActiveModel {
        id: Set(row.id),
        deleted_at: Set(in_trash.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    }
}
