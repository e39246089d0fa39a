//! Conditions of grants as GraphQL has them, on the way in and on the way out.

use std::str::FromStr;

use async_graphql::{Enum, InputObject, OneofObject, SimpleObject};
use chrono::Weekday;

use crate::access::{Condition, Minute, Own, Window};

/// When a grant counts: exactly one of these. At most 4 levels deep and 32 conditions and networks in all.
#[derive(OneofObject)]
pub enum GrantConditionInput {
    /// All of these hold.
    All(Vec<GrantConditionInput>),
    /// One of these holds.
    Any(Vec<GrantConditionInput>),
    /// This does not hold. What cannot be known, as the network of somebody without an address, holds neither way.
    Not(Box<GrantConditionInput>),
    /// `true`: only for things that the person owns. For `conversations`, `messages` and `shares`.
    Owner(bool),
    /// At these hours.
    Time(TimeWindowInput),
    /// From one of these networks, e.g. `10.0.0.0/8` or `2001:db8::/32`; a single address is written with `/32` or `/128`.
    Network(Vec<String>),
    /// With a second factor that was shown in the session within so many seconds, 1 to 86,400.
    SecondFactor(i32),
}

/// Hours of a day.
#[derive(InputObject)]
pub struct TimeWindowInput {
    /// The days on which the hours begin; every day if not given.
    days: Option<Vec<DayOfWeek>>,
    /// The first minute, as `HH:MM`.
    from: String,
    /// The minute after the last, as `HH:MM`. When it is not after `from`, the hours end on the next day.
    to: String,
    /// The time zone, by its IANA name, e.g. `Europe/Berlin`.
    zone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "Weekday")]
pub enum DayOfWeek {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl GrantConditionInput {
    /// The condition, or what is wrong with it.
    pub fn parse(self) -> Result<Condition, &'static str> {
        let condition = self.part()?;
        match condition.is_sound() {
            true => Ok(condition),
            false => Err("At most 4 levels and 32 conditions and networks, and nothing empty."),
        }
    }

    fn part(self) -> Result<Condition, &'static str> {
        let parts = |inner: Vec<Self>| inner.into_iter().map(Self::part).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::All(inner) => Condition::All(parts(inner)?),
            Self::Any(inner) => Condition::Any(parts(inner)?),
            Self::Not(inner) => Condition::Not(Box::new(inner.part()?)),
            Self::Owner(true) => Condition::Owner(Own),
            Self::Owner(false) => return Err("`owner` is true or left out."),
            Self::Time(window) => Condition::Time(window.parse()?),
            Self::Network(networks) => {
                let read = networks.iter().map(|network| network.parse().map_err(|_| "This is not a network."));
                Condition::Network(read.collect::<Result<_, _>>()?)
            }
            Self::SecondFactor(seconds) => match u32::try_from(seconds) {
                Ok(seconds @ 1..=86_400) => Condition::SecondFactor(seconds),
                _ => return Err("1 to 86,400 seconds."),
            },
        })
    }
}

impl TimeWindowInput {
    fn parse(self) -> Result<Window, &'static str> {
        let minute = |text: String| Minute::try_from(text).map_err(|_| "Hours are written as HH:MM.");
        let zone = chrono_tz::Tz::from_str(&self.zone).map_err(|_| "There is no such time zone.")?;
        let asked: Option<Vec<Weekday>> = self.days.map(|days| days.into_iter().map(Weekday::from).collect());
        let days = match asked {
            None => WEEK.to_vec(),
            Some(asked) => WEEK.into_iter().filter(|day| asked.contains(day)).collect(),
        };
        Ok(Window { days, from: minute(self.from)?, to: minute(self.to)?, zone })
    }
}

/// When a grant counts: exactly one field is not null.
#[derive(Clone, Default, SimpleObject)]
pub struct GrantCondition {
    /// All of these hold.
    all: Option<Vec<GrantCondition>>,
    /// One of these holds.
    any: Option<Vec<GrantCondition>>,
    /// This does not hold.
    not: Option<Box<GrantCondition>>,
    /// Only for things that the person owns.
    owner: Option<bool>,
    /// At these hours.
    time: Option<TimeWindow>,
    /// From one of these networks.
    network: Option<Vec<String>>,
    /// With a second factor that was shown in the session within so many seconds.
    second_factor: Option<u32>,
}

/// Hours of a day.
#[derive(Clone, SimpleObject)]
pub struct TimeWindow {
    /// The days on which the hours begin.
    days: Vec<DayOfWeek>,
    /// The first minute, as `HH:MM`.
    from: String,
    /// The minute after the last, as `HH:MM`; not after `from` when the hours end on the next day.
    to: String,
    /// The time zone, by its IANA name.
    zone: String,
}

impl From<Condition> for GrantCondition {
    fn from(condition: Condition) -> Self {
        let parts = |inner: Vec<Condition>| Some(inner.into_iter().map(Self::from).collect());
        let none = Self::default();
        match condition {
            Condition::All(inner) => Self { all: parts(inner), ..none },
            Condition::Any(inner) => Self { any: parts(inner), ..none },
            Condition::Not(inner) => Self { not: Some(Box::new((*inner).into())), ..none },
            Condition::Owner(_) => Self { owner: Some(true), ..none },
            Condition::Time(window) => Self { time: Some(window.into()), ..none },
            Condition::Network(networks) => {
                Self { network: Some(networks.iter().map(ToString::to_string).collect()), ..none }
            }
            Condition::SecondFactor(seconds) => Self { second_factor: Some(seconds), ..none },
        }
    }
}

impl From<Window> for TimeWindow {
    fn from(window: Window) -> Self {
        Self {
            days: window.days.into_iter().map(DayOfWeek::from).collect(),
            from: window.from.into(),
            to: window.to.into(),
            zone: window.zone.name().to_owned(),
        }
    }
}
