//! Root mutations about advisors, one file an operation.

pub mod create;
pub mod fork;
pub mod import;
pub mod inputs;
pub mod life;
pub mod open;
pub mod update;

use async_graphql::MergedObject;
use entity::advisor::{ActiveModel, Model};
use entity::id::{AdvisorId, UserId};
use sea_orm::ActiveValue::Set;
use serde_json::Value;

use self::inputs::Wanted;
use super::content::{Content, NamedTool};
use super::rows;
use crate::domain::thing::object::AccessLevel;
use crate::domain::tool;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct AdvisorMutation(
    create::CreateAdvisor,
    update::UpdateAdvisor,
    life::AdvisorLife,
    fork::ForkAdvisor,
    import::ImportAdvisor,
    open::OpenConversation,
);

/// The visible advisor, locked, with the viewer's level.
async fn get(tx: &Tx, id: AdvisorId) -> Result<(Model, AccessLevel), Error> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["advisorId"])))
}

/// The refusal of a change that is based on an earlier version.
fn stale(row: &Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The advisor has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}

/// The tools behind what was asked for: by id those that the viewer sees, by name their own and then the installation's. A
/// name of which there is none stays a name.
async fn resolve(tx: &Tx, wanted: Vec<Wanted>) -> Result<Vec<NamedTool>, Error> {
    let viewer = tx.actor.principal()?;
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    for one in &wanted {
        match one {
            Wanted::Id(id) => ids.push(*id),
            Wanted::Name(name) => names.push(name.clone()),
        }
    }
    let named = tool::rows::by_names(tx, viewer, names).await?;
    let found = tool::rows::by_ids(tx, viewer, &ids).await?;
    let tools = wanted.into_iter().enumerate().map(|(at, one)| match one {
        Wanted::Name(name) => Ok(NamedTool { id: named.get(&name).copied(), name }),
        Wanted::Id(id) => match found.get(&id) {
            Some(row) => Ok(NamedTool { name: row.name.clone(), id: Some(id) }),
            None => Err(Error::refused(UserError::not_found(&["tools", &at.to_string(), "id"]))),
        },
    });
    tools.collect()
}

fn json(value: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(Error::internal)
}

/// A new row of what is written down.
fn row(id: AdvisorId, owner: UserId, content: Content, tx: &Tx) -> Result<Model, Error> {
    Ok(Model {
        id,
        owner_id: owner,
        parameters: json(&content.parameters)?,
        extra: json(&content.extra)?,
        messages: json(&content.messages)?,
        tools: json(&content.tools)?,
        name: content.name,
        description: content.description,
        model: content.model,
        gateway: content.gateway,
        hides_prompt: false,
        forked_from_id: None,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        deleted_at: None,
    })
}

/// Whether the advisor is in the trash, as a change of a row.
fn in_trash(row: &Model, in_trash: bool, tx: &Tx) -> ActiveModel {
    ActiveModel {
        id: Set(row.id),
        deleted_at: Set(in_trash.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    }
}
