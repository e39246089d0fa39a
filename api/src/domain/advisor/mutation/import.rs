//! Bringing an advisor in from a file.

use async_graphql::{Context, Enum, InputObject, Object, Result};
use entity::id::AdvisorId;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::inputs::Wanted;
use super::{resolve, row};
use crate::access::Permission;
use crate::domain::advisor::content::Content;
use crate::domain::advisor::form::{self, Form};
use crate::domain::advisor::object::{Advisor, AdvisorDraft};
use crate::domain::advisor::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// In which form a file is.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum AdvisorFormat {
    /// JSON: an object, or just the list of messages. Comments, single quotes and commas too many are read, too.
    Json,
    /// Markdown with front matter of YAML. A line `::role::` begins another message.
    Markdown,
    /// Whichever of the two it begins as.
    Auto,
}

/// A file with an advisor.
#[derive(InputObject)]
pub struct ImportAdvisorInput {
    /// The text of the file, at most 500,000 characters.
    source: String,
    /// Its form.
    #[graphql(default_with = "AdvisorFormat::Auto")]
    format: AdvisorFormat,
    /// The name, 1 to 100 characters, in place of the one in the file; has to be given where there is none.
    name: Option<String>,
    /// Whether only to say what would be made; nothing is written then.
    #[graphql(default = false)]
    preview: bool,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `importAdvisor`.
    ImportAdvisorPayload {
        /// The new advisor, or the one that this `clientId` made earlier; null for a preview.
        advisor: Advisor,
        /// What was made, or would be.
        draft: AdvisorDraft,
        /// What one should know of it, in a sentence each.
        warnings: Vec<String>,
    }
}

#[derive(Serialize)]
struct Draft {
    content: Content,
    #[serde(skip)]
    warnings: Vec<String>,
    #[serde(skip)]
    preview: bool,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl ImportAdvisorInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let client_id = checks.client_id(self.client_id.as_ref());
        let form = match self.format {
            AdvisorFormat::Json => Form::Json,
            AdvisorFormat::Markdown => Form::Markdown,
            AdvisorFormat::Auto => Form::Auto,
        };
        let read = form::read(&self.source, form, self.name.as_deref()).unwrap_or_else(|errors| {
            errors.into_iter().for_each(|error| checks.refuse(error));
            form::Read { content: Content::default(), warnings: Vec::new() }
        });
        checks.done()?;
        Ok(Draft { content: read.content, warnings: read.warnings, preview: self.preview, client_id })
    }
}

#[derive(Default)]
pub struct ImportAdvisor;

#[Object]
impl ImportAdvisor {
    /// Makes an advisor of one's own from a file, whole or not at all. What is wrong is `INVALID`, all of it at once with the
    /// line or the field; a name that one has already a `CONFLICT`. Tags in messages stay as they are, and fields that are not
    /// understood stay in `extra`. Needs `advisors:write`.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn import_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: ImportAdvisorInput,
    ) -> Result<Option<ImportAdvisorPayload>> {
        let call = Call::of(cx(ctx), "importAdvisor", &input, &input.idempotency_key);
        let payload =
            write::run(cx(ctx), call, input.parse(), |tx, draft| Box::pin(async move { import(tx, draft).await }));
        Ok(payload.await?)
    }
}

async fn import(tx: &Tx, draft: Draft) -> Result<ImportAdvisorPayload, Error> {
    let viewer = tx.actor.principal()?;
    let id = AdvisorId(tx.new_id());
    if !draft.preview
        && let Creation::Again(first) = tx.claim("advisor.import", draft.client_id, &draft, id).await?
    {
        let first = AdvisorId(first);
        let found = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        let found = found.ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])))?;
        let content = Some(AdvisorDraft(Content::from(&*found)));
        let warnings = Some(draft.warnings);
        return Ok(ImportAdvisorPayload {
            advisor: Some(Advisor(found)),
            draft: content,
            warnings,
            ..Default::default()
        });
    }
    let mut content = draft.content;
    let names = content.tools.into_iter().map(|tool| Wanted::Name(tool.name)).collect();
    content.tools = resolve(tx, names).await?;
    let mut warnings = draft.warnings;
    let unknown = content.tools.iter().filter(|tool| tool.id.is_none()).count();
    if unknown > 0 {
        warnings.push(format!("{unknown} of the tools are not known here; their names are kept."));
    }
    if draft.preview && rows::has_name(tx, viewer.user, &content.name).await? {
        return Err(Error::refused(UserError::conflict(&["name"], "Its owner has an advisor of this name.")));
    }
    let shown = (Some(AdvisorDraft(content.clone())), Some(warnings));
    if draft.preview {
        tx.unchanged();
        return Ok(ImportAdvisorPayload { draft: shown.0, warnings: shown.1, ..Default::default() });
    }
    let row =
        rows::insert(tx, row(id, viewer.user, content, tx)?).await.map_err(|cause| rows::refused(cause, "name"))?;
    tx.record(Change::new("advisor.import", "advisor", id).after(json!({ "unknownTools": unknown }))).await?;
    Ok(ImportAdvisorPayload { advisor: Some(row.into()), draft: shown.0, warnings: shown.1, ..Default::default() })
}
