//! Completing a sign-in with another provider.

use async_graphql::{Context, InputObject, Object, Result};

use super::{RefreshTokenPlace, admitted};
use crate::domain::account::federated::{self, Entrance};
use crate::domain::account::tokens::CompleteFederatedSignInPayload;
use crate::domain::identity::flow::{self, Given};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::open;
use crate::write::Call;

/// What came back with the browser.
#[derive(InputObject)]
pub struct CompleteFederatedSignInInput {
    /// What `beginFederatedSignIn` answered, kept by the client meanwhile.
    flow_token: String,
    /// The parameter `state` of the address that the provider sent the browser to.
    state: String,
    /// Its parameter `code`.
    code: String,
    /// Its parameter `iss`, if there is one (RFC 9207).
    iss: Option<String>,
    /// The token of a trusted device, if this is one. One that is not right is as good as none.
    device_token: Option<String>,
    /// The code of an invitation, for somebody who has no account yet. Where registration is by invitation it must be valid;
    /// where it is open it counts if it is.
    invitation_code: Option<String>,
    /// Where the refresh token goes.
    #[graphql(default_with = "RefreshTokenPlace::Payload")]
    refresh_token_in: RefreshTokenPlace,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

#[derive(Default)]
pub struct CompleteSignIn;

#[Object]
impl CompleteSignIn {
    /// Signs in as the person whom the provider names: to the account that the identity belongs to, or to a new one by the
    /// rules of `register`, without a password and with a user name made of what the provider says (`FORBIDDEN` where
    /// registration is closed). An address that the provider has verified is verified here, too; if it is an account's
    /// already, it is a `CONFLICT`: sign in to that, then `linkIdentity`. Everything that is wrong with the sign-in itself is
    /// `WRONG_CREDENTIALS`, without saying what. It counts once, begun by nobody signed in; if the provider does not answer
    /// it is `UNAVAILABLE` and may be tried again. Open to everybody.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn complete_federated_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: CompleteFederatedSignInInput,
    ) -> Result<Option<CompleteFederatedSignInPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "completeFederatedSignIn", &input, &input.idempotency_key, &input.flow_token);
        let place = input.refresh_token_in;
        let mut checks = Checks::default();
        let invitation_code = input.invitation_code.map(|code| checks.line(&["invitationCode"], &code, 1..=100));
        let entrance = Entrance { device_token: input.device_token, invitation_code };
        let given = Given { flow_token: input.flow_token, state: input.state, code: input.code, iss: input.iss };
        let draft = async {
            checks.done()?;
            // Refused only in the transaction: a call that is repeated is answered alike, although it counts once.
            Ok((flow::complete(cx, given, None).await?, entrance))
        };
        let app = cx.app.clone();
        let admission = admitted(cx, call, place, draft, move |tx, (person, entrance)| {
            Box::pin(async move {
                let person = person.ok_or_else(flow::worthless)?;
                federated::enter(tx, &app, person, entrance).await
            })
        });
        Ok(admission.await?)
    }
}
