//! Which form an answer has: `Accept` with its quality values.

/// The forms of a GraphQL answer. The two of JSON differ in what the status code says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MediaType {
    /// `application/json`: 200 for whatever was understood as a GraphQL request.
    Json,
    /// `application/graphql-response+json`: the status tells a request error from an answer.
    GraphqlResponse,
    /// `text/event-stream`: every result as an event. What is refused before there are any is JSON.
    EventStream,
}

impl MediaType {
    pub fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse | Self::EventStream => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// The best of them for an `Accept` header; nothing if it takes none. Without a header, and for those who take anything,
/// it is JSON; where both are named equally, the newer one. Events have to be asked for by name, and not less than JSON;
/// clients that take all of them equally mean the one that they name first.
pub fn accepted(accept: Option<&str>) -> Option<MediaType> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Some(MediaType::Json) };
    let json = quality(accept, "application/json");
    let newer = quality(accept, "application/graphql-response+json");
    let events = quality(accept, EVENTS).filter(|wish| wish.specific == EXACT && wish.quality > 0);
    let first = accept.to_ascii_lowercase();
    let is_before =
        |media: &str| first.find(EVENTS).zip(first.find(media)).is_none_or(|(events, other)| events < other);
    let not_less = |events: Wish| {
        let both = [("application/json", json), ("application/graphql-response+json", newer)];
        both.into_iter()
            .filter_map(|(media, wish)| Some((media, wish?)))
            .all(|(media, wish)| wish.quality < events.quality || wish.quality == events.quality && is_before(media))
    };
    if events.is_some_and(not_less) {
        return Some(MediaType::EventStream);
    }
    let best = json.max(newer)?;
    if best.quality == 0 {
        return None;
    }
    match newer >= json && newer.is_some_and(|newer| newer.specific == EXACT) {
        true => Some(MediaType::GraphqlResponse),
        false if json.is_some_and(|json| json.quality > 0) => Some(MediaType::Json),
        false => Some(MediaType::GraphqlResponse),
    }
}

const EXACT: u8 = 2;
const EVENTS: &str = "text/event-stream";

/// How much a range wants a type: thousandths first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Wish {
    quality: u16,
    specific: u8,
}

/// The wish for a media type: the most specific range that covers it decides.
fn quality(accept: &str, media: &str) -> Option<Wish> {
    let covering = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specific = match name.as_str() {
            "*/*" => 0,
            "application/*" if media.starts_with("application/") => 1,
            other if other == media => EXACT,
            _ => return None,
        };
        let mut quality = 1000;
        for parameter in parts {
            let (key, value) = parameter.split_once('=')?;
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => quality = thousandths(value.trim())?,
                "charset" if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => return None,
                _ => {}
            }
        }
        Some((specific, Wish { quality, specific }))
    });
    covering.max_by_key(|(specific, _)| *specific).map(|(_, wish)| wish)
}

fn thousandths(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_decides() {
        let json = Some(MediaType::Json);
        let newer = Some(MediaType::GraphqlResponse);
        for (accept, expected) in [
            (None, json),
            (Some(""), json),
            (Some("*/*"), json),
            (Some("application/*"), json),
            (Some("application/json"), json),
            (Some("application/json; charset=utf-8"), json),
            (Some("application/graphql-response+json"), newer),
            (Some("APPLICATION/GraphQL-Response+JSON"), newer),
            (Some("application/graphql-response+json, application/json;q=0.9"), newer),
            (Some("application/json, application/graphql-response+json"), newer),
            (Some("application/json, application/graphql-response+json;q=0.5"), json),
            (Some("application/graphql-response+json;q=0.5, */*"), json),
            (Some("text/html, */*;q=0.1"), json),
            (Some("application/json;q=0, */*"), newer),
            (Some("text/event-stream"), Some(MediaType::EventStream)),
            (Some("text/event-stream, application/json"), Some(MediaType::EventStream)),
            (Some("text/event-stream, */*;q=0.1"), Some(MediaType::EventStream)),
            (Some("application/json, text/event-stream;q=0.9"), json),
            (Some("text/event-stream, */*"), Some(MediaType::EventStream)),
            (Some("application/json, text/event-stream"), json),
            (Some("application/graphql-response+json, application/json, text/event-stream, multipart/mixed"), newer),
            (Some("Application/JSON;q=0.5, Text/Event-Stream;q=0.5"), json),
            (Some("text/*"), None),
            (Some("text/event-stream;q=0"), None),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("application/json; charset=utf-16"), None),
        ] {
            assert_eq!(accepted(accept), expected, "{accept:?}");
        }
    }
}
