//! Who sees which shares, and who gives and takes back.

use entity::share;
use entity::share::Level;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::domain::thing::rows::Standing;
use crate::error::{Error, Result};

/// The shares that have not ended, of things that exist for the viewer: all of one's own things, of those that one manages
/// and of workspaces that one is a member of; of others those to oneself and those that one gave.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        let text = "exists (select from things thing where thing.id = shares.thing_id and thing.owner_id = $1)";
        return Rule::text("of own", text, &[viewer.user.0.into()]);
    }
    let text = || {
        let at_least = |level| reach::given("thing.id", "thing.workspace_id", level);
        let (subjects, unexpired) = (reach::subjects(Level::Read), reach::unexpired("shares"));
        let (seen, managed) = (at_least(Level::Read), at_least(Level::Manage));
        format!(
            "{unexpired} and exists (
                select from things thing
                 where thing.id = shares.thing_id
                   and (thing.owner_id = $1
                        or thing.deleted_at is null
                           and (shares.subject_id = any({subjects})
                                or thing.kind = 'workspace' and thing.id = any({subjects})
                                or shares.granted_by = $1 and {seen}
                                or {managed})))"
        )
    };
    Rule::kept("of own or managed, to or by oneself", "", text, &reach::asked_by(viewer))
}

/// What the viewer was given, as themselves, in a team or in a workspace, of things outside the trash.
pub fn with_viewer(viewer: &Principal) -> Rule<'static> {
    let (subjects, unexpired) = (reach::subjects(Level::Read), reach::unexpired("shares"));
    let text = format!(
        "shares.subject_id = any({subjects}) and {unexpired} and exists (
             select from things thing where thing.id = shares.thing_id and thing.deleted_at is null)"
    );
    Rule::text("with the viewer", text, &reach::asked_by(viewer))
}

/// Whether the viewer may share things of this level at all: some only what is their own.
pub fn may_share(viewer: &Principal, level: AccessLevel) -> Result<()> {
    match level < AccessLevel::Owner && viewer.holds_only_for_own(Permission::SharesWrite) {
        true => Err(Error::Forbidden("You may share only what is your own.")),
        false => Ok(()),
    }
}

/// To share a thing at `asked`, over a share of it that is there already.
pub fn may_give(
    viewer: &Principal,
    kind: Kind,
    level: AccessLevel,
    standing: Option<Standing>,
    asked: Level,
    before: Option<&share::Model>,
) -> Result<()> {
    may_share(viewer, level)?;
    let most = before.map_or(asked, |before| asked.max(before.level));
    if ThingAction::Share.allow(kind, level).is_ok() {
        // An owner gives every level, those who manage their own at most.
        return match level >= AccessLevel::from(most) {
            true => Ok(()),
            false => Err(Error::Forbidden("Nobody gives or changes a level above their own.")),
        };
    }
    let own = before.is_none_or(|before| before.granted_by == Some(viewer.user));
    match standing.and_then(|standing| standing.passes_on) {
        Some(passes_on) if own && most <= passes_on => Ok(()),
        _ => Err(Error::Forbidden("This needs the level MANAGE, or a share with canReshare at this level.")),
    }
}

/// To take a share back that is not to oneself.
pub fn may_take_back(viewer: &Principal, level: AccessLevel, row: &share::Model) -> Result<()> {
    may_share(viewer, level)?;
    let managed = level >= AccessLevel::Manage && level >= AccessLevel::from(row.level);
    match managed || row.granted_by == Some(viewer.user) {
        true => Ok(()),
        false => Err(Error::Forbidden("Only those with the level MANAGE, and whoever gave a share, take it back.")),
    }
}
