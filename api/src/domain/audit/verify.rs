//! Whether the audit log is as it was sealed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::chain::{BEGINNING, Chain, Hash};
use super::rows::seals::{Head, Part, Sealed};
use super::sealer::mark;

/// Travels in cursors, so that those of lists are refused here and the other way round.
const NAME: &str = "audit.seals";

/// What is wrong with a row or its seal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// The row, or its seal, is not what it was.
    Altered,
    /// There is a seal, and not the row.
    Gone,
    /// The row has no seal, although later ones have.
    Unsealed,
    /// Numbers are left out of the chain.
    SealGone,
    /// The chain does not reach to a link that was there, or has another in its place.
    Cut,
}

/// The first thing that is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fault {
    pub wrong: Wrong,
    /// The number of the seal, if it has one.
    pub sequence: Option<i64>,
    pub entry: Option<Uuid>,
}

/// A link that is known by its number and the beginning of its hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mark {
    pub sequence: i64,
    pub mark: String,
}

impl Mark {
    pub fn is_of(&self, link: &Sealed) -> bool {
        link.place.sequence == self.sequence && mark(&link.hash) == self.mark
    }

    /// As the log and the command line write it: `number:mark`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sequence, mark) = text.split_once(':')?;
        let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
        let is_mark = URL_SAFE_NO_PAD.decode(mark).is_ok_and(|bytes| bytes.len() == 16);
        is_mark.then(|| Self { sequence, mark: mark.to_owned() })
    }

    /// The form of a cursor.
    pub fn encode(&self) -> String {
        let json = serde_json::to_vec(&(NAME, self.sequence, &self.mark)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// Nothing if the text is not a cursor of the chain.
    pub fn decode(text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (name, sequence, mark): (String, i64, String) = serde_json::from_slice(&json).ok()?;
        (name == NAME).then(|| Self::parse(&format!("{sequence}:{mark}"))).flatten()
    }
}

/// What was found in a part of the chain.
#[derive(Debug)]
pub struct Report {
    /// Links that were looked at.
    pub checked: i64,
    pub fault: Option<Fault>,
    /// From where to go on; nothing if there was nothing.
    pub end: Option<Mark>,
    /// Whether the chain goes on after it.
    pub has_more: bool,
    /// The last link of the whole chain.
    pub head: Option<Head>,
}

/// Judges a part of the chain, read after a link that is known, up to the first fault; from the beginning without one. Goes
/// on behind a fault when it is asked to go on at its end.
pub fn verify(chain: &Chain, after: Option<&Mark>, part: Part) -> Report {
    let Part { head, known, links, has_more, passed_over } = part;
    let mut walk = Walk { previous: BEGINNING, sequence: 0 };
    if let Some(after) = after {
        match known.filter(|link| after.is_of(link)) {
            Some(link) => walk.pass(&link),
            None => {
                let fault = Fault { wrong: Wrong::Cut, sequence: Some(after.sequence), entry: None };
                return Report { checked: 0, fault: Some(fault), end: None, has_more: false, head };
            }
        }
    }
    let mut report = Report { checked: 0, fault: None, end: after.cloned(), has_more, head };
    for link in links {
        report.checked += 1;
        report.fault = walk.fault(chain, &link);
        walk.pass(&link);
        if report.fault.is_some() {
            report.has_more = head.is_some_and(|head| head.sequence > walk.sequence);
            break;
        }
    }
    if report.checked > 0 {
        report.end = Some(Mark { sequence: walk.sequence, mark: mark(&walk.previous) });
    }
    if report.fault.is_none() {
        let unsealed = |entry| Fault { wrong: Wrong::Unsealed, sequence: None, entry: Some(entry) };
        report.fault = passed_over.map(unsealed);
    }
    report
}

/// The link that was passed last.
struct Walk {
    previous: Hash,
    sequence: i64,
}

impl Walk {
    fn fault(&self, chain: &Chain, link: &Sealed) -> Option<Fault> {
        if link.place.sequence != self.sequence + 1 {
            return Some(Fault { wrong: Wrong::SealGone, sequence: Some(self.sequence + 1), entry: None });
        }
        let wrong = match &link.entry {
            None => Wrong::Gone,
            Some(entry) => {
                let is_its = entry[1].as_deref() == Some(link.transaction.to_string().as_str());
                if is_its && chain.is_link(&self.previous, link.place, entry, &link.hash) {
                    return None;
                }
                Wrong::Altered
            }
        };
        Some(Fault { wrong, sequence: Some(link.place.sequence), entry: Some(link.place.entry) })
    }

    fn pass(&mut self, link: &Sealed) {
        (self.previous, self.sequence) = (link.hash, link.place.sequence);
    }
}
