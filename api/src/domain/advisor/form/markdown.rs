//! The Markdown form: fields as YAML between two lines of `---`, then the system's message; a line `::role::` begins
//! another message, and `> name: …` at the beginning of one says who speaks.

use std::fmt::Write;

use entity::message::Role;
use serde_json::{Map, Value};

use super::tree::{DEEPEST, Tree};
use super::{Fault, Parts, fields};
use crate::domain::advisor::content::{Content, Prompt, role};

const FENCE: &str = "---";
/// Longest front matter, in bytes.
const LONGEST_FRONT: usize = 200_000;

pub fn read(source: &str) -> Result<Parts, Fault> {
    let source = source.replace("\r\n", "\n");
    let mut lines: Vec<&str> = source.split('\n').collect();
    let mut fields = Map::new();
    let mut first = 1;
    if lines.first().is_some_and(|line| line.trim_end() == FENCE) {
        let end = lines.iter().skip(1).position(|line| matches!(line.trim_end(), FENCE | "..."));
        let Some(end) = end.map(|end| end + 1) else {
            return Err(Fault {
                line: 1,
                message: "The front matter does not end: a line with --- is missing.".to_owned(),
            });
        };
        fields = front(&lines[1..end].join("\n"))?;
        first = end + 2;
        lines.drain(..=end);
    }
    let mut warnings = Vec::new();
    let messages = body(&lines, first, &mut warnings)?;
    Ok(Parts { fields, messages, warnings })
}

/// The fields of the front matter: YAML without anchors, so that little stays little.
fn front(text: &str) -> Result<Map<String, Value>, Fault> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    if text.len() > LONGEST_FRONT {
        return Err(Fault { line: 1, message: format!("At most {LONGEST_FRONT} bytes of front matter.") });
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
            max_documents: 1,
            max_depth: DEEPEST + 2,
            max_nodes: 20_000,
            max_events: 60_000,
        },
    };
    match serde_saphyr::from_str_with_options::<Tree>(text, options) {
        Ok(Tree(Value::Object(fields))) => Ok(fields),
        Ok(_) => Err(Fault { line: 2, message: "The front matter is a list of keys with values.".to_owned() }),
        Err(error) => {
            let line = error.location().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
            let message = format!(
                "This is not YAML as it is read here: at most {DEEPEST} levels, no key twice, no anchors, no aliases."
            );
            Err(Fault { line: line + 1, message })
        }
    }
}

/// The role of a line that begins a message, if it is one.
fn opening(line: &str) -> Option<&str> {
    let word = line.trim_end().strip_prefix("::")?.strip_suffix("::")?;
    let is_word = !word.is_empty() && word.len() <= 20 && word.chars().all(|c| c.is_ascii_alphabetic());
    is_word.then_some(word)
}

fn body(lines: &[&str], first: usize, warnings: &mut Vec<String>) -> Result<Vec<Prompt>, Fault> {
    let mut messages = Vec::new();
    let (mut speaker, mut begun, mut is_opened) = (Role::System, 0, false);
    for at in 0..=lines.len() {
        let opens = lines.get(at).and_then(|line| opening(line));
        if at < lines.len() && opens.is_none() {
            continue;
        }
        let said = message(speaker, &lines[begun..at], warnings);
        // Nothing before the first line that opens a message is no message.
        if is_opened || !said.content.is_empty() || said.name.is_some() {
            messages.push(said);
        }
        if let Some(word) = opens {
            speaker = role::of(&word.to_ascii_lowercase()).ok_or_else(|| Fault {
                line: first + at,
                message: "A message is of system, user, assistant or tool.".to_owned(),
            })?;
            is_opened = true;
        }
        begun = at + 1;
    }
    Ok(messages)
}

/// A message from its lines: what a quote at the beginning says of it, and the text without empty lines around it.
fn message(role: Role, lines: &[&str], warnings: &mut Vec<String>) -> Prompt {
    let is_empty = |line: &&&str| line.trim().is_empty();
    let begins = lines.iter().take_while(is_empty).count();
    let ends = lines.len() - lines.iter().skip(begins).rev().take_while(is_empty).count();
    let mut lines = &lines[begins..ends];
    let quote = lines.iter().take_while(|line| line.starts_with('>')).count();
    let mut name = None;
    if quote > 0 {
        let said: Vec<Option<(&str, &str)>> =
            lines[..quote].iter().map(|line| line[1..].trim().split_once(": ")).collect();
        match said.as_slice() {
            [Some(("name", who))] => {
                name = Some(who.trim().to_owned());
                lines = &lines[quote..];
                lines = &lines[lines.iter().take_while(is_empty).count()..];
            }
            said if said.iter().all(Option::is_some) => {
                warnings.push(
                    "A quote at the beginning of a message says more than a name; it stays in the text.".to_owned(),
                );
            }
            _ => {}
        }
    }
    Prompt { role, content: lines.join("\n"), name }
}

/// The advisor in this form. Messages that would not come back as they are stand in the front matter.
pub fn write(content: &Content) -> String {
    let text = written(content, true);
    let back = read(&text).ok().map(|parts| parts.messages);
    if back.as_ref() == Some(&content.messages) { text } else { written(content, false) }
}

/// JSON in one line in which nothing is unprintable.
fn line(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

fn written(content: &Content, with_body: bool) -> String {
    let mut front = fields::of(content);
    if !with_body {
        front.insert("messages".to_owned(), fields::messages(content));
    }
    let mut text = format!("{FENCE}\n");
    for (key, value) in &front {
        // JSON in one line is YAML, too.
        let _ = writeln!(text, "{}: {}", line(&Value::from(key.as_str())), line(value));
    }
    let _ = writeln!(text, "{FENCE}");
    for (at, message) in content.messages.iter().enumerate().filter(|_| with_body) {
        if at > 0 || message.role != Role::System {
            let _ = write!(text, "\n::{}::\n", role::name(message.role));
        }
        if let Some(name) = &message.name {
            let _ = write!(text, "> name: {name}\n\n");
        }
        let _ = writeln!(text, "{}", message.content);
    }
    text
}
