//! Who sees which invitations into teams and workspaces.

use chrono::{DateTime, TimeDelta, Utc};
use entity::membership_invitation::{Column as Of, Model};
use entity::share::Level;
use sea_orm::{ColumnTrait, Condition};

use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::thing::reach;
use crate::error::{Error, Result, UserError};

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

/// Open invitations into one team or workspace at a time.
const OPEN: i64 = 200;
/// Invitations by one person in [`DAY`].
pub const A_DAY: u64 = 100;
const DAY: TimeDelta = TimeDelta::hours(24);

/// One more beside so many that are open.
pub fn may_be_one_more(open: i64) -> Result<()> {
    if open < OPEN {
        return Ok(());
    }
    let message = "There are 200 open invitations into it: withdraw some, or wait for answers.";
    Err(Error::refused(UserError::conflict(&["id"], message)))
}

/// One more by somebody whose [`A_DAY`]th invitation before was made then.
pub fn may_go_on(at: DateTime<Utc>, earlier: Option<DateTime<Utc>>) -> Result<()> {
    let wait = earlier.map(|earlier| earlier + DAY - at).filter(|wait| *wait > TimeDelta::zero());
    match wait.and_then(|wait| u64::try_from(wait.num_seconds()).ok()) {
        Some(seconds) => Err(Error::TooManyAttempts { seconds: seconds + 1 }),
        None => Ok(()),
    }
}
