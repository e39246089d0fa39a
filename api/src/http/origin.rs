//! Whose pages may use the service from a browser.

use axum::http::{HeaderMap, HeaderValue, header};

/// Whether an origin is among those allowed.
pub fn is_listed(origin: &HeaderValue, allowed: &[String]) -> bool {
    allowed.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
}

/// Whether the page behind `Origin` may open a socket: it was served from here, or its site is among those allowed.
/// Browsers always say where a page is from and let it open sockets to anywhere, so this is what stands between a
/// stranger's page and the visitor's network. Whoever sends no `Origin` is no browser.
pub fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    if is_listed(origin, allowed) {
        return true;
    }
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let from = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((from, host), (Some(from), Some(host)) if from.eq_ignore_ascii_case(host))
}

/// Whether the browser says that the page is of another site, from where it sends no cookie of `SameSite=Strict`.
pub fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_from_here_or_from_a_friend() {
        let allowed = ["https://chat.example.org".to_owned()];
        for (origin, expected) in [
            (None, true),
            (Some("http://stoa.test"), true),
            (Some("https://STOA.test"), true),
            (Some("https://chat.example.org"), true),
            (Some("http://chat.example.org"), false),
            (Some("https://chat.example.org.evil.test"), false),
            (Some("http://stoa.test:81"), false),
            (Some("http://stoa.test.evil.test"), false),
            (Some("null"), false),
            (Some("stoa.test"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "stoa.test".parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            }
            assert_eq!(is_allowed(&headers, &allowed), expected, "{origin:?}");
        }
    }
}
