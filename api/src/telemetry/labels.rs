//! The labels of the metrics. All values come from closed sets, but for an operation's name, which is bounded.

use std::fmt::{Error, Write};
use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// A text that is cheap to copy.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Name(pub(super) Arc<str>);

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), Error> {
        encoder.write_str(&self.0)
    }
}

/// What kind of operation a document has; `None` if it was not found out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    Query,
    Mutation,
    Subscription,
    None,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::None => "none",
        }
    }
}

impl EncodeLabelValue for Kind {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), Error> {
        encoder.write_str(self.name())
    }
}

/// How an operation came in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Transport {
    /// A request and its answer.
    Http,
    /// Server-sent events.
    Events,
    Socket,
}

impl Transport {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Events => "events",
            Self::Socket => "socket",
        }
    }
}

impl EncodeLabelValue for Transport {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), Error> {
        encoder.write_str(self.name())
    }
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Request {
    pub(super) kind: Kind,
    pub(super) operation: Name,
    pub(super) transport: Transport,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) operation: Name,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Build {
    pub(super) version: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Policy {
    pub(super) policy: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Refusal {
    pub(super) policy: &'static str,
    pub(super) reason: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Via {
    pub(super) transport: Transport,
}

/// What came of asking the database for a block of budget.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Leased {
    pub(super) outcome: &'static str,
}

/// An attempt to begin or go on with a session.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct Admission {
    /// The mutation.
    pub mutation: &'static str,
    /// `ok` or the code of the refusal.
    pub outcome: &'static str,
}

/// What came of trying to send a mail.
#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Posted {
    pub(super) outcome: &'static str,
}
