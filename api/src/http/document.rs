//! From what a request says of its document to the prepared operation, for all transports alike.

use super::Server;
use super::operation;
use super::params::Params;
use crate::auth::Actor;
use crate::database::Reader;
use crate::documents::Unfound;
use crate::graphql::engine::{Prepared, RequestError};

/// Finds the document that this actor may run, and prepares it. Comes after the credential, on which the policy depends.
pub async fn prepare(
    server: &Server,
    db: &Reader,
    actor: &Actor,
    params: &Params,
) -> Result<Prepared, Vec<RequestError>> {
    let documents = &server.app.documents;
    let found = documents.find(db, actor, &params.document).await.map_err(|unfound| match unfound {
        Unfound::Refused(error) => vec![error],
        Unfound::Failed(error) => vec![operation::as_request_error(&error)],
    })?;
    let prepared = server.engine.prepare(&found, params.operation_name.as_deref())?;
    documents.keep(found);
    Ok(prepared)
}
