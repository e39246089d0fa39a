//! What a transport gets of a subscription, whichever transport it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::Response;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::engine::Waves;
use crate::database::Reader;
use crate::error::Error;

/// One thing to tell the client.
#[derive(Debug)]
pub enum Delivery {
    /// An event, perhaps with errors inside.
    Event(Response),
    /// There are no events, or no more: the response has nothing but errors. It is the last delivery.
    Refused(Response),
    /// As refused, because the session or the account behind it has ended: nothing else on this connection is allowed
    /// any more either.
    SignedOut(Response),
}

/// Where a subscription stands. Its resolver says so, the deliveries are made from it.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: AtomicBool,
    ended: OnceLock<Error>,
}

impl Live {
    /// Everything was found well, events will come: what goes wrong now is an event's own fault.
    pub fn begin(&self) {
        self.0.begun.store(true, Ordering::Relaxed);
    }

    /// The next response, which has this error, is the last.
    pub fn end(&self, error: Error) {
        self.0.ended.get_or_init(|| error);
    }

    fn judge(&self, response: Response) -> Delivery {
        match self.0.ended.get() {
            Some(Error::BadCredential | Error::Unauthenticated) => Delivery::SignedOut(response),
            Some(_) => Delivery::Refused(response),
            None if !self.0.begun.load(Ordering::Relaxed) => Delivery::Refused(response),
            None => Delivery::Event(response),
        }
    }
}

/// The responses of a subscription as deliveries; each is waited for together with the batches that it needs.
pub(super) fn deliveries(
    events: BoxStream<'static, Response>,
    waves: Waves,
    db: Reader,
    live: Live,
) -> BoxStream<'static, Delivery> {
    let deliveries = stream::unfold(Some(events), move |events| {
        let (waves, db, live) = (waves.clone(), db.clone(), live.clone());
        async move {
            let mut events = events?;
            let response = waves.run(events.next(), || db.is_busy()).await?;
            let delivery = live.judge(response);
            let more = matches!(delivery, Delivery::Event(_)).then_some(events);
            Some((delivery, more))
        }
    });
    deliveries.boxed()
}
