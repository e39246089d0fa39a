//! Who sees which invitations into teams and workspaces.

use entity::membership_invitation::{Column as Of, Model};
use entity::share::Level;
use sea_orm::{ColumnTrait, Condition};

use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::thing::reach;

/// To the person `$1`: by name, or by the address that they have verified.
const TO_ONESELF: &str = "(membership_invitations.user_id = $1 or membership_invitations.email = (
    select me.email from users me where me.id = $1 and me.email_verified_at is not null))";

/// Those to oneself, those that one made, and those into what one may bring members to.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    let managed = reach::subjects(Level::Manage);
    let text = format!(
        "{TO_ONESELF} or membership_invitations.invited_by = $1
         or exists (select from team_members mine join teams t on t.id = mine.team_id
                     where mine.team_id = membership_invitations.team_id and mine.user_id = $1
                       and mine.role in ('admin', 'owner') and t.deleted_at is null offset 0)
         or membership_invitations.workspace_id = any({managed})"
    );
    Rule::text("to or by oneself, or where one brings members", text, &reach::asked_by(viewer))
}

/// Those to oneself.
pub fn to_oneself(viewer: &Principal) -> Rule<'static> {
    Rule::text("to oneself", TO_ONESELF, &[viewer.user.0.into()])
}

/// Those that nobody has answered and that have not ended.
pub fn open(viewer: &Principal) -> Rule<'static> {
    let at = viewer.at;
    Rule::new("open", [at.into()], move || Condition::all().add(Of::Answer.is_null()).add(Of::ExpiresAt.gt(at)))
}

/// The same of one.
pub fn is_open(viewer: &Principal, row: &Model) -> bool {
    row.answer.is_none() && row.expires_at > viewer.at
}
