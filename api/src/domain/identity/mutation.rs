//! Beginning a sign-in with another provider; linking and unlinking identities.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use entity::id::{IdentityId, SignInFlowId};
use entity::security_event::Kind;
use entity::sign_in_flow;
use serde_json::{Value, json};

use super::flow::{self, Given, Person};
use super::object::Identity;
use super::{policy, rows};
use crate::app::App;
use crate::auth::Actor;
use crate::auth::flow::Flow;
use crate::domain::account::confirm::{self, Confirmed};
use crate::domain::second_factor::step_up;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, UserError, violated_constraint};
use crate::federation::Trouble;
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, open, requiresSession};
use crate::graphql::payload::{payloads, refusable};
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call, Change, Snapshot, Tx};

/// For so long a sign-in that was begun can be completed.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// With whom to sign in.
#[derive(InputObject)]
pub struct BeginFederatedSignInInput {
    /// The name of one of `signInProviders`.
    provider: String,
    /// The page of the frontend that the provider sends the browser back to; one of those that the operator allows.
    redirect_uri: String,
    /// One's password, where somebody signed in begins, who has one: it is to link an identity to their account. Without a
    /// password the session must be at most 15 minutes old.
    current_password: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters. Not looked at where nobody is signed in: each
    /// call begins a sign-in of its own then.
    idempotency_key: Option<String>,
}

/// What came back with the browser.
#[derive(InputObject)]
pub struct LinkIdentityInput {
    /// What `beginFederatedSignIn` answered to the same user, kept by the client meanwhile.
    flow_token: String,
    /// The parameter `state` of the address that the provider sent the browser to.
    state: String,
    /// Its parameter `code`.
    code: String,
    /// Its parameter `iss`, if there is one (RFC 9207).
    iss: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which identity to sign in with no more.
#[derive(InputObject)]
pub struct UnlinkIdentityInput {
    /// One of one's own.
    identity_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// The answer to `beginFederatedSignIn`.
#[derive(Default, SimpleObject)]
pub struct BeginFederatedSignInPayload {
    /// Where to send the browser.
    pub authorization_url: Option<String>,
    /// Keep it in this browser (`sessionStorage`) and send it with what comes back: without it nothing is completed.
    pub flow_token: Option<String>,
    /// Until when the sign-in can be completed.
    pub expires_at: Option<DateTime>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
    #[graphql(skip)]
    flow: Option<sign_in_flow::Model>,
}

refusable!(BeginFederatedSignInPayload);

/// Everything in it is made of the sign-in's id, so only that is recorded.
impl Snapshot for BeginFederatedSignInPayload {
    fn take(&self) -> Result<Value, Error> {
        serde_json::to_value(&self.flow).map_err(Error::internal)
    }

    async fn restore(_: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        let row: sign_in_flow::Model = serde_json::from_value(snapshot).map_err(Error::internal)?;
        let url = address(app, &row).await?;
        Ok(Self::of(app, row, url))
    }
}

impl BeginFederatedSignInPayload {
    fn of(app: &App, row: sign_in_flow::Model, url: String) -> Self {
        Self {
            authorization_url: Some(url),
            flow_token: Some(Flow::of(row.id, &app.tokens).token()),
            expires_at: Some(row.expires_at.into()),
            user_errors: Vec::new(),
            flow: Some(row),
        }
    }
}

payloads! {
    /// The answer to `linkIdentity`.
    LinkIdentityPayload {
        /// The identity, with which one can sign in from now on.
        identity: Identity,
    }
    /// The answer to `unlinkIdentity`.
    UnlinkIdentityPayload {
        /// The id of what is gone.
        deleted_identity_id: ID,
    }
}

#[derive(Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// Begins a sign-in with another provider (OpenID Connect). Send the browser to `authorizationUrl`; with what comes back
    /// to `redirectUri` call `completeFederatedSignIn` within ten minutes. Begun by somebody signed in it is for
    /// `linkIdentity` instead and needs a session and their password, or a session that has just begun where there is none,
    /// else `WRONG_CREDENTIALS`. A provider that is
    /// none is `NOT_FOUND`, a page that is not allowed `INVALID`; one that does not answer is `UNAVAILABLE`. Open to
    /// everybody.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn begin_federated_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With whom, and where to come back.")] input: BeginFederatedSignInInput,
    ) -> Result<Option<BeginFederatedSignInPayload>> {
        let cx = cx(ctx);
        // Strangers have no space of keys of their own: one's answer, with its token, would be another's.
        let key = input.idempotency_key.clone().filter(|_| matches!(cx.actor(), Actor::User(_)));
        let call = Call::of(cx, "beginFederatedSignIn", &input, &key);
        let app = cx.app.clone();
        let payload = write::run(cx, call, begun(cx, input).await, move |tx, begun| {
            Box::pin(async move {
                let Begun { flow, url, confirmed } = begun;
                if let Some(confirmed) = confirmed {
                    let viewer = *tx.actor.principal()?;
                    let row = user_rows::find_for_update(tx, &viewer, viewer.user).await?.ok_or(Error::NotFound)?;
                    confirmed.holds_for(&row)?;
                }
                let row = rows::insert_flow(tx, flow).await?;
                let change = Change::new("identity.begin", "sign_in_flow", row.id);
                tx.record(change.after(json!({ "provider": row.provider }))).await?;
                Ok(BeginFederatedSignInPayload::of(&app, row, url))
            })
        });
        Ok(payload.await?)
    }

    /// Links an identity to one's own account: one can sign in with it from now on. The sign-in must have been begun by the
    /// same user; everything that is wrong with it is `WRONG_CREDENTIALS`, without saying what. An identity of somebody else
    /// is a `CONFLICT`. The owner is told. Needs a session, and a recent second
    /// factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn link_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: LinkIdentityInput,
    ) -> Result<Option<LinkIdentityPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "linkIdentity", &input, &input.idempotency_key);
        let given = Given { flow_token: input.flow_token, state: input.state, code: input.code, iss: input.iss };
        // Refused only in the transaction: a call that is repeated is answered alike, although it counts once.
        let draft = flow::complete(cx, given, Some(cx.viewer()?.user)).await;
        let payload = write::run(cx, call, draft, |tx, person| {
            Box::pin(async move {
                let identity = Some(link(tx, person.ok_or_else(flow::worthless)?).await?);
                Ok(LinkIdentityPayload { identity, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes an identity from one's own account: one cannot sign in with it any more. The last way in (no password, no other
    /// identity) is a `CONFLICT`. The owner is told; sessions go on. Needs a session, and a
    /// recent second factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn unlink_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: UnlinkIdentityInput,
    ) -> Result<Option<UnlinkIdentityPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "unlinkIdentity", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id: IdentityId = checks.id(&["identityId"], &input.identity_id);
        let app = cx.app.clone();
        let payload = write::run(cx, call, checks.done().map(|()| id), move |tx, id| {
            Box::pin(async move {
                unlink(tx, &app, id).await?;
                Ok(UnlinkIdentityPayload { deleted_identity_id: Some(input.identity_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

/// A sign-in that is to be written down.
struct Begun {
    flow: sign_in_flow::Model,
    url: String,
    /// Of somebody signed in, who is going to link an identity.
    confirmed: Option<Confirmed>,
}

async fn begun(cx: &RequestContext, input: BeginFederatedSignInInput) -> Result<Begun, Error> {
    let provider = cx.app.providers.get(&input.provider);
    let provider = provider.ok_or_else(|| Error::refused(UserError::not_found(&["provider"])))?;
    if !provider.may_return_to(&input.redirect_uri) {
        let message = "People may not come back to this address: the operator has a list.";
        return Err(Error::refused(UserError::invalid(&["redirectUri"], message)));
    }
    let (user, confirmed) = match cx.actor() {
        Actor::User(viewer) => (Some(viewer.user), Some(confirm::own(cx, input.current_password).await?)),
        Actor::Anonymous => (None, None),
    };
    let at = cx.app.clock.now();
    let flow = sign_in_flow::Model {
        id: SignInFlowId(cx.app.clock.new_id()),
        provider: input.provider,
        redirect_uri: input.redirect_uri,
        user_id: user,
        created_at: at,
        expires_at: at + LIFETIME,
        used_at: None,
    };
    let url = address(&cx.app, &flow).await?;
    Ok(Begun { flow, url, confirmed })
}

/// Where a sign-in goes on.
async fn address(app: &App, row: &sign_in_flow::Model) -> Result<String, Error> {
    let provider = app.providers.get(&row.provider).ok_or(Error::ProviderUnavailable)?;
    let url = provider.authorization_url(Flow::of(row.id, &app.tokens), &row.redirect_uri).await;
    url.map_err(|trouble| match trouble {
        Trouble::Worthless | Trouble::Unavailable => Error::ProviderUnavailable,
    })
}

async fn link(tx: &Tx, person: Person) -> Result<Identity, Error> {
    step_up::require(tx).await?;
    let viewer = *tx.actor.principal()?;
    if let Some(mine) = rows::find(tx, &person.name).await?.filter(|row| row.user_id == viewer.user) {
        tx.unchanged();
        return Ok(mine.into());
    }
    let linked = rows::insert(tx, tx.new_id(), viewer.user, person.name, tx.at).await;
    let row = linked.map_err(|cause| match violated_constraint(&cause) {
        Some("identities_subject_key") => {
            Error::refused(UserError::conflict(&[], "This identity belongs to another account."))
        }
        _ => cause.into(),
    })?;
    tx.alert(viewer.user, Kind::IdentityLinked, None).await?;
    let change = Change::new("identity.link", "user", viewer.user);
    tx.record(change.after(json!({ "identity": row.id, "provider": row.provider }))).await?;
    Ok(row.into())
}

async fn unlink(tx: &Tx, app: &App, id: IdentityId) -> Result<(), Error> {
    step_up::require(tx).await?;
    let viewer = *tx.actor.principal()?;
    // The account is held: two that go at once do not take each other for the one that stays.
    let user = user_rows::find_for_update(tx, &viewer, viewer.user).await?.ok_or(Error::NotFound)?;
    let row = rows::find_for_change(tx, &viewer, id).await?;
    let row = row.ok_or_else(|| Error::refused(UserError::not_found(&["identityId"])))?;
    let providers = app.providers.all().iter().map(|provider| provider.name().to_owned()).collect();
    let others = rows::count_others(tx, user.id, id, providers).await?;
    policy::may_unlink(user.password_hash.is_some(), others)?;
    rows::delete(tx, id).await?;
    tx.alert(user.id, Kind::IdentityUnlinked, None).await?;
    let change = Change::new("identity.unlink", "user", user.id);
    tx.record(change.before(json!({ "identity": id, "provider": row.provider }))).await
}
