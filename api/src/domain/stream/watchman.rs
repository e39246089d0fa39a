//! Who notices that a writer is gone, in each serving process.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::rows;
use crate::app::App;
use crate::error::Result;
use crate::write::{self, Change};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Works until it is told to stop.
pub async fn work(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(cause) = look(&app).await {
            tracing::warn!(%cause, "messages without a writer could not be marked; it is tried again");
        }
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Marks every message whose writer has not been heard of in time, and removes what nobody reads any more; how many were
/// marked.
pub async fn look(app: &App) -> Result<usize> {
    let mut marked = 0;
    let now = app.clock.now();
    while write::by_service(app, |tx| {
        Box::pin(async move {
            let Some((id, conversation)) = rows::silent(tx, now).await? else { return Ok(None) };
            rows::interrupt(tx, id, now).await?;
            let after = json!({ "status": "interrupted" });
            Ok(Some(Change::new("message.interrupt", "message", id).within(conversation).after(after)))
        })
    })
    .await?
    {
        marked += 1;
    }
    rows::forget(&app.db, now).await?;
    Ok(marked)
}
