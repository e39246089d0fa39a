//! Who lives in the demo: the people one can be, and others who are only there.

use entity::user::State;

use crate::access::Permission::{self, *};

/// Somebody whom one can be with a click.
pub struct Person {
    pub username: &'static str,
    pub display_name: &'static str,
    /// The roles, by name; see [`CUSTOM_ROLES`] for those that do not ship with the service.
    pub roles: &'static [&'static str],
    /// What there is to see as this person, in a sentence.
    pub blurb: &'static str,
}

/// Those who can be chosen, the richest world first. All of them are invented.
pub const PEOPLE: &[Person] = &[
    Person {
        username: "ines",
        display_name: "Inês Carvalho",
        roles: &["subscriber", "developer"],
        blurb: "Owns more than fifty conversations, shares some, and reads what others share with her.",
    },
    Person {
        username: "noor",
        display_name: "Noor Haddad",
        roles: &["admin", "subscriber"],
        blurb: "Administers accounts and roles; sees every account, but only her own conversations.",
    },
    Person {
        username: "yuki",
        display_name: "Yuki Tanabe",
        roles: &["viewer"],
        blurb: "Reads what was shared with her and writes nothing.",
    },
    Person {
        username: "kofi",
        display_name: "Kofi Boateng-Lind",
        roles: &["subscriber", "support"],
        blurb: "Works with Inês on shared conversations and, with a role of this installation, sees all accounts.",
    },
    Person {
        username: "lena",
        display_name: "Lena Sommer",
        roles: &["subscriber"],
        blurb: "Wrote in a conversation that is no longer shared with her.",
    },
    Person {
        username: "reza",
        display_name: "رضا فرخی",
        roles: &["subscriber", "auditor"],
        blurb: "Writes from right to left; one of his roles ends by itself.",
    },
    Person {
        username: "milo",
        display_name: "Milo Brandt",
        roles: &[],
        blurb: "Has an account but no role, so almost everything is forbidden.",
    },
];

/// A role that this installation made for itself.
pub struct CustomRole {
    pub name: &'static str,
    pub description: &'static str,
    pub permissions: &'static [Permission],
    /// What it inherits from.
    pub parent: Option<&'static str>,
    pub level: i32,
    /// Whether its assignments end by themselves, in the far future.
    pub expires: bool,
}

pub const CUSTOM_ROLES: &[CustomRole] = &[
    CustomRole {
        name: "support",
        description: "Helps people with their accounts: sees all of them, invites new ones.",
        permissions: &[UsersRead, UsersWrite],
        parent: Some("auditor"),
        level: 100,
        expires: false,
    },
    CustomRole {
        name: "auditor",
        description: "Looks at roles and figures for the yearly review.",
        permissions: &[RolesRead, StatsRead],
        parent: None,
        level: 50,
        expires: true,
    },
    CustomRole {
        name: "night-shift",
        description: "Nobody holds it yet.",
        permissions: &[ConversationsRead, JobsWrite, PrioritiesWrite],
        parent: None,
        level: 0,
        expires: false,
    },
    CustomRole {
        name: "developer",
        description: "Builds on the API: sees what operations do inside.",
        permissions: &[OperationsInspect],
        parent: None,
        level: 0,
        expires: false,
    },
];

/// Somebody who fills the lists: user name, name, role, state. Nobody can sign in as them.
pub type Extra = (&'static str, &'static str, &'static str, State);

#[rustfmt::skip]
pub const EXTRAS: &[Extra] = &[
    ("amara.o", "Amara Okwuosa", "subscriber", State::Active),
    ("bjarne_k", "Bjarne Kvist", "subscriber", State::Active),
    ("chiara", "Chiara Bellandi", "viewer", State::Active),
    ("dmitri.v", "Дмитрий Волохов", "subscriber", State::Active),
    ("Esther-M", "Esther Mwangale", "subscriber", State::Active),
    ("farah", "Farah Qasimi", "viewer", State::Active),
    ("gunnar", "Gunnar Øverli", "subscriber", State::Suspended),
    ("hana.k", "Hana Kolářová", "subscriber", State::Active),
    ("ibrahim", "Ibrahim Sissé", "viewer", State::Active),
    ("jonas.w", "Jonas Wetterberg", "subscriber", State::Active),
    ("keiko", "桂子 森下", "subscriber", State::Active),
    ("luca_p", "Luca Pedrazzi", "viewer", State::Deactivated),
    ("mei.l", "Mei Linyuan", "subscriber", State::Active),
    ("nadia", "Nadia Bouzar", "subscriber", State::Active),
    ("olek", "Олексій Дорошук", "viewer", State::Active),
    ("priya.r", "Priya Ravindar", "subscriber", State::Active),
    ("quentin", "Quentin Delarue", "subscriber", State::Active),
    ("rosa", "Rosa Iturbe", "viewer", State::Active),
    ("samir_b", "Samir Benhallou", "subscriber", State::Suspended),
    ("tove", "Tove Lindqvist-Aas", "subscriber", State::Active),
    ("umberto", "Umberto Galvano", "viewer", State::Active),
    ("vera.n", "Vera Nováčková", "subscriber", State::Active),
    ("wanjiru", "Wanjiru Kamande", "subscriber", State::Active),
    ("xavi", "Xavi Puigdomènec", "viewer", State::Active),
    ("yara", "Yara Tavoularis", "subscriber", State::Deleted),
    ("zoltan", "Zoltán Ferenczfi", "subscriber", State::Active),
    ("test-bot", "Test Bot 🤖", "viewer", State::Deactivated),
    ("a11y", "Accessibility Desk", "viewer", State::Active),
];

/// Whether one can be this person with a click: one of [`PEOPLE`], without regard to case.
pub fn is_person(username: &str) -> bool {
    PEOPLE.iter().any(|person| person.username.eq_ignore_ascii_case(username))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::access::DEFAULT_ROLES;

    #[test]
    fn only_the_people_can_be_chosen() {
        assert!(is_person("ines") && is_person("INES"));
        assert!(!is_person("gunnar") && !is_person("") && !is_person("ines "));
    }

    #[test]
    fn names_are_unique_and_roles_exist() {
        let names = || PEOPLE.iter().map(|person| person.username).chain(EXTRAS.iter().map(|extra| extra.0));
        assert_eq!(names().map(str::to_lowercase).collect::<HashSet<_>>().len(), names().count());
        let known: HashSet<&str> =
            DEFAULT_ROLES.iter().map(|role| role.name).chain(CUSTOM_ROLES.iter().map(|role| role.name)).collect();
        let used = PEOPLE.iter().flat_map(|person| person.roles).chain(EXTRAS.iter().map(|extra| &extra.2));
        assert!(used.copied().all(|role| known.contains(role)));
    }
}
