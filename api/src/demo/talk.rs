//! The conversations of the demo world: from scripts, topics and the drill to rows.

use chrono::{DateTime, TimeDelta, Utc};
use entity::conversation::Status;
use entity::id::{ConversationId, MessageId, UserId};
use entity::message::Role;
use entity::{conversation, message, share, tool_call};

use super::script::{Arguments, Call, Outcome, Parent, Place, Script, Turn, assistant, user};
use super::texts::{CLOSINGS, TOPICS, WORDS};
use super::world::{FIRST_DAY, World, messages_of};

const MODELS: &[&str] = &["aurora/small-2", "aurora/large-2", "fjord/chat-7b"];

/// Tokens that a model reads or writes besides the text itself.
const OVERHEAD: usize = 9;

/// A conversation that is being written.
struct Talk<'k> {
    key: &'k str,
    id: ConversationId,
    owner: UserId,
    begun: DateTime<Utc>,
    /// Id and depth of the messages so far.
    messages: Vec<(MessageId, i32)>,
    /// Characters said so far.
    said: usize,
}

impl World {
    pub(super) fn add_script(&mut self, script: &Script) {
        let begun = FIRST_DAY + TimeDelta::days(script.day);
        let mut talk = self.begin(script.key, script.owner, script.title, begun);
        for (grantee, level) in script.shares {
            self.share(&talk, grantee, *level);
        }
        for turn in script.turns {
            self.say(&mut talk, turn, turn.text.to_owned());
        }
        self.put(&talk, script.place);
    }

    pub(super) fn add_topics(&mut self) {
        for (n, (owner, title, place, question, answer)) in (0..).zip(TOPICS) {
            let begun = FIRST_DAY + TimeDelta::minutes(26 * 60 + n * (33 * 60 + 37));
            let title = Some(*title).filter(|title| !title.is_empty());
            let key = format!("topic-{}", n + 1);
            let mut talk = self.begin(&key, owner, title, begun);
            self.say(&mut talk, &user(""), (*question).to_owned());
            self.say(&mut talk, &assistant(""), (*answer).to_owned());
            let closing = CLOSINGS.iter().enumerate().find(|(at, _)| n % 11 == i64::try_from(*at).unwrap_or(0) * 3);
            if let Some((_, (last, reply))) = closing {
                self.say(&mut talk, &user(""), (*last).to_owned());
                self.say(&mut talk, &assistant(""), (*reply).to_owned());
            }
            self.put(&talk, *place);
        }
    }

    pub(super) fn add_drill(&mut self) {
        let begun = FIRST_DAY + TimeDelta::days(68);
        let mut talk = self.begin("drill", "ines", Some("Vocabulary drill: Portuguese for Yuki"), begun);
        self.share(&talk, "yuki", share::Level::Read);
        for (word, translation) in WORDS {
            self.say(&mut talk, &user(""), format!("What is “{word}”?"));
            self.say(&mut talk, &assistant(""), format!("“{word}” is **{translation}**."));
        }
    }

    fn begin<'k>(&mut self, key: &'k str, owner: &str, title: Option<&str>, begun: DateTime<Utc>) -> Talk<'k> {
        let id = self.name(&format!("conversation/{key}"), begun);
        let owner = self.account(owner);
        self.conversations.push(conversation::Model {
            title: title.map(str::to_owned),
            ..conversation::Model::new(id, owner, begun)
        });
        Talk { key, id, owner, begun, messages: Vec::new(), said: 0 }
    }

    fn share(&mut self, talk: &Talk<'_>, grantee: &str, level: share::Level) {
        let at = talk.begun + TimeDelta::seconds(5);
        let id = self.name(&format!("share/{}/{grantee}", talk.key), at);
        self.shares.push(share::Model {
            grantee_id: Some(self.account(grantee)),
            level,
            ..share::Model::new(id, talk.id, "conversation", talk.owner, at)
        });
    }

    fn say(&mut self, talk: &mut Talk<'_>, turn: &Turn, content: String) {
        let position = talk.messages.len() + 1;
        let parent = match turn.parent {
            Parent::Previous => talk.messages.last(),
            Parent::At(position) => talk.messages.get(position - 1),
            Parent::Nothing => None,
        };
        let (parent_id, depth) = parent.map_or((None, 0), |(id, depth)| (Some(*id), depth + 1));
        let at = talk.begun + TimeDelta::seconds(41 * count(position));
        let id: MessageId = self.name(&format!("message/{}/{position}", talk.key), at);
        let by_model = turn.role == Role::Assistant;
        let edited_at = turn.edited.then(|| at + TimeDelta::minutes(3));
        let length = content.chars().count();
        let author = turn.by.map_or(talk.owner, |username| self.account(username));
        self.messages.push(message::Model {
            id,
            conversation_id: talk.id,
            parent_id,
            depth,
            position: int(position),
            author_id: Some(author),
            role: turn.role,
            content,
            model: by_model.then(|| MODELS[talk.key.len() % MODELS.len()].to_owned()),
            finish_reason: turn.finish,
            prompt_tokens: by_model.then(|| int(OVERHEAD + talk.said / 4)),
            completion_tokens: by_model.then(|| int(OVERHEAD + length / 4)),
            version: if turn.edited { 2 } else { 1 },
            created_at: at,
            updated_at: edited_at.unwrap_or(at),
            edited_at,
            edited_by_id: turn.edited.then_some(author),
            deleted_at: None,
            status: turn.status,
        });
        talk.messages.push((id, depth));
        talk.said += length;
        for (place, call) in (1..).zip(turn.calls) {
            self.call(talk, id, position, place, call, at + TimeDelta::seconds(1));
        }
    }

    fn call(
        &mut self,
        talk: &Talk<'_>,
        message_id: MessageId,
        at_message: usize,
        position: i32,
        call: &Call,
        at: DateTime<Utc>,
    ) {
        use tool_call::Status::{Cancelled, Failed, Pending, Running, Succeeded};

        let id = self.name(&format!("call/{}/{at_message}/{position}", talk.key), at);
        let (arguments, raw_arguments) = match call.arguments {
            Arguments::Json(text) => (Some(json(text)), None),
            Arguments::Raw(text) => (None, Some(text.to_owned())),
        };
        let (status, result, error, version) = match call.outcome {
            Outcome::Pending => (Pending, None, None, 1),
            Outcome::Running => (Running, None, None, 2),
            Outcome::Succeeded(text) => (Succeeded, Some(json(text)), None, 3),
            Outcome::Failed(reason) => (Failed, None, Some(reason.to_owned()), 3),
            Outcome::Cancelled => (Cancelled, None, None, 2),
        };
        let started_at = (!matches!(status, Pending | Cancelled)).then(|| at + TimeDelta::milliseconds(120));
        let finished_at = (!matches!(status, Pending | Running)).then(|| at + TimeDelta::milliseconds(2_400));
        let row = tool_call::Model::new(id, message_id, talk.id, call.tool.to_owned(), at);
        self.tool_calls.push(tool_call::Model {
            position,
            call_id: arguments.is_some().then(|| format!("tc_{at_message}_{position}")),
            arguments,
            raw_arguments,
            result,
            error,
            status,
            started_at,
            finished_at,
            version,
            updated_at: finished_at.or(started_at).unwrap_or(at),
            ..row
        });
    }

    /// Puts the conversation where its owner keeps it, some time after the last message.
    fn put(&mut self, talk: &Talk<'_>, place: Place) {
        let last = messages_of(self, talk.id).last().map_or(talk.begun, |message| message.created_at);
        let at = last + TimeDelta::hours(30);
        let Some(row) = self.conversations.last_mut().filter(|_| place != Place::InUse) else { return };
        match place {
            Place::InUse => {}
            Place::Archived => (row.status, row.archived_at) = (Status::Archived, Some(at)),
            Place::Trash => row.deleted_at = Some(at),
        }
        row.version = 2;
        row.updated_at = at;
    }
}

/// JSON of a table; what is not JSON is kept as a string, and a test refuses it.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn count(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::people::{EXTRAS, PEOPLE};
    use super::super::texts::{OTHERS, OWN};
    use super::*;

    #[test]
    fn the_json_of_the_tables_is_json() {
        for call in OWN.iter().chain(OTHERS).flat_map(|script| script.turns).flat_map(|turn| turn.calls) {
            let texts = match (&call.arguments, &call.outcome) {
                (Arguments::Json(arguments), Outcome::Succeeded(result)) => vec![*arguments, *result],
                (Arguments::Json(arguments), _) => vec![*arguments],
                _ => vec![],
            };
            for text in texts {
                assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn everybody_who_is_named_exists() {
        let scripts = || OWN.iter().chain(OTHERS);
        let named = scripts()
            .map(|script| script.owner)
            .chain(scripts().flat_map(|script| script.shares).map(|share| share.0))
            .chain(scripts().flat_map(|script| script.turns).filter_map(|turn| turn.by))
            .chain(TOPICS.iter().map(|topic| topic.0));
        for name in named {
            let known =
                PEOPLE.iter().any(|person| person.username == name) || EXTRAS.iter().any(|extra| extra.0 == name);
            assert!(known, "{name}");
        }
    }

    #[test]
    fn answers_come_after_what_they_answer() {
        for script in OWN.iter().chain(OTHERS) {
            for (before, turn) in script.turns.iter().enumerate() {
                assert!(
                    !matches!(turn.parent, Parent::At(position) if position == 0 || position > before),
                    "{}",
                    script.key
                );
            }
        }
    }
}
