//! What `extensions.debug` tells whoever may know it: where the time of a request went.
//!
//! | | |
//! |---|---|
//! | `statements` | how many SQL statements were made, the one for the credential included |
//! | `statementTime` | their times added up; some run side by side |
//! | `totalTime` | from the request's last byte to the answer, which then still has to be written |
//! | `cached` | whether the document had been prepared for an earlier request |
//! | `resolvers` | `field`, `calls` and `milliseconds`: see [`Profile`]; the 20 that took longest |
//! | `loaders` | `name`, `batches` and `keys` |
//! | `slowestStatement` | `shape`, `milliseconds` and `rows`; null if there was no statement |
//!
//! Times are milliseconds. No value of the request or of the data is in it: shapes have parameters where values go.

use async_graphql::Value;
use serde_json::json;

use super::engine::{Prepared, Profile};
use crate::database::{Reader, Record};

/// Fields that are told.
const RESOLVERS: usize = 20;

/// The content of `extensions.debug`.
pub fn report(db: &Reader, record: &Record, profile: &Profile, prepared: &Prepared) -> Value {
    let sums = record.sums();
    let resolvers = profile.longest(RESOLVERS).into_iter().map(
        |timing| json!({ "field": timing.field, "calls": timing.calls, "milliseconds": rounded(timing.milliseconds) }),
    );
    let loaders =
        sums.loaders.iter().map(|(name, (batches, keys))| json!({ "name": name, "batches": batches, "keys": keys }));
    let slowest = sums.slowest.as_ref().map(|slowest| {
        json!({ "shape": slowest.shape, "milliseconds": rounded(slowest.milliseconds), "rows": slowest.rows })
    });
    let report = json!({
        "statements": db.statements(),
        "statementTime": rounded(sums.milliseconds),
        "totalTime": rounded(record.milliseconds()),
        "cached": prepared.was_cached(),
        "resolvers": resolvers.collect::<Vec<_>>(),
        "loaders": loaders.collect::<Vec<_>>(),
        "slowestStatement": slowest,
    });
    Value::from_json(report).unwrap_or_default()
}

/// Microseconds are as fine as it makes sense.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}
