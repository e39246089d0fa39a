//! Answers that a client may keep if it asks each time whether they still hold: queries by GET whose document has a name.
//!
//! The query runs, and is paid for, each time: what it shows may have changed with the data or with the viewer's rights.
//! Only the body is spared.

use std::io::Write;

use async_graphql::Response as GraphqlResponse;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::negotiate::MediaType;
use super::params::Params;
use crate::graphql::engine::encode_value;

/// Whether the answer to a request gets a tag: a GET by id or by hash that runs.
pub fn applies(method: &Method, params: &Params) -> bool {
    *method == Method::GET && params.document.is_named() && !params.dry_run
}

/// A weak tag: the same for the same data and errors in the same media type. Costs and the ids of requests do not count.
/// To be taken before the errors get the request's id.
pub fn tag(media: MediaType, response: &GraphqlResponse) -> HeaderValue {
    let mut hash = Sha256::new();
    // Writing into a hash does not fail.
    let _ = hash.write_all(media.header().as_bytes());
    for part in [encode_value(&response.data), serde_json::to_vec(&response.errors).unwrap_or_default()] {
        let _ = hash.write_all(&part.len().to_le_bytes());
        let _ = hash.write_all(&part);
    }
    let tag = format!("W/\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..18]));
    HeaderValue::try_from(tag).unwrap_or_else(|_| unreachable!("base64 fits into a header"))
}

/// The answer with its tag, or 304 without a body if the client has it already.
pub fn conclude(mut answer: Response, tag: HeaderValue, asked: &HeaderMap) -> Response {
    if is_known(asked, &tag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Body::empty();
        answer.headers_mut().remove(header::CONTENT_TYPE);
    }
    let headers = answer.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answer
}

/// Whether `If-None-Match` names the tag, weak or not, or any.
fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let bare = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let tag = tag.to_str().map(bare).unwrap_or_default();
    let lines = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut named = lines.flat_map(|line| line.split(',')).map(str::trim);
    named.any(|one| one == "*" || bare(one) == tag)
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, Value};

    use super::*;

    #[test]
    fn a_tag_stands_for_data_errors_and_media_type() {
        let response = |data: &str| GraphqlResponse::new(Value::from(data));
        let one = tag(MediaType::Json, &response("a"));
        let written = one.to_str().unwrap();
        assert!(written.starts_with("W/\"") && written.ends_with('"') && written.len() == 28, "{written}");
        assert_eq!(one, tag(MediaType::Json, &response("a").extension("cost", Value::from(1))), "not over extensions");
        assert_ne!(one, tag(MediaType::Json, &response("b")));
        assert_ne!(one, tag(MediaType::GraphqlResponse, &response("a")));
        let mut failed = response("a");
        failed.errors.push(ServerError::new("failed", None));
        assert_ne!(one, tag(MediaType::Json, &failed));
    }

    #[test]
    fn clients_name_tags_in_many_ways() {
        let tag = HeaderValue::from_static("W/\"abc\"");
        let known = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(line));
            }
            is_known(&headers, &tag)
        };
        for lines in [
            &["W/\"abc\""][..],
            &["\"abc\""],
            &["*"],
            &["\"x\", W/\"abc\""],
            &["\"x\",\"abc\",\"y\""],
            &["\"x\"", " W/\"abc\" "],
        ] {
            assert!(known(lines), "{lines:?}");
        }
        for lines in [&[][..], &[""], &["abc"], &["W/abc"], &["\"abcd\""], &["w/\"abc\""], &["\"ABC\""], &["\"*\""]] {
            assert!(!known(lines), "{lines:?}");
        }
    }
}
