//! What a resolver knows: the actor, the reading side of the database, the loaders, and the service around them.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Response};
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};

use super::along::Came;
use super::debug;
use super::engine::{Deprecations, Prepared, Profile, Ready, RequestError, Waves};
use super::live::{Delivery, Live, deliveries};
use super::schema::StoaEngine;
use crate::app::App;
use crate::auth::{self, Actor, Client, Principal};
use crate::database::Reader;
use crate::error::{Error, Result};

/// The context of one request.
pub struct RequestContext {
    pub app: Arc<App>,
    acting: Acting,
    /// Where the request comes from.
    pub client: Client,
    pub db: Reader,
    pub request_id: String,
    loader: DataLoader<Loads>,
    waves: Waves,
    /// What the transport learns of a subscription.
    pub live: Live,
    deprecations: Option<Arc<Deprecations>>,
    pub(super) came: Came,
}

/// Who acts: whom the credential named, whoever a mutation of this very request has signed in, or, in a subscription,
/// the same person as they are by now.
#[derive(Clone)]
struct Acting(Arc<Mutex<Actor>>);

impl Acting {
    fn actor(&self) -> Actor {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, principal: Principal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Actor::User(principal);
    }
}

/// The one loader of a request. Each noun's `loader.rs` teaches it keys; every batch is read as this actor.
pub struct Loads {
    pub db: Reader,
    acting: Acting,
}

impl Loads {
    pub fn viewer(&self) -> Result<Principal> {
        self.acting.actor().principal().copied()
    }
}

impl RequestContext {
    pub fn new(app: Arc<App>, credential: Actor, client: Client, db: Reader, request_id: String) -> Self {
        let acting = Acting(Arc::new(Mutex::new(credential)));
        let loads = Loads { db: db.clone(), acting: acting.clone() };
        let waves = Waves::default();
        let loader = DataLoader::new(loads, waves.clone(), waves.clone()).max_batch_size(10_000);
        let (live, came) = Default::default();
        Self { app, acting, client, db, request_id, loader, waves, live, deprecations: None, came }
    }

    /// Runs an operation in this context: the one way from a request to the schema.
    pub async fn execute(
        self,
        engine: &StoaEngine,
        prepared: &Prepared,
        variables: Map<String, Value>,
    ) -> Result<Response, Vec<RequestError>> {
        self.run(engine, &engine.ready(prepared, variables)?).await
    }

    /// The same for what is ready. With a reader that records, the response says in `extensions.debug` what was done.
    ///
    /// A query in which something fails runs twice: see `engine/bare.rs`. The second time it has a context of its own, as
    /// the loader of the first may have been left in the middle.
    pub async fn run(mut self, engine: &StoaEngine, ready: &Ready) -> Result<Response, Vec<RequestError>> {
        self.runs(engine, ready);
        if self.db.meter().record().is_some() || ready.prepared().kind() != OperationType::Query {
            return self.run_exactly(engine, ready).await;
        }
        let again = self.afresh();
        let (waves, db) = (self.waves.clone(), self.db.clone());
        let run = engine.run_bare(ready, |request| request.data(self));
        match waves.run(run, || db.is_busy()).await {
            Ok(response) => Ok(response),
            Err(failed) => {
                let response = again().run_exactly(engine, ready).await;
                if response.as_ref().is_ok_and(Response::is_ok) {
                    engine.note(failed);
                }
                response
            }
        }
    }

    async fn run_exactly(self, engine: &StoaEngine, ready: &Ready) -> Result<Response, Vec<RequestError>> {
        let (waves, db) = (self.waves.clone(), self.db.clone());
        let Some(record) = db.meter().record() else {
            return waves.run(engine.run(ready, |request| request.data(self)), || db.is_busy()).await;
        };
        let profile = Profile::default();
        let run = engine.run(ready, |request| request.data(self).data(profile.clone()));
        let mut response = waves.run(run, || db.is_busy()).await?;
        response.extensions.insert("debug".to_owned(), debug::report(&db, record, &profile, ready.prepared()));
        Ok(response)
    }

    /// Makes another context of the same request, in which nothing has run.
    fn afresh(&self) -> Box<dyn FnOnce() -> Self + Send> {
        let (app, actor, client) = (self.app.clone(), self.actor(), self.client.clone());
        let (db, request_id) = (self.db.clone(), self.request_id.clone());
        let deprecations = self.deprecations.clone();
        Box::new(move || Self { deprecations, ..Self::new(app, actor, client, db, request_id) })
    }

    /// Runs a subscription in this context, one delivery for each event. What the events load comes in batches, too: each
    /// `next` is driven by the waves. Nothing runs between two calls of it.
    pub fn stream(mut self, engine: &StoaEngine, ready: &Ready) -> BoxStream<'static, Delivery> {
        self.runs(engine, ready);
        let (waves, db, live) = (self.waves.clone(), self.db.clone(), self.live.clone());
        let events = engine.run_stream(ready, |request| request.data(self));
        deliveries(events, waves, db, live)
    }

    /// Notes what has to be known of an operation that begins.
    fn runs(&mut self, engine: &StoaEngine, ready: &Ready) {
        self.deprecations = Some(engine.deprecations().clone());
        let name = ready.prepared().operation_name();
        self.app.deprecated_uses.record(ready.deprecated(), &self.actor(), name);
    }

    /// Why the schema calls this element deprecated; nothing if it does not.
    pub fn deprecation(&self, coordinate: &str) -> Option<&str> {
        self.deprecations.as_ref()?.reason(coordinate)
    }

    pub fn actor(&self) -> Actor {
        self.acting.actor()
    }

    /// The signed-in person; guards have made sure of one wherever this is asked.
    pub fn viewer(&self) -> Result<Principal> {
        self.actor().principal().copied()
    }

    /// From now on this request acts as `principal`, so that the answer to a sign-in can show the user's own fields.
    pub fn become_signed_in(&self, principal: Principal) {
        self.acting.replace(principal);
    }

    /// Looks up who acts as if they had just come: the session may be over by now, and permissions may have changed. From
    /// here on the subscription acts as that.
    pub async fn look_again(&self) -> Result<Principal> {
        let principal = auth::again(&self.db, &self.app.clock, &self.viewer()?).await?;
        self.acting.replace(principal);
        Ok(principal)
    }

    /// What is under `key`, read together with everything else that this level of the document asks for.
    pub async fn load<K>(&self, key: K) -> Result<Option<<Loads as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loads: Loader<K, Error = Error>,
    {
        self.loader.load_one(key).await
    }

    /// What is under each of `keys`.
    pub async fn load_many<K>(&self, keys: Vec<K>) -> Result<HashMap<K, <Loads as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loads: Loader<K, Error = Error>,
    {
        self.loader.load_many(keys).await
    }
}

/// A loader key: something under `parent`, with the arguments of the field. Its hash is the parent's: those who ask for
/// the same field under many parents have the same arguments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Under<P, A> {
    pub parent: P,
    pub args: A,
}

/// A loader key: how many rows there are under `parent`, with the arguments of the field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CountUnder<P, A> {
    pub parent: P,
    pub args: A,
}

impl<P: Hash, A> Hash for Under<P, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
    }
}

impl<P: Hash, A> Hash for CountUnder<P, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
    }
}

/// The context of the running request.
pub fn cx<'c>(ctx: &Context<'c>) -> &'c RequestContext {
    ctx.data_unchecked::<RequestContext>()
}
