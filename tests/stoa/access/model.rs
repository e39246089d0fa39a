//! The rules once more, as plainly as they can be said. Levels are numbers: 0 nothing, 1 read, 2 comment, 3 write, 4 manage,
//! 5 owner.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Subject {
    User(usize),
    Team(usize),
    Workspace(usize),
    Everyone,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Thing {
    Talk(usize),
    Workspace(usize),
}

#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub level: u8,
    pub is_over: bool,
}

#[derive(Default)]
pub struct Group {
    pub is_deleted: bool,
    /// Of a team: who is in it, and whether only to look.
    pub members: BTreeMap<usize, bool>,
}

pub struct Talk {
    pub owner: usize,
    pub workspace: Option<usize>,
    pub in_trash: bool,
    pub authors: BTreeSet<usize>,
}

#[derive(Default)]
pub struct Model {
    /// Whether each may read conversations at all.
    pub readers: Vec<bool>,
    pub teams: Vec<Group>,
    pub workspaces: Vec<Group>,
    pub talks: Vec<Talk>,
    pub grants: BTreeMap<(Thing, Subject), Grant>,
}

impl Model {
    fn granted(&self, thing: Thing) -> impl Iterator<Item = (Subject, u8)> {
        let of_thing = self.grants.iter().filter(move |((of, _), grant)| *of == thing && !grant.is_over);
        of_thing.map(|((_, subject), grant)| (*subject, grant.level))
    }

    /// As how much somebody counts in a grant to a person or a team.
    fn as_person(&self, user: usize, subject: Subject) -> u8 {
        match subject {
            Subject::User(other) if other == user => 5,
            Subject::Team(team) if !self.teams[team].is_deleted => match self.teams[team].members.get(&user) {
                Some(true) => 1,
                Some(false) => 4,
                None => 0,
            },
            _ => 0,
        }
    }

    pub fn in_workspace(&self, user: usize, workspace: usize) -> u8 {
        if self.workspaces[workspace].is_deleted {
            return 0;
        }
        let granted = self.granted(Thing::Workspace(workspace));
        granted.map(|(subject, level)| level.min(self.as_person(user, subject))).max().unwrap_or(0)
    }

    /// What somebody may do in a conversation, also because everybody may.
    pub fn level(&self, user: usize, talk: usize) -> u8 {
        let open = self.granted(Thing::Talk(talk)).any(|(subject, _)| subject == Subject::Everyone);
        match self.readers[user] && open && !self.talks[talk].in_trash {
            true => self.own_level(user, talk).max(1),
            false => self.own_level(user, talk),
        }
    }

    /// The same without what is open to everybody: what lists show.
    pub fn own_level(&self, user: usize, talk: usize) -> u8 {
        match self.readers[user] {
            true => self.reached(user, talk),
            false => 0,
        }
    }

    /// The same, whatever permissions somebody has: whom the shares reach.
    pub fn reached(&self, user: usize, talk: usize) -> u8 {
        let of = &self.talks[talk];
        if of.owner == user {
            return 5;
        }
        if of.in_trash {
            return 0;
        }
        let granted = self.granted(Thing::Talk(talk)).map(|(subject, level)| match subject {
            Subject::Workspace(workspace) => level.min(self.in_workspace(user, workspace)),
            subject => level.min(self.as_person(user, subject)),
        });
        let housed = of.workspace.map_or(0, |workspace| self.in_workspace(user, workspace).min(4));
        granted.max().unwrap_or(0).max(housed)
    }

    /// Whether a list of what was shared with somebody shows the grant.
    pub fn is_with(&self, user: usize, thing: Thing, subject: Subject) -> bool {
        let in_trash = match thing {
            Thing::Talk(talk) => self.talks[talk].in_trash,
            Thing::Workspace(workspace) => self.workspaces[workspace].is_deleted,
        };
        let to_them = match subject {
            Subject::Workspace(workspace) => self.in_workspace(user, workspace) > 0,
            subject => self.as_person(user, subject) > 0,
        };
        self.readers[user] && !self.grants[&(thing, subject)].is_over && !in_trash && to_them
    }

    fn takes_part(&self, user: usize, talk: usize) -> bool {
        let of = &self.talks[talk];
        let named = self.grants.contains_key(&(Thing::Talk(talk), Subject::User(user)));
        of.owner == user || of.authors.contains(&user) || named
    }

    fn is_named_in(&self, user: usize, workspace: usize) -> bool {
        let granted = self.granted(Thing::Workspace(workspace));
        granted.into_iter().any(|(subject, _)| match subject {
            Subject::User(other) => other == user,
            Subject::Team(team) => self.teams[team].members.contains_key(&user),
            _ => false,
        })
    }

    /// Whether one person may know that another is there.
    pub fn knows(&self, user: usize, other: usize) -> bool {
        if user == other {
            return true;
        }
        if !self.readers[user] {
            return false;
        }
        let together =
            |team: &Group| !team.is_deleted && team.members.contains_key(&user) && team.members.contains_key(&other);
        self.teams.iter().any(together)
            || (0..self.workspaces.len()).any(|at| self.in_workspace(user, at) > 0 && self.is_named_in(other, at))
            || (0..self.talks.len()).any(|talk| self.own_level(user, talk) > 0 && self.takes_part(other, talk))
    }
}
