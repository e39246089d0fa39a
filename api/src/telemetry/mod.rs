//! What whoever keeps an installation running gets to see besides the log: metrics ([`Metrics`]) and traces
//! ([`traces`]).
//!
//! Nothing here is global: each service has its own metrics. No label holds what belongs to one person: no ids, no
//! addresses, no variables. What a stranger can choose, such as an operation's name, is a label only within bounds
//! (`operations.rs`).

mod fields;
mod labels;
mod metrics;
mod operations;
mod process;
mod sample;
pub mod traces;

pub use self::fields::PlainFields;
pub use self::labels::{Admission, Kind, Transport};
pub use self::metrics::{MEDIA, Metrics, Open, Spent, Step};
pub use self::operations::{Finished, shown};
pub use self::sample::Sample;
