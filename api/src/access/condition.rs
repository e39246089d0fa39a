//! When a grant counts: a small language of conditions, kept as JSON beside the grant.
//!
//! It is read strictly: what this version does not know, in whatever place, makes the whole grant count for nothing. What
//! cannot be known, such as the place of somebody without an address, is neither true nor false, and denies in the end.

use std::net::IpAddr;

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Levels of conditions inside of conditions.
pub const DEEPEST: usize = 4;
/// Conditions in one, and networks in all of them together.
pub const MOST: usize = 32;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// For things that one owns.
    Owner(Own),
    Time(Window),
    /// From one of these networks.
    Network(Vec<IpNet>),
    /// With a second factor that was shown in this session within so many seconds.
    SecondFactor(u32),
}

/// `true`, and nothing else.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct Own;

/// Hours of a day, in a time zone. When `to` is not after `from` they end on the next day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The days on which they begin.
    pub days: Vec<Weekday>,
    pub from: Minute,
    pub to: Minute,
    pub zone: Tz,
}

/// A minute of the day, written as `09:30`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u32);

/// What conditions are held against.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    pub at: DateTime<Utc>,
    pub address: Option<IpAddr>,
    /// When the second factor was shown in the session.
    pub second_factor_at: Option<DateTime<Utc>>,
}

impl Condition {
    /// The condition that the database keeps; nothing if it is not wholly understood.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(Self::is_sound)
    }

    /// Whether it is of a size that is looked at, and no part is empty.
    pub fn is_sound(&self) -> bool {
        self.depth() <= DEEPEST && self.size().is_some_and(|size| size <= MOST)
    }

    fn inner(&self) -> &[Self] {
        match self {
            Self::All(inner) | Self::Any(inner) => inner,
            Self::Not(inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }

    fn depth(&self) -> usize {
        1 + self.inner().iter().map(Self::depth).max().unwrap_or(0)
    }

    /// Nothing if a part is empty.
    fn size(&self) -> Option<usize> {
        match self {
            Self::Network(networks) => Some(networks.len()).filter(|count| *count > 0),
            Self::Time(window) => Some(1).filter(|_| !window.days.is_empty()),
            Self::All(inner) | Self::Any(inner) if inner.is_empty() => None,
            _ => self.inner().iter().try_fold(1, |size: usize, inner| Some(size + inner.size()?)),
        }
    }

    /// Whether it asks who owns a thing.
    pub fn asks_for_owner(&self) -> bool {
        matches!(self, Self::Owner(_)) || self.inner().iter().any(Self::asks_for_owner)
    }

    /// Whether the grant counts: for things that one owns, or for others.
    pub fn holds(&self, now: &Circumstances, owned: bool) -> bool {
        self.asked(now, owned) == Some(true)
    }

    /// Nothing for what cannot be known.
    fn asked(&self, now: &Circumstances, owned: bool) -> Option<bool> {
        match self {
            Self::All(inner) => decided(inner.iter().map(|inner| inner.asked(now, owned)), false),
            Self::Any(inner) => decided(inner.iter().map(|inner| inner.asked(now, owned)), true),
            Self::Not(inner) => inner.asked(now, owned).map(|held| !held),
            Self::Owner(_) => Some(owned),
            Self::Time(window) => Some(window.contains(now.at)),
            Self::Network(networks) => {
                let address = now.address?.to_canonical();
                Some(networks.iter().any(|network| network.contains(&address)))
            }
            Self::SecondFactor(seconds) => Some(now.second_factor_at.is_some_and(|shown| {
                let ago = now.at - shown;
                ago.num_milliseconds() >= 0 && ago.num_milliseconds() <= i64::from(*seconds) * 1000
            })),
        }
    }
}

/// `end` as soon as one part says so; unknown if none does and one is.
fn decided(parts: impl Iterator<Item = Option<bool>>, end: bool) -> Option<bool> {
    let mut all = Some(!end);
    for part in parts {
        match part {
            Some(said) if said == end => return Some(end),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

impl Window {
    fn contains(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone);
        let (now, today) = (Minute(local.hour() * 60 + local.minute()), local.weekday());
        let begins = |day: Weekday| self.days.contains(&day);
        match self.from < self.to {
            true => begins(today) && self.from <= now && now < self.to,
            false => begins(today) && self.from <= now || begins(today.pred()) && now < self.to,
        }
    }
}

impl TryFrom<bool> for Own {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("only true") }
    }
}

impl From<Own> for bool {
    fn from(_: Own) -> Self {
        true
    }
}

impl TryFrom<String> for Minute {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let number = |part: &str, end| part.parse::<u32>().ok().filter(|number| *number < end);
        let parts = text.split_once(':').filter(|(hour, minute)| digits(hour) && digits(minute));
        parts.and_then(|(hour, minute)| Some(Self(number(hour, 24)? * 60 + number(minute, 60)?))).ok_or("not HH:MM")
    }
}

impl From<Minute> for String {
    fn from(minute: Minute) -> Self {
        format!("{:02}:{:02}", minute.0 / 60, minute.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(at: &str, address: Option<&str>, shown: Option<&str>) -> Circumstances {
        let moment = |text: &str| text.parse().expect("a moment");
        let address = address.map(|text| text.parse().expect("an address"));
        Circumstances { at: moment(at), address, second_factor_at: shown.map(moment) }
    }

    const NOON: &str = "2026-06-01T12:00:00Z";

    #[test]
    fn what_is_not_wholly_understood_is_nothing() {
        for bad in [
            r#"{}"#,
            r#"true"#,
            r#"{"owner":false}"#,
            r#"{"owner":1}"#,
            r#"{"moon":"full"}"#,
            r#"{"owner":true,"moon":"full"}"#,
            r#"{"not":{"moon":"full"}}"#,
            r#"{"any":[{"owner":true},{"moon":"full"}]}"#,
            r#"{"all":[]}"#,
            r#"{"any":[]}"#,
            r#"{"network":[]}"#,
            r#"{"network":["10.0.0.0/33"]}"#,
            r#"{"secondFactor":-1}"#,
            r#"{"time":{"days":["Mon"],"from":"09:00","to":"17:00","zone":"Mars/Olympus"}}"#,
            r#"{"time":{"days":["Mon"],"from":"9:00","to":"17:00","zone":"UTC"}}"#,
            r#"{"time":{"days":["Mon"],"from":"09:00","to":"24:00","zone":"UTC"}}"#,
            r#"{"time":{"days":[],"from":"09:00","to":"17:00","zone":"UTC"}}"#,
            r#"{"time":{"days":["Mon"],"from":"09:00","to":"17:00","zone":"UTC","moon":"full"}}"#,
            r#"{"not":{"not":{"not":{"not":{"owner":true}}}}}"#,
        ] {
            assert_eq!(Condition::read(bad), None, "{bad}");
        }
        let good = r#"{"any":[{"time":{"days":["Mon"],"from":"09:00","to":"17:00","zone":"Europe/Berlin"}},{"all":[{"owner":true},{"not":{"network":["10.0.0.0/8"]}},{"secondFactor":900}]}]}"#;
        let written = Condition::read(good).map(|condition| serde_json::to_string(&condition).expect("it is JSON"));
        assert_eq!(written.as_deref(), Some(good));
    }

    #[test]
    fn hours_follow_the_clocks_of_their_zone() {
        let window = |days: &str, from: &str, to: &str| {
            let zone = "Europe/Berlin";
            Condition::read(&format!(r#"{{"time":{{"days":[{days}],"from":"{from}","to":"{to}","zone":"{zone}"}}}}"#))
                .expect("a condition that is understood")
        };
        let office = window(r#""Mon","Tue","Wed","Thu","Fri""#, "09:00", "17:00");
        let night = window(r#""Fri""#, "22:00", "06:00");
        for (condition, at, held) in [
            // Summer time, then winter time.
            (&office, "2026-06-01T06:59:59Z", false),
            (&office, "2026-06-01T07:00:00Z", true),
            (&office, "2026-06-01T14:59:59Z", true),
            (&office, "2026-06-01T15:00:00Z", false),
            (&office, "2026-12-01T07:59:59Z", false),
            (&office, "2026-12-01T08:00:00Z", true),
            (&office, "2026-06-06T10:00:00Z", false),
            // From Friday evening to Saturday morning.
            (&night, "2026-06-05T19:59:59Z", false),
            (&night, "2026-06-05T20:00:00Z", true),
            (&night, "2026-06-06T03:59:59Z", true),
            (&night, "2026-06-06T04:00:00Z", false),
            (&night, "2026-06-05T03:00:00Z", false),
            (&night, "2026-06-06T20:00:00Z", false),
        ] {
            assert_eq!(condition.holds(&now(at, None, None), false), held, "{at}");
        }
    }

    #[test]
    fn what_cannot_be_known_denies_also_when_turned_around() {
        let inside =
            Condition::read(r#"{"network":["10.0.0.0/8","2001:db8::/32"]}"#).expect("a condition that is understood");
        let outside = Condition::Not(Box::new(inside.clone()));
        for (address, within, without) in [
            (Some("10.1.2.3"), true, false),
            (Some("::ffff:10.1.2.3"), true, false),
            (Some("2001:db8::1"), true, false),
            (Some("11.1.2.3"), false, true),
            (None, false, false),
        ] {
            let now = now(NOON, address, None);
            assert_eq!((inside.holds(&now, true), outside.holds(&now, true)), (within, without), "{address:?}");
        }
        let either = Condition::Any(vec![outside.clone(), Condition::Owner(Own)]);
        assert!(either.holds(&now(NOON, None, None), true));
        assert!(!either.holds(&now(NOON, None, None), false));
        assert!(!Condition::All(vec![outside, Condition::Owner(Own)]).holds(&now(NOON, None, None), true));
    }

    #[test]
    fn a_second_factor_counts_for_a_while() {
        let shown = Condition::SecondFactor(900);
        for (at, held) in [
            (None, false),
            (Some("2026-06-01T11:45:00Z"), true),
            (Some("2026-06-01T11:44:59.999Z"), false),
            (Some("2026-06-01T12:00:00.001Z"), false),
        ] {
            assert_eq!(shown.holds(&now(NOON, None, at), false), held, "{at:?}");
        }
    }
}
