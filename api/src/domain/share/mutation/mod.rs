//! Root mutations about shares, one file an operation.

pub mod elevate;
pub mod give;
pub mod revoke;

use async_graphql::MergedObject;
use entity::share::Model;
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

use crate::domain::thing::ThingRef;
use crate::error::{Error, UserError};
use crate::write::Change;

#[derive(Default, MergedObject)]
pub struct ShareMutation(give::GiveShare, revoke::RevokeShare, elevate::Elevating);

/// What the records keep of a share.
fn kept(row: &Model) -> Value {
    json!({
        "thing": row.thing_id,
        "audience": row.audience.to_value(),
        "grantee": row.grantee_id.map(|id| id.0).or(row.team_id.map(|id| id.0)).or(row.grantee_workspace_id.map(|id| id.0)),
        "level": row.level.to_value(),
        "canReshare": row.can_reshare,
        "expiresAt": row.expires_at,
    })
}

/// A change of a share, which those who watch the thing and the grantee are told of.
fn change(action: &'static str, row: &Model) -> Change {
    let change = Change::new(action, "share", row.id);
    match (ThingRef::of(&row.thing_kind, row.thing_id), row.grantee_id) {
        (Some(ThingRef::Conversation(id)), _) => change.within(id),
        (_, Some(grantee)) => change.concerning(grantee),
        _ => change,
    }
}

/// The refusal for what the database refuses under this name.
fn refused(path: &[&str], constraint: Option<&str>) -> Option<Error> {
    let message = match constraint? {
        "shares_not_with_owner" => "A thing is not shared with its owner.",
        "shares_owner_of_workspace" => "Only a workspace has members with the level OWNER.",
        "shares_member_of_workspace" => "A workspace is shared with users and teams only.",
        "shares_thing_subject_key" => {
            return Some(Error::refused(UserError::conflict(path, "It is being shared with them already.")));
        }
        "workspaces_keep_owner" => {
            return Some(Error::refused(UserError::conflict(path, "A workspace keeps at least one owner.")));
        }
        _ => return None,
    };
    Some(Error::refused(UserError::invalid(path, message)))
}
