//! What a grant names: one permission, all about a resource, or everything.

use super::{Permission, PermissionSet};

/// A wildcard also covers what later versions add.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pattern {
    One(Permission),
    /// `conversations:*`.
    Resource(&'static str),
    /// `*:*`.
    Everything,
}

impl Pattern {
    pub fn parse(name: &str) -> Option<Self> {
        match name.split_once(':')? {
            ("*", "*") => Some(Self::Everything),
            (resource, "*") => resources().find(|known| *known == resource).map(Self::Resource),
            _ => Permission::parse(name).map(Self::One),
        }
    }

    /// Every wildcard there is.
    pub fn wildcards() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Everything).chain(resources().map(Self::Resource))
    }

    /// The name in the database.
    pub fn name(self) -> String {
        format!("{}:{}", self.resource(), self.action())
    }

    pub fn resource(self) -> &'static str {
        match self {
            Self::One(permission) => permission.resource(),
            Self::Resource(resource) => resource,
            Self::Everything => "*",
        }
    }

    pub fn action(self) -> &'static str {
        match self {
            Self::One(permission) => permission.action(),
            Self::Resource(_) | Self::Everything => "*",
        }
    }

    /// One sentence for people.
    pub fn description(self) -> String {
        match self {
            Self::One(permission) => permission.description().to_owned(),
            Self::Resource(resource) => format!("Everything about {resource}, also what later versions add."),
            Self::Everything => "Everything, also what later versions add.".to_owned(),
        }
    }

    /// What it gives: the permissions, and the narrower wildcards, which are more than the permissions of today.
    pub fn covers(self) -> PermissionSet {
        match self {
            Self::One(permission) => PermissionSet::from_iter([permission]),
            Self::Resource(resource) => PermissionSet::of_resource(resource),
            Self::Everything => PermissionSet::everything(),
        }
    }

    /// Whether any of it is about things that somebody owns, and so can be granted for one's own alone.
    pub fn is_of_things(self) -> bool {
        self.covers().iter().any(|permission| Permission::OF_THINGS.contains(&permission))
    }

    /// Whatever gives this: itself, and the wider ones.
    pub fn givers(self) -> impl Iterator<Item = Self> {
        let wider = Self::wildcards().filter(move |wider| *wider != self && wider.covers().holds_all(self.covers()));
        std::iter::once(self).chain(wider)
    }
}

/// What permissions are about, each once.
pub(super) fn resources() -> impl Iterator<Item = &'static str> {
    let all = Permission::ALL.iter().enumerate();
    all.filter(|(at, one)| Permission::ALL.iter().take(*at).all(|other| other.resource() != one.resource()))
        .map(|(_, permission)| permission.resource())
}

#[cfg(test)]
mod tests {
    use super::super::permission::RESOURCES;
    use super::*;

    #[test]
    fn a_wildcard_is_more_than_what_it_covers_today() {
        let conversations = Pattern::parse("conversations:*").expect("it is one");
        let today: PermissionSet =
            Permission::ALL.iter().copied().filter(|one| one.resource() == "conversations").collect();
        assert!(conversations.covers().holds_all(today) && !today.holds_all(conversations.covers()));
        assert_eq!(conversations.covers().iter().collect::<PermissionSet>(), today);
        let everything: PermissionSet = Permission::ALL.iter().copied().collect();
        for pattern in Pattern::wildcards() {
            assert_eq!(Pattern::parse(&pattern.name()), Some(pattern));
            assert!(Pattern::Everything.covers().holds_all(pattern.covers()));
            assert!(!everything.holds_all(pattern.covers()), "{pattern:?}");
            let wider = pattern.covers().holds_all(Pattern::Everything.covers());
            assert_eq!(wider, pattern == Pattern::Everything);
        }
        let givers = |name| Pattern::parse(name).map(|one| one.givers().map(Pattern::name).collect::<Vec<_>>());
        assert_eq!(givers("users:read").expect("it is one"), ["users:read", "*:*", "users:*"]);
        assert_eq!(givers("users:*").expect("it is one"), ["users:*", "*:*"]);
        assert_eq!(givers("*:*").expect("it is one"), ["*:*"]);
        assert!(RESOURCES + resources().count() < 63, "each wildcard has a bit");
        for unknown in ["*", "*:read", "moon:*", "moon:read", "conversations:**", "", ":*", "conversations:"] {
            assert_eq!(Pattern::parse(unknown), None, "{unknown}");
        }
    }
}
