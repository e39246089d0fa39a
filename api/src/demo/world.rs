//! The rows of the demo world, made of the tables of [`super::people`] and [`super::texts`] without chance or clock.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ConversationId, PermissionId, RoleId, ShareId, UserId};
use entity::user::State;
use entity::{
    advisor, api_key, conversation, device, invitation, membership_invitation, message, permission, role,
    role_permission, security_event, session, share, team, team_member, tool, tool_call, user, user_role, workspace,
};
use uuid::Uuid;

use super::id::id;
use super::people::{CUSTOM_ROLES, EXTRAS, PEOPLE};
use super::texts::{OTHERS, OWN};
use crate::access::{DEFAULT_ROLES, Pattern, Permission};
use crate::graphql::id::WireId;

/// When the demo world begins: 2 March 2026, 9 in the morning.
pub const FIRST_DAY: DateTime<Utc> = match DateTime::from_timestamp(1_772_442_000, 0) {
    Some(at) => at,
    None => DateTime::UNIX_EPOCH,
};

/// Who gives the roles that do not come with the account.
const ADMINISTRATOR: &str = "noor";

/// Every row of the demo world, in the order in which they can be inserted. What triggers fill is left at its start.
#[derive(Default)]
pub struct World {
    pub users: Vec<user::Model>,
    pub api_keys: Vec<api_key::Model>,
    pub devices: Vec<device::Model>,
    pub sessions: Vec<session::Model>,
    pub security_events: Vec<security_event::Model>,
    pub permissions: Vec<permission::Model>,
    pub roles: Vec<role::Model>,
    pub grants: Vec<role_permission::Model>,
    pub assignments: Vec<user_role::Model>,
    pub invitations: Vec<invitation::Model>,
    pub teams: Vec<team::Model>,
    pub team_members: Vec<team_member::Model>,
    pub workspaces: Vec<workspace::Model>,
    pub memberships: Vec<membership_invitation::Model>,
    pub conversations: Vec<conversation::Model>,
    pub messages: Vec<message::Model>,
    pub tools: Vec<tool::Model>,
    pub advisors: Vec<advisor::Model>,
    pub tool_calls: Vec<tool_call::Model>,
    pub shares: Vec<share::Model>,
    /// The shares that are links with the secret of the examples.
    pub links: Vec<ShareId>,
    /// The id on the wire of everything, by its path: `user/ines`, `role/support`, `conversation/garden`,
    /// `message/garden/3` (by position), `call/train/3/1`, `share/garden/kofi`, `device/ines/phone`,
    /// `session/ines/phone`, `api-key/ines/bot`, `invitation/tove`, `team/board`, `workspace/festival`, `tool/seats`,
    /// `advisor/rail`.
    pub ids: BTreeMap<String, String>,
    accounts: HashMap<&'static str, UserId>,
    role_ids: HashMap<&'static str, RoleId>,
}

impl World {
    /// The same world every time.
    pub fn new() -> Self {
        let mut world = Self::default();
        world.add_users();
        world.add_devices();
        world.add_api_keys();
        world.add_roles();
        world.assign_roles();
        world.add_invitations();
        for script in OWN.iter().chain(OTHERS) {
            world.add_script(script);
        }
        world.add_topics();
        world.add_drill();
        world.add_teams();
        world.add_memberships();
        world.add_link();
        world.add_tools();
        world.add_advisors();
        world
    }

    /// Gives the thing at `path` its id and remembers it.
    pub(super) fn name<T: WireId>(&mut self, path: &str, at: DateTime<Utc>) -> T {
        let id: T = id(path, at);
        self.ids.insert(path.to_owned(), id.encode().to_string());
        id
    }

    pub(super) fn account(&self, username: &str) -> UserId {
        self.accounts.get(username).copied().unwrap_or(UserId(Uuid::nil()))
    }

    fn add_users(&mut self) {
        let people = PEOPLE.iter().map(|person| (person.username, person.display_name, State::Active));
        let extras = EXTRAS.iter().map(|(username, display_name, _, state)| (*username, *display_name, *state));
        for (number, (username, display_name, state)) in (1..).zip(people.chain(extras)) {
            let at = FIRST_DAY + TimeDelta::minutes(7 * number);
            let id = self.name(&format!("user/{username}"), at);
            let changed = state != State::Active;
            self.accounts.insert(username, id);
            self.users.push(user::Model {
                id,
                number,
                username: username.to_owned(),
                handle: username.to_ascii_lowercase().replace('.', "-"),
                display_name: display_name.to_owned(),
                email: (number % 9 != 0).then(|| format!("{username}@example.org")),
                password_hash: None,
                state,
                version: if changed { 2 } else { 1 },
                created_at: at,
                updated_at: if changed { at + TimeDelta::days(40) } else { at },
                last_signed_in_at: None,
                email_verified_at: None,
                password_changed_at: None,
                state_changed_at: changed.then(|| at + TimeDelta::days(40)),
                state_reason: None,
                suspended_until: None,
            });
        }
    }

    fn add_roles(&mut self) {
        let one = Permission::ALL.iter().copied().map(Pattern::One);
        for permission in one.chain(Pattern::wildcards()) {
            let id: PermissionId = self.name(&format!("permission/{}", permission.name()), FIRST_DAY);
            self.permissions.push(permission::Model {
                id,
                name: permission.name(),
                resource: permission.resource().to_owned(),
                action: permission.action().to_owned(),
                description: permission.description(),
                created_at: FIRST_DAY,
            });
        }
        for role in DEFAULT_ROLES {
            let grants: Vec<Pattern> = role.grants().collect();
            self.add_role(role.name, role.description, &grants, role.level, None, FIRST_DAY);
        }
        let by = self.account(ADMINISTRATOR);
        for (day, role) in (3..).zip(CUSTOM_ROLES) {
            let at = FIRST_DAY + TimeDelta::days(day);
            let grants: Vec<Pattern> = role.permissions.iter().copied().map(Pattern::One).collect();
            self.add_role(role.name, role.description, &grants, role.level, Some(by), at);
        }
        for row in &mut self.roles {
            let custom = CUSTOM_ROLES.iter().find(|custom| custom.name == row.name);
            row.parent_id = custom.and_then(|custom| self.role_ids.get(custom.parent?).copied());
        }
    }

    fn add_role(
        &mut self,
        name: &'static str,
        description: &str,
        permissions: &[Pattern],
        level: i32,
        by: Option<UserId>,
        at: DateTime<Utc>,
    ) {
        let id = self.name(&format!("role/{name}"), at);
        self.role_ids.insert(name, id);
        self.roles.push(role::Model {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            is_default: by.is_none(),
            parent_id: None,
            is_active: true,
            level,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        let granted = self.permissions.iter().filter(|row| permissions.iter().any(|one| one.name() == row.name));
        self.grants.extend(granted.map(|permission| role_permission::Model {
            role_id: id,
            permission_id: permission.id,
            granted_by: by,
            created_at: at,
        }));
    }

    fn assign_roles(&mut self) {
        let people = PEOPLE.iter().map(|person| (person.username, person.roles));
        let extras = EXTRAS.iter().map(|extra| (extra.0, std::slice::from_ref(&extra.2)));
        for (username, roles) in people.chain(extras) {
            for (days, role) in (0..).zip(roles) {
                let custom = CUSTOM_ROLES.iter().find(|custom| custom.name == *role);
                let user_id = self.account(username);
                let Some(account) = self.users.iter().find(|row| row.id == user_id) else { continue };
                let Some(role_id) = self.role_ids.get(role).copied() else { continue };
                self.assignments.push(user_role::Model {
                    user_id,
                    role_id,
                    assigned_by: custom.map(|_| self.account(ADMINISTRATOR)),
                    assigned_at: account.created_at + TimeDelta::days(10 * days),
                    expires_at: custom.filter(|custom| custom.expires).map(|_| FIRST_DAY + TimeDelta::days(36_500)),
                });
            }
        }
    }
}

/// The id on the wire of the thing at `path`, e.g. `message/garden/3`: see [`World::ids`].
pub fn id_of(path: &str) -> Option<String> {
    World::new().ids.remove(path)
}

/// The messages of a conversation, in the order of appending.
pub(super) fn messages_of(world: &World, id: ConversationId) -> impl Iterator<Item = &message::Model> {
    world.messages.iter().filter(move |row| row.conversation_id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use entity::message::Role;

    use super::*;

    fn owned(world: &World, username: &str) -> usize {
        world.conversations.iter().filter(|row| row.owner_id == world.account(username)).count()
    }

    #[test]
    fn two_worlds_are_one() {
        let (one, other) = (World::new(), World::new());
        assert_eq!(one.ids, other.ids);
        assert_eq!(one.messages, other.messages);
        assert_eq!(one.conversations, other.conversations);
        assert_eq!(id_of("user/ines"), one.ids.get("user/ines").cloned());
    }

    #[test]
    fn every_id_is_given_once() {
        let world = World::new();
        let rows = world.users.len()
            + world.api_keys.len()
            + world.devices.len()
            + world.sessions.len()
            + world.security_events.len()
            + world.permissions.len()
            + world.roles.len()
            + world.invitations.len()
            + world.teams.len()
            + world.workspaces.len()
            + world.memberships.len()
            + world.conversations.len()
            + world.messages.len()
            + world.tools.len()
            + world.advisors.len()
            + world.tool_calls.len()
            + world.shares.len();
        assert_eq!(world.ids.len(), rows);
        assert_eq!(world.ids.values().collect::<HashSet<_>>().len(), rows);
    }

    #[test]
    fn there_is_enough_to_page_through() {
        let world = World::new();
        assert!(world.users.len() >= 30);
        assert!(owned(&world, "ines") >= 45);
        assert_eq!(owned(&world, "milo"), 0);
        let drill = world.conversations.iter().map(|row| messages_of(&world, row.id).count()).max();
        assert!(drill >= Some(130));
    }

    #[test]
    fn every_kind_of_thing_occurs() {
        let world = World::new();
        assert_eq!(world.messages.iter().map(|row| row.role).collect::<HashSet<Role>>().len(), 4);
        assert_eq!(world.messages.iter().filter_map(|row| row.finish_reason).collect::<HashSet<_>>().len(), 6);
        assert_eq!(world.tool_calls.iter().map(|row| row.status).collect::<HashSet<_>>().len(), 6);
        assert!(world.tool_calls.iter().any(|row| row.raw_arguments.is_some()));
        assert_eq!(world.shares.iter().map(|row| row.level).collect::<HashSet<_>>().len(), 4);
        assert!(world.conversations.iter().any(|row| row.deleted_at.is_some()));
        assert!(world.conversations.iter().any(|row| row.archived_at.is_some() && row.title.is_some()));
        assert!(world.assignments.iter().any(|row| row.expires_at.is_some()));
        assert!(world.users.iter().all(|row| row.password_hash.is_none()));
    }

    #[test]
    fn somebody_wrote_where_they_no_longer_read() {
        let world = World::new();
        let lena = world.account("lena");
        let choir = world.conversations.iter().find(|row| row.title.as_deref() == Some("Choir rota for the summer"));
        let choir = choir.map(|row| row.id).expect("the demo has a choir");
        assert!(messages_of(&world, choir).any(|row| row.author_id == Some(lena)));
        assert!(!world.shares.iter().any(|row| row.thing_id == choir.into() && row.grantee_id == Some(lena)));
    }
}
