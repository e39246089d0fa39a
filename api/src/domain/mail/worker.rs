//! Who works the queue off, in each serving process.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use entity::mail;
use tokio::sync::watch;

use super::post::Failure;
use super::rows::{self, Outcome};
use crate::app::App;
use crate::domain::account::rows::confirmations;
use crate::error::Result;

/// The queue is looked at so often.
const PAUSE: Duration = Duration::from_secs(2);
/// So many addresses are looked up before what is due is sent.
const LOOKED_UP: u32 = 100;
/// After a first failure a mail waits so long, after each further one twice as long, up to the longest.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Works until it is told to stop, and then ends what it has begun.
pub async fn work(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(cause) = round(&app, &stop).await {
            tracing::warn!(%cause, "the queue of mail could not be worked off; it is tried again");
        }
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Looks up what was asked for addresses, and sends what is due; how many mails were sent.
pub async fn round(app: &App, stop: &watch::Receiver<bool>) -> Result<u64> {
    // Whoever asks for many keeps no mail from being sent.
    for _ in 0..LOOKED_UP {
        if *stop.borrow() || !confirmations::answer_reset_request(&app.db, &app.clock).await? {
            break;
        }
    }
    if !app.post.is_connected() {
        return Ok(0);
    }
    let given_up = rows::give_up(&app.db, app.clock.now()).await?;
    if given_up > 0 {
        tracing::error!(mails = given_up, "mail could not be delivered for a day and is given up");
    }
    let mut sent = 0;
    while !*stop.borrow() {
        let Some(mail) = rows::take(&app.db, app.clock.now()).await? else { break };
        let outcome = attempt(app, &mail).await?;
        sent += u64::from(outcome == Outcome::Sent);
        app.metrics.posted(match outcome {
            Outcome::Sent => "sent",
            Outcome::Later(_) => "later",
            Outcome::Dropped => "dropped",
        });
        rows::settle(&app.db, &mail, outcome, app.clock.now()).await?;
    }
    Ok(sent)
}

async fn attempt(app: &App, mail: &mail::Model) -> Result<Outcome> {
    let at = app.clock.now();
    // A token that opens nothing any more is not worth a mail.
    if let Some(confirmation) = mail.confirmation_id
        && !rows::is_live(&app.db, confirmation, at).await?
    {
        return Ok(Outcome::Dropped);
    }
    // Neither is what nobody can accept any more.
    if let Some(invitation) = mail.invitation_id
        && !rows::stands(&app.db, invitation, at).await?
    {
        return Ok(Outcome::Dropped);
    }
    Ok(match app.post.send(mail, &app.tokens).await {
        Ok(()) => Outcome::Sent,
        Err(Failure::Refused(code)) => {
            tracing::warn!(mail = %mail.id.0, code, "a mail was refused for good");
            Outcome::Dropped
        }
        Err(Failure::Later(why)) => {
            tracing::warn!(mail = %mail.id.0, attempts = mail.attempts, why, "a mail is tried again later");
            Outcome::Later(at + pause(mail.attempts))
        }
    })
}

fn pause(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_an_hour() {
        assert_eq!([1, 2, 3].map(pause), [30, 60, 120].map(TimeDelta::seconds));
        assert_eq!([8, 100, i32::MAX].map(pause), [LONGEST_PAUSE; 3]);
        assert_eq!(pause(0), FIRST_PAUSE);
    }
}
