//! The program at the other end, as far as its request tells.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, header};

/// Longest name of a program that is looked at, in bytes.
const LONGEST: usize = 1000;

/// What proxies write into the requests that they pass on.
const BY_PROXIES: [&str; 4] = ["x-forwarded-for", "forwarded", "via", "x-real-ip"];

/// Where a request comes from. Cheap to make and to copy: nothing is read before somebody asks.
#[derive(Clone, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    agent: Option<HeaderValue>,
    host: Option<HeaderValue>,
    trusted_page: bool,
    passed_on: bool,
    cookies: Option<Cookies>,
}

/// The cookies that came, and those that are to be set.
#[derive(Clone, Default)]
struct Cookies {
    came: Option<HeaderValue>,
    set: Arc<Mutex<Vec<HeaderValue>>>,
}

impl Client {
    pub fn new(address: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).cloned();
        let host = headers.get(header::HOST).cloned();
        let passed_on = BY_PROXIES.iter().any(|name| headers.contains_key(*name));
        Self { address, agent, host, trusted_page: false, passed_on, cookies: None }
    }

    /// The same where it is known whether its address is that of a proxy: then nobody knows who is behind it.
    pub fn behind_proxy(mut self, is_proxy: bool) -> Self {
        self.passed_on |= is_proxy;
        self
    }

    /// Whether somebody else passed it on, trusted or not: who that is for is known by their word alone.
    pub fn is_passed_on(&self) -> bool {
        self.passed_on
    }

    /// The same where it is known whether the page behind it, if there is one, may use the service.
    pub fn behind_page(mut self, is_trusted: bool) -> Self {
        self.trusted_page = is_trusted;
        self
    }

    /// Whether a page of somebody else's cannot be behind it.
    pub fn is_trusted_page(&self) -> bool {
        self.trusted_page
    }

    /// Whether it asks under a name that only means something in its own network: no page from elsewhere can have its own
    /// name point here (DNS rebinding) and be taken for a neighbour.
    pub fn asks_by_local_name(&self) -> bool {
        let host = self.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
        let is_local = |end: &&str| name.ends_with(*end);
        name.parse::<IpAddr>().is_ok()
            || (!name.is_empty() && !name.contains('.'))
            || [".localhost", ".local", ".lan", ".internal", ".home.arpa"].iter().any(is_local)
    }

    /// The same where cookies count: over HTTP, where a page of somebody else's cannot be behind it.
    pub fn with_cookies(mut self, headers: &HeaderMap) -> Self {
        self.cookies = Some(Cookies { came: headers.get(header::COOKIE).cloned(), set: Arc::default() });
        self
    }

    /// What it calls itself; empty if it does not.
    pub fn agent(&self) -> &str {
        let agent = self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        agent.get(..LONGEST).unwrap_or(agent)
    }

    /// The address as it is shown to people.
    pub fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_canonical().to_string())
    }

    /// Whether a cookie would be set.
    pub fn takes_cookies(&self) -> bool {
        self.cookies.is_some()
    }

    /// The cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let came = self.cookies.as_ref()?.came.as_ref()?.to_str().ok()?;
        came.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    /// Has a cookie set with the answer, where that is possible.
    pub fn set_cookie(&self, cookie: &str) {
        if let (Some(cookies), Ok(value)) = (&self.cookies, HeaderValue::from_str(cookie)) {
            cookies.set.lock().unwrap_or_else(PoisonError::into_inner).push(value);
        }
    }

    /// Writes the cookies that are to be set into an answer.
    pub fn write_cookies(&self, headers: &mut HeaderMap) {
        let Some(cookies) = &self.cookies else { return };
        for value in cookies.set.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}
