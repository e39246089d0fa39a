//! A world that changes at random, by the service's own statements' back: rows come and go as they would by its mutations.

use harness::{Dice, Person, World};
use serde_json::json;

use super::model::{Grant, Group, Model, Subject, Talk, Thing};
use crate::matrix::scene::{append, done, text};

pub const USERS: usize = 7;
pub const TEAMS: usize = 3;
pub const WORKSPACES: usize = 3;
pub const TALKS: usize = 8;

pub struct Scene<'w> {
    world: &'w World,
    dice: Dice,
    pub people: Vec<Person<'w>>,
    pub teams: Vec<String>,
    pub workspaces: Vec<String>,
    pub talks: Vec<String>,
    /// The one message of each conversation.
    pub messages: Vec<String>,
    pub model: Model,
}

/// The UUID of an id of the wire, as SQL finds it.
fn uuid(kind: &str, id: &str) -> String {
    use entity::id::{ConversationId, TeamId, UserId, WorkspaceId};
    use stoa::graphql::id::WireId;
    let uuid: uuid::Uuid = match kind {
        "user" => UserId::decode(id).unwrap().0,
        "team" => TeamId::decode(id).unwrap().0,
        "workspace" => WorkspaceId::decode(id).unwrap().0,
        _ => ConversationId::decode(id).unwrap().0,
    };
    format!("'{uuid}'::uuid")
}

impl<'w> Scene<'w> {
    /// Some own more than others; the first is everywhere an owner, so that teams and workspaces have one.
    pub async fn begin(world: &'w World, seed: u64) -> Self {
        let mut people = Vec::new();
        for user in 0..USERS {
            people.push(world.member(&format!("user-{user}")).await);
        }
        let (mut teams, mut workspaces, mut talks, mut messages) = (vec![], vec![], vec![], vec![]);
        let mut model = Model { readers: vec![true; USERS], ..Model::default() };
        for team in 0..TEAMS {
            let made = done(&people[0], "createTeam", "team { id }", json!({ "name": format!("Team {team}") })).await;
            teams.push(text(&made["team"]["id"]));
            model.teams.push(Group { is_deleted: false, members: [(0, false)].into() });
        }
        for at in 0..WORKSPACES {
            let input = json!({ "name": format!("Workspace {at}") });
            let made = done(&people[0], "createWorkspace", "workspace { id }", input).await;
            workspaces.push(text(&made["workspace"]["id"]));
            model.workspaces.push(Group::default());
            model.grants.insert((Thing::Workspace(at), Subject::User(0)), Grant { level: 5, is_over: false });
        }
        for talk in 0..TALKS {
            let owner = talk % 4;
            let input = json!({ "title": format!("Talk {talk}") });
            let made = done(&people[owner], "createConversation", "conversation { id }", input).await;
            let id = text(&made["conversation"]["id"]);
            messages.push(append(&people[owner], &id, "Hello.").await);
            talks.push(id);
            model.talks.push(Talk { owner, workspace: None, in_trash: false, authors: [owner].into() });
        }
        Self { world, dice: Dice::new(seed), people, teams, workspaces, talks, messages, model }
    }

    /// Whether somebody sees a workspace because only its owners do.
    pub fn owns_deleted(&self, user: usize, workspace: usize) -> bool {
        let owner = self.model.grants.get(&(Thing::Workspace(workspace), Subject::User(user)));
        self.model.readers[user]
            && self.model.workspaces[workspace].is_deleted
            && owner.is_some_and(|grant| grant.level == 5)
    }

    /// Undoes what an operation has changed about who reaches what.
    pub async fn undo(&self, action: &str, id: &str) {
        let kind = if id.starts_with("conv_") { "conversation" } else { "workspace" };
        let at = uuid(kind, id);
        let in_trash = match kind {
            "conversation" => self.model.talks[self.talks.iter().position(|talk| talk == id).unwrap()].in_trash,
            _ => self.model.workspaces[self.workspaces.iter().position(|one| one == id).unwrap()].is_deleted,
        };
        let when = if in_trash { "'2026-05-02'" } else { "null" };
        let sql = match action {
            "SHARE" => format!(
                "delete from shares s using users u where s.thing_id = {at} and s.grantee_id = u.id
                                                      and u.username = 'bystander'"
            ),
            "DELETE" | "RESTORE" => format!("update {kind}s set deleted_at = {when} where id = {at}"),
            _ => return,
        };
        self.world.db_run(&sql).await;
    }

    /// Something changes, in the database and in the model.
    pub async fn change(&mut self) {
        let sql = match self.dice.below(12) {
            0..=4 => self.give(),
            5 => self.take_back(),
            6 | 7 => self.join_or_leave(),
            8 | 9 => self.move_somewhere(),
            10 => self.trash(),
            _ => self.allow(),
        };
        self.world.db_run(&sql).await;
    }

    fn thing(&self, thing: Thing) -> String {
        match thing {
            Thing::Talk(talk) => uuid("conversation", &self.talks[talk]),
            Thing::Workspace(workspace) => uuid("workspace", &self.workspaces[workspace]),
        }
    }

    fn give(&mut self) -> String {
        let thing = match self.dice.below(3) {
            0 => Thing::Workspace(self.dice.below(WORKSPACES)),
            _ => Thing::Talk(self.dice.below(TALKS)),
        };
        let subject = match (self.dice.below(8), thing) {
            (0..=3, _) => Subject::User(1 + self.dice.below(USERS - 1)),
            (4 | 5, _) | (_, Thing::Workspace(_)) => Subject::Team(self.dice.below(TEAMS)),
            (6, _) => Subject::Workspace(self.dice.below(WORKSPACES)),
            _ => Subject::Everyone,
        };
        if let (Thing::Talk(talk), Subject::User(user)) = (thing, subject)
            && self.model.talks[talk].owner == user
        {
            return "select".to_owned();
        }
        let level = match subject {
            Subject::Everyone => 1,
            _ => 1 + u8::try_from(self.dice.below(4)).unwrap(),
        };
        let is_over = self.dice.below(5) == 0;
        self.model.grants.insert((thing, subject), Grant { level, is_over });
        let (audience, columns) = self.subject(subject);
        let level = ["read", "comment", "write", "manage"][usize::from(level) - 1];
        let end = if is_over { "'2026-06-01T11:00:00Z'" } else { "'2026-06-01T13:00:00Z'" };
        let end = if !is_over && self.dice.below(2) == 0 { "null" } else { end };
        format!(
            "insert into shares (id, thing_id, audience, grantee_id, team_id, grantee_workspace_id, level, expires_at,
                                 created_at, updated_at, thing_kind)
             values (gen_random_uuid(), {}, '{audience}', {columns}, '{level}', {end}, '2026-05-01', '2026-05-01', '')
             on conflict (thing_id, subject_id) do update set level = excluded.level, expires_at = excluded.expires_at",
            self.thing(thing)
        )
    }

    /// The audience, and the columns that say who.
    fn subject(&self, subject: Subject) -> (&'static str, String) {
        match subject {
            Subject::User(user) => ("user", format!("{}, null, null", uuid("user", &self.people[user].id))),
            Subject::Team(team) => ("team", format!("null, {}, null", uuid("team", &self.teams[team]))),
            Subject::Workspace(at) => ("workspace", format!("null, null, {}", uuid("workspace", &self.workspaces[at]))),
            Subject::Everyone => ("everyone", "null, null, null".to_owned()),
        }
    }

    fn take_back(&mut self) -> String {
        let kept = |grant: &Grant| grant.level < 5;
        let given: Vec<(Thing, Subject)> =
            self.model.grants.iter().filter(|(_, grant)| kept(grant)).map(|(key, _)| *key).collect();
        if given.is_empty() {
            return "select".to_owned();
        }
        let (thing, subject) = given[self.dice.below(given.len())];
        self.model.grants.remove(&(thing, subject));
        let who = match subject {
            Subject::User(user) => format!("grantee_id = {}", uuid("user", &self.people[user].id)),
            Subject::Team(team) => format!("team_id = {}", uuid("team", &self.teams[team])),
            Subject::Workspace(at) => format!("grantee_workspace_id = {}", uuid("workspace", &self.workspaces[at])),
            Subject::Everyone => "audience = 'everyone'".to_owned(),
        };
        format!("delete from shares where thing_id = {} and {who}", self.thing(thing))
    }

    fn join_or_leave(&mut self) -> String {
        let (team, user) = (self.dice.below(TEAMS), 1 + self.dice.below(USERS - 1));
        let ids = (uuid("team", &self.teams[team]), uuid("user", &self.people[user].id));
        match self.dice.below(3) {
            0 => {
                self.model.teams[team].members.remove(&user);
                format!("delete from team_members where team_id = {} and user_id = {}", ids.0, ids.1)
            }
            kind => {
                self.model.teams[team].members.insert(user, kind == 1);
                let role = if kind == 1 { "viewer" } else { "member" };
                format!(
                    "insert into team_members (team_id, user_id, role, joined_at) values ({}, {}, '{role}', '2026-05-01')
                     on conflict (team_id, user_id) do update set role = excluded.role",
                    ids.0, ids.1
                )
            }
        }
    }

    fn move_somewhere(&mut self) -> String {
        let talk = self.dice.below(TALKS);
        let to = Some(self.dice.below(WORKSPACES + 1)).filter(|at| *at < WORKSPACES);
        self.model.talks[talk].workspace = to;
        let to = to.map_or("null".to_owned(), |at| uuid("workspace", &self.workspaces[at]));
        format!("update conversations set workspace_id = {to} where id = {}", self.thing(Thing::Talk(talk)))
    }

    fn trash(&mut self) -> String {
        let deleted = |is_deleted: bool| if is_deleted { "'2026-05-02'" } else { "null" };
        match self.dice.below(6) {
            0 => {
                let at = self.dice.below(TEAMS);
                let team = &mut self.model.teams[at];
                team.is_deleted = !team.is_deleted;
                let when = deleted(team.is_deleted);
                format!("update teams set deleted_at = {when} where id = {}", uuid("team", &self.teams[at]))
            }
            1 => {
                let at = self.dice.below(WORKSPACES);
                let workspace = &mut self.model.workspaces[at];
                workspace.is_deleted = !workspace.is_deleted;
                let when = deleted(workspace.is_deleted);
                format!(
                    "update workspaces set deleted_at = {when} where id = {}",
                    uuid("workspace", &self.workspaces[at])
                )
            }
            _ => {
                let at = self.dice.below(TALKS);
                let talk = &mut self.model.talks[at];
                talk.in_trash = !talk.in_trash;
                let when = deleted(talk.in_trash);
                format!("update conversations set deleted_at = {when} where id = {}", self.thing(Thing::Talk(at)))
            }
        }
    }

    /// Somebody loses their role, or gets it back; it may also have ended by itself.
    fn allow(&mut self) -> String {
        let user = 4 + self.dice.below(USERS - 4);
        let allowed = !self.model.readers[user];
        self.model.readers[user] = allowed;
        let ends = if allowed { "null" } else { "'2026-06-01T11:00:00Z'" };
        let user = uuid("user", &self.people[user].id);
        format!("update user_roles set assigned_at = '2026-05-01', expires_at = {ends} where user_id = {user}")
    }
}
