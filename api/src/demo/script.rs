//! The form in which conversations are written down: what [`super::texts`] is made of.

use entity::message::{FinishReason, Role, Status};
use entity::share::Level;

/// A conversation with everything that happens in it.
pub struct Script {
    /// Names it in ids; never changes.
    pub key: &'static str,
    pub owner: &'static str,
    pub title: Option<&'static str>,
    /// Days after the first day on which it begins.
    pub day: i64,
    pub place: Place,
    pub shares: &'static [(&'static str, Level)],
    pub turns: &'static [Turn],
}

/// Where its owner keeps it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Place {
    InUse,
    Archived,
    Trash,
}

/// One message. It answers the one before it, unless said otherwise.
#[derive(Clone, Copy)]
pub struct Turn {
    pub role: Role,
    pub text: &'static str,
    /// Who appended it; the owner if nobody is named.
    pub by: Option<&'static str>,
    pub parent: Parent,
    pub finish: Option<FinishReason>,
    pub edited: bool,
    pub calls: &'static [Call],
    pub status: Status,
}

/// What a message answers.
#[derive(Clone, Copy)]
pub enum Parent {
    Previous,
    /// The message at this position: another branch.
    At(usize),
    /// Nothing: another tree.
    Nothing,
}

/// A tool call of a message.
pub struct Call {
    pub tool: &'static str,
    pub arguments: Arguments,
    pub outcome: Outcome,
}

/// What the model produced for the tool.
pub enum Arguments {
    /// JSON, as text.
    Json(&'static str),
    Raw(&'static str),
}

/// How far the call is.
pub enum Outcome {
    Pending,
    Running,
    /// The result: JSON, as text.
    Succeeded(&'static str),
    Failed(&'static str),
    Cancelled,
}

const fn turn(role: Role, text: &'static str) -> Turn {
    Turn {
        role,
        text,
        by: None,
        parent: Parent::Previous,
        finish: None,
        edited: false,
        calls: &[],
        status: Status::Complete,
    }
}

/// Instructions to the model.
pub const fn system(text: &'static str) -> Turn {
    turn(Role::System, text)
}

/// A person speaks.
pub const fn user(text: &'static str) -> Turn {
    turn(Role::User, text)
}

/// The model answers.
pub const fn assistant(text: &'static str) -> Turn {
    let mut turn = turn(Role::Assistant, text);
    turn.finish = Some(FinishReason::Stop);
    turn
}

/// A tool's result as the model is shown it.
pub const fn tool(text: &'static str) -> Turn {
    turn(Role::Tool, text)
}

impl Turn {
    pub const fn by(mut self, username: &'static str) -> Self {
        self.by = Some(username);
        self
    }

    pub const fn after(mut self, position: usize) -> Self {
        self.parent = Parent::At(position);
        self
    }

    pub const fn alone(mut self) -> Self {
        self.parent = Parent::Nothing;
        self
    }

    /// It has not been written to its end.
    pub const fn unfinished(mut self, status: Status) -> Self {
        self.status = status;
        self.finish = None;
        self
    }

    pub const fn edited(mut self) -> Self {
        self.edited = true;
        self
    }

    pub const fn stopped(mut self, reason: FinishReason) -> Self {
        self.finish = Some(reason);
        self
    }

    pub const fn calls(mut self, calls: &'static [Call]) -> Self {
        self.calls = calls;
        self.finish = Some(FinishReason::ToolCalls);
        self
    }
}
