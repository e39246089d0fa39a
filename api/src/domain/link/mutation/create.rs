//! Making a link.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use entity::id::{ConversationId, MessageId, ShareId};
use entity::share::{Audience, Model};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::Permission;
use crate::app::App;
use crate::domain::link::rows::{self, Frozen, Link};
use crate::domain::share::object::Share;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::{conversation, message, share};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::refusable;
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call, Change, Snapshot, Tx};

/// How the secrets of links begin.
const PREFIX: &str = "stoa_ln_";

/// The hash under which a secret is kept; nothing for what is none.
pub fn hash(token: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == 32).then(|| Sha256::digest(bytes).to_vec())
}

/// The secret of a link: made of its id and this service's key, so that a repeated call gets it again.
fn token_of(app: &App, id: ShareId) -> String {
    let bytes = app.tokens.keyed_hash(&[b"link\0", id.0.as_bytes()]);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What a link is to show, and for how long.
#[derive(InputObject)]
pub struct CreateShareLinkInput {
    /// The conversation, with the level MANAGE.
    conversation_id: ID,
    /// Shows the messages up to this one as they are now, and nothing that is written or edited later. Without it the link
    /// shows the conversation as it is when somebody looks.
    frozen_at_message_id: Option<ID>,
    /// Whether readers may take a copy.
    #[graphql(default = false)]
    allows_fork: bool,
    /// Whether messages with the role SYSTEM are hidden.
    #[graphql(default = true)]
    hides_system_prompts: bool,
    /// Whether arguments, results and errors of tool calls, and messages with the role TOOL, are hidden.
    #[graphql(default = true)]
    hides_tool_data: bool,
    /// When the link ends by itself: later than now. Never if left out.
    expires_at: Option<DateTime>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// The answer to `createShareLink`.
#[derive(Default, SimpleObject)]
pub struct CreateShareLinkPayload {
    /// The secret, for the end of an address of your frontend. Whoever has it reads. It is shown only here.
    pub token: Option<String>,
    /// The share, by whose id the link is taken back with `revokeShare`.
    pub share: Option<Share>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
}

refusable!(CreateShareLinkPayload);

/// The secret is made of the share's id, so it is not recorded.
impl Snapshot for CreateShareLinkPayload {
    fn take(&self) -> Result<Value, Error> {
        serde_json::to_value(&self.share).map_err(Error::internal)
    }

    async fn restore(_: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        let share: Share = serde_json::from_value(snapshot).map_err(Error::internal)?;
        Ok(Self::of(app, share))
    }
}

impl CreateShareLinkPayload {
    fn of(app: &App, share: Share) -> Self {
        Self { token: Some(token_of(app, share.0.id)), share: Some(share), user_errors: Vec::new() }
    }
}

struct Draft {
    conversation: ConversationId,
    frozen_at: Option<MessageId>,
    expires_at: Option<chrono::DateTime<Utc>>,
    allows_fork: bool,
    hides_system_prompts: bool,
    hides_tool_data: bool,
}

impl CreateShareLinkInput {
    fn parse(&self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let frozen_at = self.frozen_at_message_id.as_ref().map(|id| checks.id(&["frozenAtMessageId"], id));
        checks.done()?;
        Ok(Draft {
            conversation,
            frozen_at,
            expires_at: self.expires_at.as_ref().map(|at| at.0),
            allows_fork: self.allows_fork,
            hides_system_prompts: self.hides_system_prompts,
            hides_tool_data: self.hides_tool_data,
        })
    }
}

#[derive(Default)]
pub struct CreateLink;

#[Object]
impl CreateLink {
    /// Makes a link to a conversation: whoever has it reads, signed in or not. `revokeShare` takes it back; from then on it
    /// looks like one that never was. Needs `shares:write` and the level MANAGE.
    #[graphql(guard = "Requires(Permission::SharesWrite)", directive = requiresPermission::apply(Permission::SharesWrite))]
    async fn create_share_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it shows.")] input: CreateShareLinkInput,
    ) -> Result<Option<CreateShareLinkPayload>> {
        let call = Call::of(cx(ctx), "createShareLink", &input, &input.idempotency_key);
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, input.parse(), move |tx, draft| {
            Box::pin(async move { Ok(CreateShareLinkPayload::of(&app, create(tx, &app, draft).await?)) })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, app: &App, draft: Draft) -> Result<Share, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation::rows::find_for_update(tx, viewer, draft.conversation).await?;
    let (talk, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    share::policy::may_share(viewer, level)?;
    ThingAction::Share.allow(Kind::Conversation, level)?;
    conversation::policy::outside_trash(&talk, &["conversationId"])?;
    if draft.expires_at.is_some_and(|at| at <= tx.at) {
        return Err(Error::refused(UserError::invalid(&["expiresAt"], "Later than now.")));
    }
    let frozen = match draft.frozen_at {
        None => None,
        Some(id) => {
            let last = message::rows::find(tx, viewer, id).await?.filter(|row| row.conversation_id == talk.id);
            let last = last.ok_or_else(|| Error::refused(UserError::not_found(&["frozenAtMessageId"])))?;
            Some(Frozen { position: last.position, at: tx.at, title: talk.title.clone() })
        }
    };
    let row = Model {
        audience: Audience::Link,
        expires_at: draft.expires_at,
        ..Model::new(ShareId(tx.new_id()), talk.id, "conversation", viewer.user, tx.at)
    };
    let row = share::rows::insert(tx, row).await?;
    let link = Link {
        share: row.id,
        frozen,
        allows_fork: draft.allows_fork,
        hides_system_prompts: draft.hides_system_prompts,
        hides_tool_data: draft.hides_tool_data,
    };
    let secret =
        hash(&token_of(app, row.id)).ok_or_else(|| Error::internal(anyhow::anyhow!("a secret without a hash")))?;
    rows::insert(tx, &secret, &link).await?;
    let after = json!({
        "frozenPosition": link.frozen.as_ref().map(|frozen| frozen.position), "allowsFork": link.allows_fork,
        "hidesSystemPrompts": link.hides_system_prompts, "hidesToolData": link.hides_tool_data,
        "expiresAt": row.expires_at });
    tx.record(Change::new("share.link", "share", row.id).within(talk.id).after(after)).await?;
    Ok(row.into())
}
