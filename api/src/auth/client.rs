//! The program at the other end, as far as its request tells.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};

/// Longest name of a program that is looked at, in bytes.
const LONGEST: usize = 1000;

/// Where a request comes from. Cheap to make and to copy: nothing is read before somebody asks.
#[derive(Clone, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    agent: Option<HeaderValue>,
}

impl Client {
    pub fn new(address: Option<IpAddr>, headers: &HeaderMap) -> Self {
        Self { address, agent: headers.get(header::USER_AGENT).cloned() }
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
}
