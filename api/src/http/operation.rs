//! What all transports do with an operation: find out who asks, and run it in time.

use std::future::Future;
use std::net::IpAddr;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, Value};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use futures_util::stream::BoxStream;
use tracing::Instrument;

use super::client_address::{self, ClientAddress};
use super::line::Line;
use super::params::Params;
use super::request_id::RequestId;
use super::{Server, introspection, origin};
use crate::access::Permission;
use crate::app::App;
use crate::auth::{self, Actor, Client, Credential, Shown};
use crate::database::Reader;
use crate::domain::account::register;
use crate::error::{Error, ErrorCode};
use crate::graphql::context::RequestContext;
use crate::graphql::engine::{Prepared, RequestError};
use crate::graphql::live::Delivery;
use crate::limits::Till;
use crate::telemetry::traces;

/// Names the user whom a key acts as, or who somebody in a home network is.
const USER_ID: &str = "x-user-id";

/// Who is behind a request's headers.
pub enum Who {
    Anonymous,
    Known(Credential),
}

impl From<Who> for Actor {
    fn from(who: Who) -> Self {
        match who {
            Who::Anonymous => Self::Anonymous,
            Who::Known(credential) => Self::User(credential.principal),
        }
    }
}

/// The value of the `Authorization` header. One that is not text is a bad credential, never none.
pub fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let value = headers.get(header::AUTHORIZATION).map(|value| value.to_str());
    value.transpose().map_err(|_| Error::BadCredential)
}

/// Whom a request names beside its credential. What is not text names nobody there is.
pub fn named(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_ID).map(|value| value.to_str().unwrap_or(""))
}

/// Who sent this request.
pub async fn actor(server: &Server, db: &Reader, parts: &Parts) -> Result<Who, Vec<RequestError>> {
    let who = async {
        let client = client(server, parts);
        let headers = &parts.headers;
        let shown = Shown { authorization: authorization(headers)?, user: named(headers), client: &client };
        authenticate(&server.app, db, shown).await
    };
    let found = who.await.map_err(|error| vec![as_request_error(&error)])?;
    Ok(found.map_or(Who::Anonymous, Who::Known))
}

/// Who shows this. The account behind the pair of an old installation is made when it is first needed.
pub async fn authenticate(app: &App, db: &Reader, shown: Shown<'_>) -> Result<Option<Credential>, Error> {
    match auth::authenticate(db, app.door(), shown).await {
        Err(Error::NoDefaultAccount) => {
            register::default_account(app).await?;
            auth::authenticate(db, app.door(), shown).await
        }
        found => found,
    }
}

/// Who asks, and from where.
#[derive(Clone)]
pub struct Asker {
    pub actor: Actor,
    pub client: Client,
}

/// Where a request comes from.
pub fn client(server: &Server, parts: &Parts) -> Client {
    let is_trusted = origin::is_allowed(&parts.headers, &server.allowed_origins);
    let address = address(parts);
    let is_proxy = address.is_some_and(|address| client_address::is_trusted(address, &server.trusted_proxies));
    Client::new(address, &parts.headers).behind_page(is_trusted).behind_proxy(is_proxy)
}

/// The same for a request whose answer can set cookies. They do not count for pages that may not use the service: no
/// other site acts in the name of whoever visits it. Nor for one that may: its browser would never send them back.
pub fn client_with_cookies(server: &Server, parts: &Parts) -> Client {
    let client = client(server, parts);
    match parts.method == Method::POST && client.is_trusted_page() && !origin::is_of_another_site(&parts.headers) {
        true => client.with_cookies(&parts.headers),
        false => client,
    }
}

/// The address where a request comes from.
pub fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().map(|address| address.0)
}

/// Who may not see what happens inside is refused before anything is paid: nobody wonders where the figures are.
fn may_debug(asker: &Asker, params: &Params) -> Result<(), Vec<RequestError>> {
    if params.debug {
        asker.actor.require(Permission::OperationsInspect).map_err(|error| vec![as_request_error(&error)])?;
    }
    Ok(())
}

/// Who changes something is looked up in any case: what was believed a moment ago does not do.
async fn as_of_now(
    server: &Server,
    db: &Reader,
    actor: Actor,
    prepared: &Prepared,
) -> Result<Actor, Vec<RequestError>> {
    match actor {
        Actor::User(principal) if principal.remembered && prepared.kind() == OperationType::Mutation => {
            let found = auth::again(db, &server.app.clock, &principal).await;
            found.map(Actor::User).map_err(|error| vec![as_request_error(&error)])
        }
        actor => Ok(actor),
    }
}

/// Prices and runs a query or a mutation, or only prices it. The bill is in the line also when it fails later.
pub async fn run(
    server: &Server,
    id: &RequestId,
    prepared: &Prepared,
    params: Params,
    line: &mut Line,
) -> Result<Response, Vec<RequestError>> {
    let span = line.span(id);
    let outcome = priced(server, id, prepared, params, line).instrument(span.clone()).await;
    match &outcome {
        Ok(response) if response.errors.is_empty() => {}
        Ok(_) => traces::failed(&span, "errors"),
        Err(errors) => traces::failed(&span, code(errors)),
    }
    outcome
}

async fn priced(
    server: &Server,
    id: &RequestId,
    prepared: &Prepared,
    params: Params,
    line: &mut Line,
) -> Result<Response, Vec<RequestError>> {
    let (asker, db) = (line.asker.clone(), line.reader(&params));
    introspection::check(server.introspection, &asker.actor, prepared)?;
    let asker = Asker { actor: as_of_now(server, &db, asker.actor, prepared).await?, ..asker };
    may_debug(&asker, &params)?;
    let ready = server.engine.ready(prepared, params.variables)?;
    let till = Till::new(&server.app, server.engine.types(), &ready, &asker.actor, asker.client.address);
    let bill = &mut line.bill;
    let mut response = if params.dry_run {
        *bill = Some(till.quote().await);
        Response::new(Value::Object(Default::default()))
    } else {
        till.pay(bill).await.map_err(|error| vec![error])?;
        let context = RequestContext::new(server.app.clone(), asker.actor, asker.client, db.clone(), id.0.clone());
        if prepared.kind() == OperationType::Query {
            db.hold();
        }
        let response = context.run(&server.engine, &ready).await;
        db.release();
        let response = response?;
        if let Some(refusal) = refused_throughout(&response) {
            return Err(vec![refusal]);
        }
        till.settle(bill, &response.data).await;
        response
    };
    if let Some(bill) = bill {
        response.extensions.insert("cost".into(), bill.value());
    }
    Ok(response)
}

/// The refusal of a request of which nothing is answered because somebody guessed wrong too often: no partial answer.
fn refused_throughout(response: &Response) -> Option<RequestError> {
    let [error] = response.errors.as_slice() else { return None };
    let told = |name: &str| error.extensions.as_ref().and_then(|extensions| extensions.get(name)).cloned();
    let is_limited = told("code") == Some(ErrorCode::RateLimited.name().into());
    let is_empty = matches!(&response.data, Value::Object(roots) if roots.values().all(|root| *root == Value::Null));
    let Some(Value::Number(seconds)) = told("retryAfter") else { return None };
    let refusal = RequestError::new(ErrorCode::RateLimited, error.message.clone());
    (is_limited && is_empty).then_some(RequestError { retry_after: seconds.as_u64(), ..refusal })
}

/// Begins a subscription. Its price, that of one event, is paid now and once.
pub async fn stream(
    server: &Server,
    id: &RequestId,
    prepared: &Prepared,
    params: Params,
    line: &mut Line,
) -> Result<BoxStream<'static, Delivery>, Vec<RequestError>> {
    let span = line.span(id);
    let begun = begun(server, id, prepared, params, line).instrument(span.clone()).await;
    if let Err(errors) = &begun {
        traces::failed(&span, code(errors));
    }
    begun
}

async fn begun(
    server: &Server,
    id: &RequestId,
    prepared: &Prepared,
    params: Params,
    line: &mut Line,
) -> Result<BoxStream<'static, Delivery>, Vec<RequestError>> {
    if params.dry_run || params.debug {
        let message = "`dryRun` and `debug` are for queries and mutations.";
        return Err(vec![RequestError::new(ErrorCode::BadRequest, message)]);
    }
    let (asker, db) = (line.asker.clone(), line.reader(&params));
    let ready = server.engine.ready(prepared, params.variables)?;
    let till = Till::new(&server.app, server.engine.types(), &ready, &asker.actor, asker.client.address);
    till.pay(&mut line.bill).await.map_err(|error| vec![error])?;
    let context = RequestContext::new(server.app.clone(), asker.actor, asker.client, db, id.0.clone());
    Ok(context.stream(&server.engine, &ready))
}

/// The code by which a refusal is counted.
pub fn code(errors: &[RequestError]) -> &'static str {
    errors.first().map_or("none", |error| error.code.name())
}

/// Ends what takes longer than a request may.
pub async fn in_time<T>(
    server: &Server,
    run: impl Future<Output = Result<T, Vec<RequestError>>>,
) -> Result<T, Vec<RequestError>> {
    match tokio::time::timeout(server.request_timeout, run).await {
        Ok(result) => result,
        Err(_) => Err(vec![RequestError::new(ErrorCode::Timeout, Error::Timeout.to_string())]),
    }
}

/// One of our errors as the refusal of a request; the cause of an internal one goes to the log.
pub fn as_request_error(error: &Error) -> RequestError {
    if let Error::Internal(cause) = error {
        tracing::error!(cause = format!("{cause:#}"), "internal error");
    }
    let permission = match error {
        Error::MissingPermission(permission) => Some(permission.name()),
        _ => None,
    };
    let retry_after = match error {
        Error::TooManyAttempts { seconds } => Some(*seconds),
        _ => None,
    };
    RequestError { permission, retry_after, ..RequestError::new(error.code(), error.to_string()) }
}
