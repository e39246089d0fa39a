//! The guards of root fields, which ask the actor and wait for nothing, and the directives with which the schema says the
//! same. Every root field has one of the four; a test calls each with exactly what its directive names, and with less.
#![allow(non_camel_case_types, reason = "a directive is called as the schema writes it")]

use async_graphql::{Context, Guard, Result, TypeDirective};

use super::context::cx;
use crate::access::Permission;

/// Lets those pass who hold the permission.
pub struct Requires(pub Permission);

impl Guard for Requires {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let cx = cx(ctx);
        cx.app.usage.note(cx.actor().require(self.0)?, self.0);
        Ok(())
    }
}

/// Lets everybody pass who has signed in; not keys and passwords that come with the request.
pub struct InSession;

impl Guard for InSession {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        cx(ctx).viewer()?.in_session()?;
        Ok(())
    }
}

/// Lets everybody pass who is signed in, by whatever.
pub struct SignedIn;

impl Guard for SignedIn {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        cx(ctx).viewer()?;
        Ok(())
    }
}

/// Calling this needs the permission, and so somebody who is signed in. Without it the answer is `FORBIDDEN`; without a
/// credential it is `UNAUTHENTICATED`. What the caller may do to which things is decided besides.
#[TypeDirective(location = "FieldDefinition")]
pub fn requiresPermission(#[graphql(desc = "The permission.")] permission: Permission) {}

/// Calling this needs a session of one's own: no API key, no password beside the request and no network will do.
#[TypeDirective(location = "FieldDefinition")]
pub fn requiresSession() {}

/// Calling this needs somebody who is signed in, by whatever.
#[TypeDirective(location = "FieldDefinition")]
pub fn authenticated() {}

/// Open to everybody, signed in or not.
#[TypeDirective(location = "FieldDefinition")]
pub fn open() {}

/// Answers null to everybody else.
#[TypeDirective(location = "FieldDefinition")]
pub fn visibleTo(
    #[graphql(desc = "Whether whose account it is sees it.")] owner: bool,
    #[graphql(desc = "Whoever holds this permission sees it; null if nobody else does.")] permission: Option<
        Permission,
    >,
) {
}
