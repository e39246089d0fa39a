//! `mails`: the queue of mail. A row says which text goes to whom; the text itself is made when it is sent.

use sea_orm::entity::prelude::*;

use crate::id::{ConfirmationId, MailId, MembershipInvitationId, UserId};
use crate::row::text_cell;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    pub template: Template,
    #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext")]
    pub email: String,
    /// Nobody as long as it is not known whether the address is anybody's.
    pub user_id: Option<UserId>,
    /// What the token in it is made of.
    pub confirmation_id: Option<ConfirmationId>,
    /// The invitation that it speaks of; then it is to an address, whoever's that is.
    pub invitation_id: Option<MembershipInvitationId>,
    /// The device from which that was asked or done which it speaks of.
    pub device: Option<String>,
    /// The network address of the same.
    pub address: Option<String>,
    pub created_at: DateTimeUtc,
    pub attempts: i32,
    /// When it is tried next. Exactly one of this, `sent_at` and `dropped_at` is set.
    pub due_at: Option<DateTimeUtc>,
    pub sent_at: Option<DateTimeUtc>,
    pub dropped_at: Option<DateTimeUtc>,
}

/// Which text it is.
#[derive(Clone, Copy, Debug, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Template {
    PasswordResetLink,
    EmailVerificationLink,
    PasswordChanged,
    PasswordReset,
    EmailChanged,
    TeamInvitation,
    WorkspaceInvitation,
}

text_cell!(Template);

impl ActiveModelBehavior for ActiveModel {}
