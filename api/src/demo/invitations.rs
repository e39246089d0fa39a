//! The invitations of the demo world, one in each state. Nobody knows a code of theirs.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::RoleId;
use entity::invitation;

use super::world::{FIRST_DAY, World};

/// Name, role besides that of newcomers, days until it ends, and after how many it was used by whom or taken back.
type Invited = (&'static str, Option<&'static str>, i64, Option<(i64, Option<&'static str>)>);

const INVITED: &[Invited] = &[
    ("auditors", Some("auditor"), 36_500, None),
    ("tove", None, 14, Some((3, Some("tove")))),
    ("nobody", None, 7, None),
    ("mistake", Some("support"), 36_500, Some((1, None))),
];

impl World {
    pub(super) fn add_invitations(&mut self) {
        for (day, (name, role, days, end)) in (20..).zip(INVITED) {
            let at: DateTime<Utc> = FIRST_DAY + TimeDelta::days(day);
            let id = self.name(&format!("invitation/{name}"), at);
            let ended = end.map(|(days, _)| at + TimeDelta::days(days));
            let by = end.and_then(|(_, by)| by);
            self.invitations.push(invitation::Model {
                id,
                code_hash: id.0.as_bytes().to_vec(),
                email: by.map(|name| format!("{name}@example.org")),
                invited_by: Some(self.account("kofi")),
                created_at: at,
                expires_at: at + TimeDelta::days(*days),
                used_at: ended.filter(|_| by.is_some()),
                used_by: by.map(|name| self.account(name)),
                role_id: role.and_then(|role| self.role(role)),
                revoked_at: ended.filter(|_| by.is_none()),
            });
        }
    }

    fn role(&self, name: &str) -> Option<RoleId> {
        self.roles.iter().find(|row| row.name == name).map(|row| row.id)
    }
}
