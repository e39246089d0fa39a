//! Somebody who sends requests.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use entity::id::{DeviceId, SessionId, UserId};
use entity::{device, session, user};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use stoa::auth::token::Bearer;
use stoa::domain::account::register::{self, NewAccount};
use stoa::graphql::id::WireId;
use tower::ServiceExt;

use crate::{Answer, EventStream, World};

pub struct Person<'w> {
    world: &'w World,
    /// The TypeID; empty for nobody.
    pub id: String,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub token: Option<String>,
    /// Where the requests come from, and what sends them.
    client: Option<(IpAddr, String)>,
}

impl<'w> Person<'w> {
    pub(crate) fn anonymous(world: &'w World) -> Self {
        Self { world, id: String::new(), user: None, session: None, token: None, client: None }
    }

    pub(crate) async fn create(world: &'w World, username: &str, role: &str) -> Self {
        let account = NewAccount {
            username: username.to_owned(),
            display_name: None,
            email: Some(format!("{username}@people.test")),
            password_hash: None,
        };
        let id = world.clock.new_id();
        let row = register::create(&world.db, id, account, role, None, world.clock.now()).await.unwrap();
        Self::sign_in(world, row).await
    }

    pub(crate) async fn existing(world: &'w World, username: &str) -> Self {
        let named = Expr::col(user::Column::Username).eq(Expr::val(username).cast_as("citext"));
        let row = user::Entity::find().filter(named).one(&world.db).await.unwrap();
        Self::sign_in(world, row.unwrap_or_else(|| panic!("there is no {username}"))).await
    }

    /// A session without the sign-in, which has tests of its own.
    async fn sign_in(world: &'w World, row: user::Model) -> Self {
        let now = world.clock.now();
        let device = device::Model {
            id: DeviceId(world.clock.new_id()),
            user_id: row.id,
            fingerprint: world.clock.new_id().as_bytes().to_vec(),
            name: "Test program".to_owned(),
            platform: device::Platform::Script,
            trusted_until: None,
            version: 1,
            created_at: now,
            updated_at: now,
            last_seen_at: now,
        };
        let device = device.into_active_model().insert(&world.db).await.unwrap();
        let session = session::Model {
            id: SessionId(world.clock.new_id()),
            user_id: row.id,
            generation: 0,
            created_at: now,
            last_active_at: now,
            expires_at: now + chrono::TimeDelta::days(30),
            ended_at: None,
            end_reason: None,
            device_id: Some(device.id),
            address: None,
            idle_expires_at: now + chrono::TimeDelta::days(30),
            second_factor_at: None,
            impersonator_id: None,
            impersonation_reason: None,
            allows_writing: false,
        };
        let session = session.into_active_model().insert(&world.db).await.unwrap();
        let (token, _) = world.app.tokens.issue(Bearer { user: row.id, session: session.id }, now).unwrap();
        Self {
            world,
            id: row.id.encode().to_string(),
            user: Some(row.id),
            session: Some(session.id),
            token: Some(token),
            client: None,
        }
    }

    /// The same person with another token.
    pub fn with_token(&self, token: &str) -> Person<'w> {
        Person {
            world: self.world,
            id: self.id.clone(),
            user: self.user,
            session: self.session,
            token: Some(token.to_owned()),
            client: self.client.clone(),
        }
    }

    /// The same person at another address, with another program.
    pub fn from(mut self, address: &str, agent: &str) -> Person<'w> {
        self.client = Some((address.parse().unwrap(), agent.to_owned()));
        self
    }

    /// The same person before another process.
    pub fn at<'v>(&self, world: &'v World) -> Person<'v> {
        let (id, token, client) = (self.id.clone(), self.token.clone(), self.client.clone());
        Person { world, id, user: self.user, session: self.session, token, client }
    }

    /// Runs a document by POST, in the newer media type.
    pub async fn run(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        self.send(Request::post("/graphql").body(Body::from(body.to_string())).unwrap()).await
    }

    /// Runs a document by POST and takes the results as server-sent events.
    pub async fn follow(&self, query: &str, variables: Value) -> EventStream {
        self.follow_body(json!({ "query": query, "variables": variables })).await
    }

    /// The same with a body as it is.
    pub async fn follow_body(&self, body: Value) -> EventStream {
        let request = Request::post("/graphql").header(header::ACCEPT, "text/event-stream");
        let request = self.dress(request.body(Body::from(body.to_string())).unwrap());
        EventStream::new(self.world.router.clone().oneshot(request).await.unwrap())
    }

    /// Sends a request as this person. `Content-Type`, `Accept` and `Host` are filled in where they are missing.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.world.send(self.dress(request)).await
    }

    fn dress(&self, mut request: Request<Body>) -> Request<Body> {
        let headers = request.headers_mut();
        headers.entry(header::CONTENT_TYPE).or_insert_with(|| "application/json".parse().unwrap());
        headers.entry(header::ACCEPT).or_insert_with(|| "application/graphql-response+json".parse().unwrap());
        headers.entry(header::HOST).or_insert_with(|| "localhost".parse().unwrap());
        if let Some((address, agent)) = &self.client {
            headers.insert(header::USER_AGENT, agent.parse().unwrap());
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((*address, 4711))));
        }
        let headers = request.headers_mut();
        if let Some(token) = &self.token {
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        request
    }
}
