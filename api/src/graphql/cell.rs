//! What a column shows, on its way into the answer: as a value for the framework, or as JSON at once.

use async_graphql::Value;
use async_graphql::parser::types::SelectionSet;
use async_graphql::resolver_utils::EnumType;
use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use uuid::Uuid;

use super::engine::encode_string;
use super::id::{WireId, write_id};
use super::row::Told;
use super::scalars;

/// What a column shows.
pub enum Cell<'r> {
    Null,
    Boolean(bool),
    Number(i64),
    Text(&'r str),
    Made(String),
    /// An id with its prefix.
    Id(&'static str, Uuid),
    Time(DateTime<Utc>),
    /// An object with what is selected of it, which costs nothing besides the one that it is in.
    Row(&'r (dyn Told + 'r), &'r SelectionSet),
    /// Something whose cost is read off the answer, so that it has to stay visible there.
    Counted(Value),
}

impl<'r> Cell<'r> {
    pub fn id(id: impl WireId) -> Self {
        Self::of_id(id)
    }

    fn of_id<I: WireId>(id: I) -> Self {
        Self::Id(I::PREFIX, id.into())
    }

    /// A value of an enum under its name.
    pub fn name<T: EnumType>(value: T) -> Self {
        T::items().iter().find(|item| item.value == value).map_or(Self::Null, |item| Self::Text(item.name))
    }

    /// Appends it as JSON; false for what is counted, after which nothing that was written is of use.
    pub fn write(self, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(true) => out.extend_from_slice(b"true"),
            Self::Boolean(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            Self::Text(text) => encode_string(text, out),
            Self::Made(text) => encode_string(&text, out),
            Self::Id(prefix, id) => {
                out.push(b'"');
                write_id(prefix, id, out);
                out.push(b'"');
            }
            Self::Time(at) => {
                out.push(b'"');
                write_time(at, out);
                out.push(b'"');
            }
            Self::Row(row, set) => return row.write(set, out),
            Self::Counted(_) => return false,
        }
        true
    }

    /// The value for the framework; nothing for an object that cannot be told.
    pub fn into_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => value.into(),
            Self::Number(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Made(text) => text.into(),
            Self::Id(..) | Self::Time(_) => {
                let mut text = Vec::with_capacity(40);
                self.write(&mut text);
                Value::Binary(text.into())
            }
            Self::Row(row, set) => {
                let mut object = Vec::new();
                row.write(set, &mut object).then(|| Value::Binary(object.into()))?
            }
            Self::Counted(value) => value,
        })
    }
}

/// As RFC 3339 in UTC with milliseconds.
fn write_time(at: DateTime<Utc>, out: &mut Vec<u8>) {
    let (year, nanoseconds) = (at.year(), at.nanosecond());
    // Other years have signs, and a leap second is one that chrono writes as such.
    let (Ok(year @ 0..=9999), 0..1_000_000_000) = (u32::try_from(year), nanoseconds) else {
        out.extend_from_slice(at.to_rfc3339_opts(SecondsFormat::Millis, true).as_bytes());
        return;
    };
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, digits: usize, mut number: u32| {
        for place in (at..at + digits).rev() {
            text[place] = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, at.month());
    put(8, 2, at.day());
    put(11, 2, at.hour());
    put(14, 2, at.minute());
    put(17, 2, at.second());
    put(20, 3, nanoseconds / 1_000_000);
    out.extend_from_slice(&text);
}

macro_rules! cells {
    ($($type:ty: |$value:ident| $cell:expr;)*) => {$(
        impl<'r> From<$type> for Cell<'r> {
            fn from($value: $type) -> Self {
                $cell
            }
        }
    )*};
}

cells! {
    bool: |value| Cell::Boolean(value);
    i32: |value| Cell::Number(value.into());
    i64: |value| Cell::Number(value);
    &'r str: |text| Cell::Text(text);
    String: |text| Cell::Made(text);
    DateTime<Utc>: |at| Cell::Time(at);
    scalars::DateTime: |at| Cell::Time(at.0);
}

impl<'r, T: Into<Cell<'r>>> From<Option<T>> for Cell<'r> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_chrono() {
        let moments = ["2026-03-01T09:30:00.123987Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"];
        let odd = ["2016-12-31T23:59:60.5Z", "+10000-01-01T00:00:00Z", "-0001-12-31T00:00:00.001Z"];
        for text in moments.into_iter().chain(odd) {
            let at: DateTime<Utc> = text.parse().expect("a moment");
            let mut written = Vec::new();
            write_time(at, &mut written);
            assert_eq!(String::from_utf8_lossy(&written), at.to_rfc3339_opts(SecondsFormat::Millis, true), "{text}");
        }
    }
}
