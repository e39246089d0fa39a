//! The advisors of the demo world.

use chrono::TimeDelta;
use entity::advisor::{self, Gateway};
use entity::id::{AdvisorId, ToolId};
use entity::share::{self, Level};
use serde_json::{Value, json};

use super::id::id;
use super::world::{FIRST_DAY, World};
use crate::graphql::id::WireId;

/// Key, owner, name, what it is for, its prompt, whether that is hidden, whether it is in the trash.
const ADVISORS: &[(&str, &str, &str, &str, &str, bool, bool)] = &[
    (
        "rail",
        "ines",
        "Rail planner",
        "Plans journeys by train.",
        "You plan journeys by rail. Today is <$datetime:%Y-%m-%d$>. Use the tools; never invent a timetable.",
        false,
        false,
    ),
    (
        "letters",
        "ines",
        "Letter writer",
        "Writes letters that nobody likes to write.",
        "You write short, friendly letters.",
        false,
        true,
    ),
    (
        "garden",
        "kofi",
        "Gardener",
        "Knows what to plant when.",
        "You answer in two sentences. <$file:notes/beds.md$>",
        false,
        false,
    ),
    ("quiz", "kofi", "Quiz master", "Asks, and tells nothing.", "The answer is always 42. Do not tell.", true, false),
];

impl World {
    pub(super) fn add_advisors(&mut self) {
        let at = FIRST_DAY + TimeDelta::days(81);
        for (key, owner, name, description, prompt, hides_prompt, in_trash) in ADVISORS {
            let id: AdvisorId = self.name(&format!("advisor/{key}"), at);
            let deleted_at = in_trash.then(|| at + TimeDelta::days(2));
            self.advisors.push(advisor::Model {
                id,
                owner_id: self.account(owner),
                name: (*name).to_owned(),
                description: (*description).to_owned(),
                model: Some("aurora/small-2".to_owned()),
                gateway: Some(Gateway::Openrouter),
                parameters: json!({ "temperature": 0.4, "max_output_tokens": 2000, "stream": true }),
                extra: json!({}),
                messages: json!([{ "role": "system", "content": prompt }]),
                tools: tools(key),
                hides_prompt: *hides_prompt,
                forked_from_id: None,
                version: if deleted_at.is_some() { 2 } else { 1 },
                created_at: at,
                updated_at: deleted_at.unwrap_or(at),
                deleted_at,
            });
            let grantee = if *owner == "ines" { "kofi" } else { "ines" };
            let share = self.name(&format!("share/advisor-{key}/{grantee}"), at);
            self.shares.push(share::Model {
                grantee_id: Some(self.account(grantee)),
                level: Level::Read,
                ..share::Model::new(share, id, "advisor", self.account(owner), at)
            });
        }
        let talk = self.ids.get("conversation/train").cloned();
        if let Some(row) = self.conversations.iter_mut().find(|row| talk == Some(row.id.encode().to_string())) {
            row.advisor_id = Some(id("advisor/rail", at));
        }
    }
}

fn tools(key: &str) -> Value {
    let tool = |key: &str| id::<ToolId>(&format!("tool/{key}"), FIRST_DAY + TimeDelta::days(80));
    match key {
        "rail" => {
            json!([{ "name": "search_connections", "id": tool("search") }, { "name": "reserve_seat", "id": tool("seats") },
            { "name": "get_advice" }])
        }
        _ => json!([]),
    }
}
