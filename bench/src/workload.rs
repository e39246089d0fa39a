//! The workloads: documents, and for each a set of requests that differ in person and thing.

use serde_json::{Value, json};
use stoa::graphql::id::WireId;
use uuid::Uuid;

use crate::data::{Data, Person};

/// One document and what it is sent with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Workload {
    pub name: &'static str,
    pub about: &'static str,
    pub document: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// An own conversation of ordinary size.
    Point,
    /// Nothing but the viewer.
    List,
    /// The own conversation of 1,000 messages.
    Long,
    /// The same, after the cursor of its first page.
    After,
    /// The long conversation.
    Longest,
    /// A text for an own conversation.
    Write,
    /// Some of all.
    Mix,
}

macro_rules! workloads {
    ($($name:literal $kind:ident $about:literal)*) => {
        &[$(Workload {
            name: $name,
            about: $about,
            document: include_str!(concat!("../workloads/", $name, ".graphql")),
            kind: Kind::$kind,
        }),*]
    };
}

const PLAIN: &[Workload] = workloads! {
    "W1" Point "a conversation and its owner"
    "W2" List "20 newest conversations with last message and count"
    "W3" List "10 conversations x 20 messages with tool calls"
    "W4" Long "1,000 messages x 8 scalars"
    "W5" Write "one durable message"
    "W6" After "a page of 50 after a cursor"
    "W7" List "the first screen of a chat frontend"
    "W9" Longest "the last 50 of a very long conversation"
};

/// All of them, in order.
pub fn all() -> Vec<Workload> {
    let mut all = PLAIN.to_vec();
    let mix = Workload { name: "W8", about: "9 reads of W1, W2, W6, W7 to 1 write", document: "", kind: Kind::Mix };
    all.insert(7, mix);
    all
}

/// A request before it has the form that a target wants.
pub struct Case<'d> {
    pub workload: Workload,
    pub person: &'d Person,
    pub id: Option<Uuid>,
    /// Whether it goes on after the first page; the cursor is each target's own.
    pub after_first_page: bool,
    pub content: Option<String>,
}

/// Different requests of a workload.
const CASES: usize = 256;

impl Workload {
    /// The parts of a mix, or itself.
    fn parts(self) -> Vec<Workload> {
        let named = |name: &str| PLAIN.iter().find(|one| one.name == name).copied();
        match self.kind {
            Kind::Mix => {
                ["W1", "W2", "W1", "W6", "W5", "W1", "W7", "W2", "W1", "W6"].into_iter().filter_map(named).collect()
            }
            _ => vec![self],
        }
    }

    pub fn is_write(self) -> bool {
        self.kind == Kind::Write
    }

    pub fn cases(self, data: &Data) -> Vec<Case<'_>> {
        let parts = self.parts();
        (0..CASES).map(|number| parts[number % parts.len()].case(data, number)).collect()
    }

    fn case(self, data: &Data, number: usize) -> Case<'_> {
        let people = if self.is_write() { &data.writers } else { &data.readers };
        let person = &people[number * 13 % people.len()];
        let id = match self.kind {
            Kind::Point => Some(person.talks[1 + number * 7 % (person.talks.len() - 1)]),
            Kind::Write => Some(person.talks[number / people.len() % person.talks.len()]),
            Kind::Long | Kind::After => Some(person.talks[0]),
            Kind::Longest => Some(data.long),
            Kind::List | Kind::Mix => None,
        };
        let content = self.is_write().then(|| {
            format!("What do you make of \"{number}\"? {}", "It has been on my mind since the numbers grew. ".repeat(8))
        });
        Case { workload: self, person, id, after_first_page: self.kind == Kind::After, content }
    }
}

impl Case<'_> {
    /// The variables in Stoa's own form, TypeIDs and all.
    pub fn variables(&self, after: Option<&str>) -> Value {
        let mut variables = json!({});
        if let Some(id) = self.id {
            variables["id"] = json!(entity::id::ConversationId(id).encode());
        }
        if let Some(after) = after {
            variables["after"] = json!(after);
        }
        if let Some(content) = &self.content {
            variables["content"] = json!(content);
        }
        variables
    }
}
