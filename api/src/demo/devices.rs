//! What the people of the demo have signed in with.

use chrono::{DateTime, TimeDelta, Utc};
use entity::api_key;
use entity::device::{self, Platform};
use entity::security_event::{self, Kind};
use entity::session;

use super::world::{FIRST_DAY, World};
use crate::access::Permission;

/// Somebody's device: whose, its name in paths, what it is called, what it is, and the days on which it was first and
/// last seen.
const DEVICES: &[(&str, &str, &str, Platform, [i64; 2])] = &[
    ("ines", "laptop", "Firefox on Linux", Platform::Browser, [0, 60]),
    ("ines", "phone", "Phone of Inês", Platform::Mobile, [3, 61]),
    ("ines", "tablet", "Safari on iPad", Platform::Mobile, [20, 44]),
    ("noor", "laptop", "Edge on Windows", Platform::Browser, [0, 59]),
    ("kofi", "script", "Python", Platform::Script, [30, 58]),
];

/// The device of [`DEVICES`] that is trusted.
const TRUSTED: (&str, &str) = ("ines", "laptop");

/// Where everybody is: an address that is kept for documents.
const ADDRESS: &str = "192.0.2.44";

/// Somebody's API keys: whose, its name in paths, what it is called, what it may do, and the day it was made.
const KEYS: &[(&str, &str, &str, &[Permission], i64)] = &[
    ("ines", "backup", "Nightly backup", &[Permission::ConversationsRead], 12),
    ("ines", "bot", "Reading club bot", &[Permission::ConversationsRead, Permission::MessagesWrite], 33),
];

impl World {
    pub(super) fn add_api_keys(&mut self) {
        for (username, path, name, scopes, day) in KEYS {
            let at = FIRST_DAY + TimeDelta::days(*day);
            let id = self.name(&format!("api-key/{username}/{path}"), at);
            self.api_keys.push(api_key::Model {
                id,
                user_id: self.account(username),
                name: (*name).to_owned(),
                scopes: scopes.iter().map(|scope| scope.name().to_owned()).collect(),
                may_act_as: false,
                generation: 0,
                previous_expires_at: None,
                expires_at: FIRST_DAY + TimeDelta::days(3650),
                last_used_at: Some(FIRST_DAY + TimeDelta::days(60)),
                revoked_at: None,
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
    }

    /// A device with a session each. Nobody has their tokens, so the sessions may last.
    pub(super) fn add_devices(&mut self) {
        let later = FIRST_DAY + TimeDelta::days(3650);
        for (username, path, name, platform, [first, last]) in DEVICES {
            let (user_id, began) = (self.account(username), FIRST_DAY + TimeDelta::days(*first));
            let seen = FIRST_DAY + TimeDelta::days(*last);
            let id = self.name(&format!("device/{username}/{path}"), began);
            self.devices.push(device::Model {
                id,
                user_id,
                fingerprint: format!("{username}/{path}").into_bytes(),
                name: (*name).to_owned(),
                platform: *platform,
                trusted_until: (TRUSTED == (username, path)).then_some(later),
                version: 1,
                created_at: began,
                updated_at: began,
                last_seen_at: seen,
            });
            let session = session::Model {
                id: self.name(&format!("session/{username}/{path}"), seen),
                user_id,
                generation: 0,
                created_at: seen,
                last_active_at: seen,
                expires_at: later,
                ended_at: None,
                end_reason: None,
                device_id: Some(id),
                address: Some(ADDRESS.to_owned()),
                idle_expires_at: later,
                second_factor_at: None,
                impersonator_id: None,
                impersonation_reason: None,
                allows_writing: false,
            };
            self.sessions.push(session);
            if *first > 0 {
                self.add_event(username, Kind::NewDevice, began, name);
            }
        }
        self.add_event("ines", Kind::SignInFailed, FIRST_DAY + TimeDelta::days(31), "curl");
        self.add_event("ines", Kind::DeviceTrusted, FIRST_DAY + TimeDelta::days(40), "Firefox on Linux");
    }

    fn add_event(&mut self, username: &str, kind: Kind, at: DateTime<Utc>, device: &str) {
        let id = self.name(&format!("security-event/{username}/{}", self.security_events.len()), at);
        self.security_events.push(security_event::Model {
            id,
            user_id: self.account(username),
            kind,
            at,
            session_id: None,
            device: Some(device.to_owned()),
            address: Some(ADDRESS.to_owned()),
        });
    }
}
