//! Where a request comes from: the other end of the connection or, if that is a proxy that is trusted, who the proxy says.
//!
//! `X-Forwarded-For` is the header of nearly all proxies; where it is, `Forwarded` (RFC 7239) is not looked at. A proxy
//! passes on what it does not know, so a client of a proxy that writes the first can say anything in the second. For the
//! same reason a proxy that writes only `Forwarded` has to take `X-Forwarded-For` away.
//!
//! Each proxy adds who spoke to it at the end, so the list is read from there, for as long as the address is that of a
//! trusted proxy. What cannot be read ends the walk at the last address that could.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use ipnet::IpNet;

use super::Server;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request comes from, in the extensions of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientAddress(pub IpAddr);

/// Finds the address once for each request, of whichever kind.
pub fn find(server: &Server, request: &mut Request) {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = behind(peer.ip(), request.headers(), &server.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
}

/// Whether the address is that of a proxy that is trusted.
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address.to_canonical()))
}

/// Who is behind the peer.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    if !is_trusted(address, trusted) {
        return address;
    }
    for hop in hops(headers).into_iter().rev() {
        let Some(hop) = hop else { break };
        address = hop;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    address
}

/// The addresses that the headers name, the nearest last; nothing for what is none.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(X_FORWARDED_FOR) {
        let lines = headers.get_all(X_FORWARDED_FOR).iter();
        let lines = lines.map(|line| line.to_str().unwrap_or_default());
        return lines.flat_map(|line| line.split(',').map(|entry| node(entry.trim()))).collect();
    }
    let lines = headers.get_all(header::FORWARDED).iter();
    lines.flat_map(|line| forwarded(line.to_str().unwrap_or_default())).collect()
}

/// The `for` of each element of one line of `Forwarded`. A line that is not well formed has no end to read from.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let Some(elements) = split(line, ',') else { return vec![None] };
    let named = elements.into_iter().map(|element| {
        let mut found = None;
        for pair in split(element, ';')? {
            let (name, value) = pair.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("for") && found.replace(value.trim()).is_some() {
                return None;
            }
        }
        let value = found?;
        node(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
    });
    named.collect()
}

/// Splits where a sign stands outside of quotes; nothing if a quote is never closed.
fn split(text: &str, sign: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if letter == sign && !quoted => {
                parts.push(&text[begin..at]);
                begin = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    (!quoted).then_some(parts)
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    address.or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_stranger_is_the_client() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().expect("a network")).into();
        const XFF: &str = X_FORWARDED_FOR;
        const FWD: &str = "forwarded";
        for (peer, headers, expected) in [
            // From strangers nothing is believed.
            ("192.0.2.1", vec![(XFF, "198.51.100.1")], "192.0.2.1"),
            ("192.0.2.1", vec![(FWD, "for=198.51.100.1")], "192.0.2.1"),
            ("::ffff:192.0.2.1", vec![], "192.0.2.1"),
            // A proxy that says nothing is the client.
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec![(XFF, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec![(XFF, "::ffff:198.51.100.1")], "198.51.100.1"),
            ("fd00::1", vec![(XFF, "2001:db8::1")], "2001:db8::1"),
            // What the client said itself stands further left.
            ("10.0.0.1", vec![(XFF, "203.0.113.9, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(XFF, "203.0.113.9"), (XFF, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(XFF, "203.0.113.9, 198.51.100.1, 10.0.0.2,fd00::3")], "198.51.100.1"),
            // Trusted all the way: the farthest.
            ("10.0.0.1", vec![(XFF, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            // With ports.
            ("10.0.0.1", vec![(XFF, "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", vec![(XFF, "[2001:db8::1]:4711")], "2001:db8::1"),
            ("10.0.0.1", vec![(XFF, "[2001:db8::1]")], "2001:db8::1"),
            // The last good one.
            ("10.0.0.1", vec![(XFF, "")], "10.0.0.1"),
            ("10.0.0.1", vec![(XFF, "unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![(XFF, "203.0.113.9, nonsense, 10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", vec![(XFF, "203.0.113.9,,10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", vec![(XFF, "1.2.3.4.5"), (XFF, "[::1"), (XFF, "10.0.0.2")], "10.0.0.2"),
            // The other header.
            ("10.0.0.1", vec![(FWD, "for=198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(FWD, "For=\"[2001:db8::1]:4711\";proto=https")], "2001:db8::1"),
            ("10.0.0.1", vec![(FWD, "by=10.0.0.1; for=\"198.51.100.1:80\" ;host=\"a,b;c\"")], "198.51.100.1"),
            ("10.0.0.1", vec![(FWD, "for=203.0.113.9, for=198.51.100.1, for=10.0.0.2")], "198.51.100.1"),
            ("10.0.0.1", vec![(FWD, "for=203.0.113.9"), (FWD, "for=198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(FWD, "for=unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![(FWD, "for=_hidden, for=10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", vec![(FWD, "proto=https")], "10.0.0.1"),
            ("10.0.0.1", vec![(FWD, "for=203.0.113.9;for=198.51.100.1")], "10.0.0.1"),
            // A quote that is never closed cannot swallow what the proxy added.
            ("10.0.0.1", vec![(FWD, "for=\"203.0.113.9, for=198.51.100.1")], "10.0.0.1"),
            ("10.0.0.1", vec![(FWD, "for=\"203.0.113.9\\\", for=198.51.100.1")], "10.0.0.1"),
            ("10.0.0.1", vec![(FWD, "for=\"203.0.113.9"), (FWD, "for=198.51.100.1")], "198.51.100.1"),
            // Both.
            ("10.0.0.1", vec![(FWD, "for=203.0.113.9"), (XFF, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(FWD, "for=203.0.113.9"), (XFF, "nonsense")], "10.0.0.1"),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, value.parse().expect("a header's value"));
            }
            let found = behind(peer.parse().expect("an address"), &map, &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {headers:?}");
        }
        let mut map = HeaderMap::new();
        map.insert(XFF, axum::http::HeaderValue::from_bytes(b"198.51.100.1, \xff").expect("a header's value"));
        assert_eq!(behind("10.0.0.1".parse().expect("an address"), &map, &trusted).to_string(), "10.0.0.1");
    }
}
