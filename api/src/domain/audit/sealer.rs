//! Who makes the links, in each serving process; one of them at a time.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::watch;

use super::rows::seals::{self, BATCH, Head};
use crate::app::App;
use crate::error::Result;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Looks between two lines of the log that say where the chain ends.
const LOOKS: u32 = 3600;

/// Works until it is told to stop, and then seals what is there.
pub async fn work(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    for look in 0_u32.. {
        if let Err(cause) = seal(&app).await {
            tracing::warn!(%cause, "the audit log could not be sealed; it is tried again");
        }
        let is_over = *stop.borrow();
        if is_over || look.is_multiple_of(LOOKS) {
            tell(&app).await;
        }
        if is_over {
            return;
        }
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Seals all that can be sealed now; how many rows that was.
pub async fn seal(app: &App) -> Result<usize> {
    let mut all = 0;
    loop {
        let sealed = seals::seal(&app.db, &app.chain, app.clock.now()).await?;
        all += sealed;
        if sealed < BATCH {
            return Ok(all);
        }
    }
}

/// Writes the end of the chain into the log: kept elsewhere, it shows a chain that was cut off.
async fn tell(app: &App) {
    match seals::head(&app.db).await {
        Ok(Some(head)) => tracing::info!(head = name(&head), "the audit log is sealed"),
        Ok(None) => {}
        Err(cause) => tracing::warn!(%cause, "the audit log's last seal could not be read"),
    }
}

/// A link as people write it down: its number, and the beginning of its hash.
pub fn name(head: &Head) -> String {
    format!("{}:{}", head.sequence, mark(&head.hash))
}

/// The first 16 bytes of a hash in base 64.
pub fn mark(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(&hash[..16])
}
