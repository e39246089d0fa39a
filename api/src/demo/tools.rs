//! The tools of the demo world, and calls that wait for somebody's word.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::ToolId;
use entity::share::{self, Level};
use entity::tool_call::Status;
use entity::{tool, tool_call};
use serde_json::{Value, json};

use super::world::{FIRST_DAY, World};
use crate::graphql::id::WireId;

/// Key, owner (nobody for one of the installation), name, what it does, whether its calls have to be approved, whether it
/// is in the trash.
type Script = (&'static str, Option<&'static str>, &'static str, &'static str, bool, bool);

const TOOLS: &[Script] = &[
    ("clock", None, "current_time", "Tells the time at a place.", false, false),
    ("seats", Some("ines"), "reserve_seat", "Reserves a seat on a train. This costs money.", true, false),
    ("search", Some("ines"), "search_connections", "Finds trains between two places on a day.", false, false),
    ("fax", Some("ines"), "send_fax", "Sends a fax.", false, true),
    ("weather", Some("kofi"), "weather_forecast", "Tells the weather at a place in the next ten days.", false, false),
    ("prices", Some("kofi"), "compare_prices", "Compares the prices of journeys.", false, false),
];

/// Tool, with whom it is shared, how far.
const SHARED: &[(&str, &str, &str, Level)] = &[
    ("seats", "ines", "kofi", Level::Write),
    ("search", "ines", "kofi", Level::Read),
    ("weather", "kofi", "ines", Level::Read),
];

/// Calls of the reserving tool that wait: what they ask for.
const WAITING: [&str; 2] = ["c-1", "c-2"];

impl World {
    pub(super) fn add_tools(&mut self) {
        let at = FIRST_DAY + TimeDelta::days(80);
        for (key, owner, name, description, requires_approval, in_trash) in TOOLS {
            let id: ToolId = self.name(&format!("tool/{key}"), at);
            let deleted_at = in_trash.then(|| at + TimeDelta::days(2));
            self.tools.push(tool::Model {
                id,
                owner_id: owner.map(|username| self.account(username)),
                name: (*name).to_owned(),
                description: (*description).to_owned(),
                parameters: parameters(key),
                is_active: true,
                requires_approval: *requires_approval,
                forked_from_id: None,
                version: if deleted_at.is_some() { 2 } else { 1 },
                created_at: at,
                updated_at: deleted_at.unwrap_or(at),
                deleted_at,
            });
        }
        for (key, owner, grantee, level) in SHARED {
            let thing = super::id::id::<ToolId>(&format!("tool/{key}"), at);
            let id = self.name(&format!("share/tool-{key}/{grantee}"), at);
            self.shares.push(share::Model {
                grantee_id: Some(self.account(grantee)),
                level: *level,
                ..share::Model::new(id, thing, "tool", self.account(owner), at)
            });
        }
        self.add_waiting_calls(super::id::id("tool/seats", at));
    }

    fn add_waiting_calls(&mut self, tool: ToolId) {
        let wanted = self.ids.get("message/train/7").cloned();
        let message = self.messages.iter().find(|row| wanted == Some(row.id.encode().to_string()));
        let Some((message, talk, said)) = message.map(|row| (row.id, row.conversation_id, row.created_at)) else {
            return;
        };
        for (position, connection) in (4..).zip(WAITING) {
            let at: DateTime<Utc> = said + TimeDelta::seconds(i64::from(position));
            let id = self.name(&format!("call/train/7/{position}"), at);
            self.tool_calls.push(tool_call::Model {
                position,
                call_id: Some(format!("tc_7_{position}")),
                arguments: Some(json!({ "connection": connection, "wish": "aisle" })),
                status: Status::AwaitingApproval,
                needs_approval: true,
                tool_id: Some(tool),
                ..tool_call::Model::new(id, message, talk, "reserve_seat".to_owned(), at)
            });
        }
    }
}

fn parameters(key: &str) -> Value {
    let place = json!({ "type": "string", "description": "The name of the place.", "minLength": 1 });
    let day = json!({ "type": "string", "format": "date" });
    match key {
        "seats" => json!({ "type": "object", "required": ["connection"], "additionalProperties": false, "properties": {
            "connection": { "type": "string", "description": "The id that the search gave." },
            "wish": { "enum": ["window", "aisle"] } } }),
        "search" => json!({ "type": "object", "required": ["from", "to", "date"], "properties": {
            "from": place, "to": place, "date": day, "maxChanges": { "type": "integer", "minimum": 0 } } }),
        "weather" => json!({ "type": "object", "required": ["place"], "properties": { "place": place, "date": day } }),
        "clock" => json!({ "type": "object", "properties": { "place": place } }),
        _ => json!({ "type": "object", "properties": {} }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tool::definition;

    #[test]
    fn the_definitions_hold_and_the_waiting_calls_fit_theirs() {
        let world = World::new();
        for row in &world.tools {
            assert_eq!(definition::check(&row.parameters), Ok(()), "{}", row.name);
        }
        let waiting: Vec<_> = world.tool_calls.iter().filter(|row| row.needs_approval).collect();
        assert_eq!(waiting.len(), WAITING.len());
        for call in waiting {
            let arguments = call.arguments.as_ref().expect("they are JSON");
            assert_eq!(definition::hold(&parameters("seats"), arguments), Ok(()));
        }
    }
}
