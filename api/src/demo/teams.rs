//! The team and the workspaces of the demo world.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{TeamId, WorkspaceId};
use entity::share::{Audience, Level};
use entity::team_member::Role;
use entity::{membership_invitation, share, team, team_member, workspace};

use super::world::{FIRST_DAY, World};
use crate::graphql::id::WireId;

const MEMBERS: &[(&str, Role)] =
    &[("ines", Role::Owner), ("kofi", Role::Admin), ("lena", Role::Member), ("reza", Role::Viewer)];

impl World {
    pub(super) fn add_teams(&mut self) {
        let begun = FIRST_DAY + TimeDelta::days(66);
        let [board, stage] = [("board", "Festival board"), ("stage", "Stage crew")].map(|(key, name)| {
            let id: TeamId = self.name(&format!("team/{key}"), begun);
            let deleted_at = (key == "stage").then(|| begun + TimeDelta::days(2));
            self.teams.push(team::Model {
                id,
                name: name.to_owned(),
                description: String::new(),
                version: if deleted_at.is_some() { 2 } else { 1 },
                created_at: begun,
                updated_at: deleted_at.unwrap_or(begun),
                deleted_at,
            });
            id
        });
        for (username, role) in MEMBERS {
            self.join(board, username, *role, begun);
        }
        self.join(stage, "ines", Role::Owner, begun);
        let festival = self.add_workspace("festival", "Spring festival", begun);
        let attic = self.add_workspace("attic", "Last year", begun);
        self.member("festival", festival, "ines", Level::Owner, begun);
        self.member("attic", attic, "ines", Level::Owner, begun);
        self.member("festival", festival, "yuki", Level::Comment, begun);
        let id = self.name("share/festival/board", begun);
        self.shares.push(share::Model {
            audience: Audience::Team,
            team_id: Some(board),
            level: Level::Write,
            ..share::Model::new(id, festival, "workspace", self.account("ines"), begun)
        });
        let talk = self.ids.get("conversation/train").cloned();
        if let Some(row) = self.conversations.iter_mut().find(|row| talk == Some(row.id.encode().to_string())) {
            row.workspace_id = Some(festival);
        }
    }

    /// Open invitations into the first team, which its owner made.
    pub(super) fn add_memberships(&mut self) {
        let at = FIRST_DAY + TimeDelta::days(67);
        let team_id = self.teams.first().map(|team| team.id);
        for username in ["yuki", "milo", "tove"] {
            let id = self.name(&format!("membership/{username}"), at);
            self.memberships.push(membership_invitation::Model {
                id,
                team_id,
                workspace_id: None,
                user_id: Some(self.account(username)),
                email: None,
                role: "member".to_owned(),
                invited_by: Some(self.account("ines")),
                created_at: at,
                expires_at: at + TimeDelta::days(36_500),
                answer: None,
                answered_at: None,
                answered_by: None,
            });
        }
    }

    /// The link whose secret the examples know: nothing in the demo is secret.
    pub(super) fn add_link(&mut self) {
        let talk = self.ids.get("conversation/garden").cloned();
        let talk = self.conversations.iter().find(|row| talk == Some(row.id.encode().to_string())).map(|row| row.id);
        let at = FIRST_DAY + TimeDelta::days(68);
        let id = self.name("share/garden/link", at);
        self.shares.extend(talk.map(|talk| share::Model {
            audience: Audience::Link,
            ..share::Model::new(id, talk, "conversation", self.account("ines"), at)
        }));
        self.links.push(id);
    }

    fn join(&mut self, team: TeamId, username: &str, role: Role, at: DateTime<Utc>) {
        let added_by = (role != Role::Owner).then(|| self.account("ines"));
        let user_id = self.account(username);
        self.team_members.push(team_member::Model { team_id: team, user_id, role, added_by, joined_at: at });
    }

    fn add_workspace(&mut self, key: &str, name: &str, at: DateTime<Utc>) -> WorkspaceId {
        let id: WorkspaceId = self.name(&format!("workspace/{key}"), at);
        let deleted_at = (key == "attic").then(|| at + TimeDelta::days(3));
        self.workspaces.push(workspace::Model {
            id,
            name: name.to_owned(),
            description: "Everything about it in one place.".to_owned(),
            version: if deleted_at.is_some() { 2 } else { 1 },
            created_at: at,
            updated_at: deleted_at.unwrap_or(at),
            deleted_at,
        });
        id
    }

    fn member(&mut self, key: &str, of: WorkspaceId, username: &str, level: Level, at: DateTime<Utc>) {
        let id = self.name(&format!("share/{key}/{username}"), at);
        let grantee_id = Some(self.account(username));
        let row =
            share::Model { grantee_id, level, ..share::Model::new(id, of, "workspace", self.account("ines"), at) };
        self.shares.push(row);
    }
}
