//! Dataloader batches in waves: exactly one batch of each kind a level, always the same number of statements.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_graphql::runtime::Timer;
use futures_util::{
    StreamExt,
    future::BoxFuture,
    stream::FuturesUnordered,
    task::{FutureObj, Spawn, SpawnError},
};

/// The spawner and timer of a request's stock dataloader, `DataLoader::new(loader, waves.clone(), waves)`.
///
/// Nothing is spawned: batches wait in a queue until [`Waves::run`] finds that the request can go no further without
/// them and that nothing else of it is under way. So a batch has all keys of its level, whatever threads there are and
/// whichever statement answers first, and a request that is dropped takes its batches with it.
#[derive(Clone, Default)]
pub struct Waves {
    waiting: Arc<Mutex<VecDeque<FutureObj<'static, ()>>>>,
}

impl Waves {
    /// Runs `request` with its batches. A stream of events has to be driven by this too, each `next` of it: whoever awaits
    /// it otherwise waits for ever as soon as an event loads something.
    ///
    /// `busy` tells whether it waits for anything besides them; then no wave begins.
    pub async fn run<T>(&self, request: impl Future<Output = T>, busy: impl Fn() -> bool) -> T {
        let mut request = pin!(request);
        let mut wave = FuturesUnordered::new();
        poll_fn(|context| {
            loop {
                if let Poll::Ready(done) = request.as_mut().poll(context) {
                    return Poll::Ready(done);
                }
                while let Poll::Ready(Some(())) = wave.poll_next_unpin(context) {}
                if !wave.is_empty() || busy() {
                    return Poll::Pending;
                }
                // The last wave is over. What it brought may let the request go on, which this task has been woken for;
                // or the request has gone on already and asks for more.
                wave.extend(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
                if wave.is_empty() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}

impl Spawn for Waves {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(batch);
        Ok(())
    }
}

impl Timer for Waves {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}
