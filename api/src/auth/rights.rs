//! What a credential gives: the grants of the people behind it with their conditions, and what of that counts at a moment
//! and a place. The grants may be remembered; what comes of them never is.

use crate::access::{Circumstances, Condition, Permission, PermissionSet};
use crate::domain::impersonation;

/// What somebody is granted.
#[derive(Debug, Default)]
pub struct Grants {
    always: PermissionSet,
    conditional: Vec<(PermissionSet, Condition)>,
}

/// What somebody may do now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Everything.
    pub all: PermissionSet,
    /// What of it counts only for things that they own.
    pub only_own: PermissionSet,
    /// What of it stands under no condition: only that is handed on.
    pub unconditional: PermissionSet,
}

impl Grants {
    /// The grants behind rows of the database: the name of a permission and, behind a space, the condition. One that is
    /// not understood denies: the grant is left out.
    pub fn read<'r>(rows: impl IntoIterator<Item = &'r str>) -> Self {
        let mut grants = Self::default();
        for row in rows {
            match row.split_once(' ') {
                None => grants.always = grants.always.either(PermissionSet::from_names([row])),
                Some((name, condition)) => {
                    let granted = PermissionSet::from_names([name]);
                    grants.conditional.extend(Condition::read(condition).map(|condition| (granted, condition)));
                }
            }
        }
        grants
    }

    /// What would count if every condition were met, but for who owns a thing.
    pub fn at_most(&self) -> Held {
        let (mut all, mut own) = (self.always, PermissionSet::default());
        for (granted, condition) in &self.conditional {
            match condition.could_hold(false) {
                true => all = all.either(*granted),
                false if condition.could_hold(true) => own = own.either(granted.both(ownable())),
                false => {}
            }
        }
        Held { all: all.either(own), only_own: own.without(all), unconditional: self.always }
    }

    /// The conditions under which something is granted.
    pub fn conditions(&self, permission: Permission) -> impl Iterator<Item = &Condition> {
        let of = self.conditional.iter().filter(move |(granted, _)| granted.holds(permission));
        of.map(|(_, condition)| condition)
    }

    pub fn held(&self, now: &Circumstances) -> Held {
        let (mut all, mut own) = (self.always, PermissionSet::default());
        for (granted, condition) in &self.conditional {
            if condition.holds(now, true) {
                match condition.holds(now, false) {
                    true => all = all.either(*granted),
                    false => own = own.either(granted.both(ownable())),
                }
            }
        }
        Held { all: all.either(own), only_own: own.without(all), unconditional: self.always }
    }
}

impl Held {
    /// What both may do.
    pub fn both(self, other: Self) -> Self {
        let all = self.all.both(other.all);
        let only_own = self.only_own.either(other.only_own).both(all);
        Self { all, only_own, unconditional: self.unconditional.both(other.unconditional) }
    }

    /// What of it is among these.
    pub fn within(self, scopes: PermissionSet) -> Self {
        self.both(Self { all: scopes, only_own: PermissionSet::default(), unconditional: scopes })
    }
}

/// What can be granted for things that one owns: what is done with conversations, tools and advisors.
fn ownable() -> PermissionSet {
    Permission::OF_THINGS.iter().copied().collect()
}

/// The grants behind a credential.
#[derive(Debug, Default)]
pub struct Rights {
    pub user: Grants,
    /// For a key: its scopes, and the grants of its owner.
    pub key: Option<(PermissionSet, Grants)>,
    /// For an impersonation: the grants of whoever works as the user, and whether they may change anything.
    pub impersonator: Option<(Grants, bool)>,
    /// When the second factor was shown in the session.
    pub second_factor_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Rights {
    /// What the credential allows; nothing if it acts as somebody else for somebody who may not do that now.
    pub fn held(
        &self,
        at: chrono::DateTime<chrono::Utc>,
        address: Option<std::net::IpAddr>,
        acts_as_other: bool,
    ) -> Option<Held> {
        let now = Circumstances { at, address, second_factor_at: self.second_factor_at };
        let user = self.user.held(&now);
        if let Some((actor, allows_writing)) = &self.impersonator {
            let actor = actor.held(&now);
            let open = impersonation::policy::open(user.all, actor.all, *allows_writing);
            return actor.all.holds(Permission::UsersActAs).then(|| user.both(actor).within(open));
        }
        let Some((scopes, owner)) = &self.key else { return Some(user) };
        let owner = owner.held(&now);
        let may = !acts_as_other || owner.all.holds(Permission::UsersActAs);
        may.then(|| user.within(*scopes).both(owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[&str]) -> Held {
        let at = "2026-06-01T12:00:00Z".parse().expect("a moment");
        let address = Some("10.0.0.1".parse().expect("an address"));
        let now = Circumstances { at, address, second_factor_at: None };
        Grants::read(rows.iter().copied()).held(&now)
    }

    #[test]
    fn conditions_never_add_up_to_more_than_each() {
        use Permission::*;
        let set = |permissions: &[Permission]| permissions.iter().copied().collect::<PermissionSet>();
        let own = r#"conversations:read {"owner":true}"#;
        let inside = r#"conversations:read {"network":["10.0.0.0/8"]}"#;
        let outside = r#"conversations:read {"network":["11.0.0.0/8"]}"#;
        let unknown = r#"conversations:read {"moon":"full"}"#;
        let nobodys = r#"users:read {"owner":true}"#;
        let turned = r#"conversations:read {"not":{"owner":true}}"#;
        for (rows, all, only_own, unconditional) in [
            (
                &[own] as &[&str],
                &[ConversationsRead] as &[Permission],
                &[ConversationsRead] as &[Permission],
                &[] as &[Permission],
            ),
            (&[own, inside], &[ConversationsRead], &[], &[]),
            (&[own, outside], &[ConversationsRead], &[ConversationsRead], &[]),
            (&[own, "conversations:read"], &[ConversationsRead], &[], &[ConversationsRead]),
            (&[outside], &[], &[], &[]),
            (&[unknown], &[], &[], &[]),
            (&[nobodys], &[], &[], &[]),
            (&[turned], &[], &[], &[]),
        ] {
            let held = held(rows);
            assert_eq!(
                (held.all, held.only_own, held.unconditional),
                (set(all), set(only_own), set(unconditional)),
                "{rows:?}"
            );
        }
        let (own, full) = (held(&[own]), held(&["conversations:read", "stats:read"]));
        for both in [own.both(full), full.both(own)] {
            assert_eq!((both.all, both.only_own), (set(&[ConversationsRead]), set(&[ConversationsRead])));
        }
    }
}
