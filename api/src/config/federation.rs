//! The settings of signing in with other providers (OpenID Connect).

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;
use openidconnect::url::{Host, Url};
use serde::Deserialize;

/// Whose accounts one can sign in with.
#[derive(Args, Clone, Debug)]
pub struct Federation {
    /// File with the providers that people may sign in with (JSON, see docs/operations.md). It holds secrets. Not given,
    /// there are none.
    #[arg(long, env = "STOA_OIDC_PROVIDERS_FILE", value_name = "FILE")]
    pub oidc_providers_file: Option<PathBuf>,
}

/// A provider as the file has it. Not to be printed: there is a secret in it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// What clients and the database call it.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    pub issuer: String,
    pub client_id: String,
    /// None for a client that has none.
    pub client_secret: Option<String>,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The frontend's pages that people may come back to.
    pub redirect_uris: Vec<String>,
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

impl Federation {
    /// The providers. What is wrong with the file is said without a word of it.
    pub fn providers(&self) -> anyhow::Result<Vec<Provider>> {
        let Some(file) = &self.oidc_providers_file else { return Ok(Vec::new()) };
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("STOA_OIDC_PROVIDERS_FILE: {shown} cannot be read"))?;
        parse(&text).with_context(|| format!("STOA_OIDC_PROVIDERS_FILE: {shown}"))
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.providers().map(drop)
    }
}

fn parse(text: &str) -> anyhow::Result<Vec<Provider>> {
    // The words of the parser may quote the file.
    let providers: Vec<Provider> = serde_json::from_str(text).map_err(|cause| {
        anyhow::anyhow!(
            "line {}, column {}: this is not a list of objects with name, displayName, issuer, clientId, clientSecret, \
             scopes and redirectUris",
            cause.line(),
            cause.column()
        )
    })?;
    let mut names = HashSet::new();
    for (at, provider) in providers.iter().enumerate() {
        provider.check().with_context(|| format!("provider {}", at + 1))?;
        ensure!(names.insert(&provider.name), "provider {}: this name is another provider's already.", at + 1);
    }
    Ok(providers)
}

impl Provider {
    fn check(&self) -> anyhow::Result<()> {
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_name = self.name.starts_with(small) && self.name.chars().all(|c| small(c) || c == '-');
        ensure!(is_name && self.name.len() <= 32, "name must be 1 to 32 of a-z, 0-9 and -, not beginning with -.");
        let shown = self.display_name.chars();
        ensure!(
            (1..=100).contains(&shown.clone().count()) && !shown.clone().any(char::is_control),
            "displayName must have 1 to 100 characters."
        );
        let issuer = Url::parse(&self.issuer).ok().filter(|url| url.query().is_none() && url.fragment().is_none());
        ensure!(
            issuer.is_some_and(|url| is_safe(&url)) && self.issuer.len() <= 500,
            "issuer must be an https:// address as the provider writes it (http:// on this machine only)."
        );
        ensure!(!self.client_id.is_empty(), "clientId must not be empty.");
        ensure!(
            self.client_secret.as_ref().is_none_or(|secret| !secret.is_empty()),
            "clientSecret must not be empty; leave it out if the client has none."
        );
        let is_scope = |scope: &String| !scope.is_empty() && scope.chars().all(|c| c.is_ascii_graphic());
        ensure!(self.scopes.iter().all(is_scope), "scopes must be words without blanks.");
        ensure!(!self.redirect_uris.is_empty(), "redirectUris must name at least one page.");
        let may_return = |uri: &String| {
            let url = Url::parse(uri).ok().filter(|url| url.fragment().is_none());
            // Programs on a device have schemes of their own, which hold a dot (RFC 8252).
            url.is_some_and(|url| is_safe(&url) || url.scheme().contains('.')) && uri.len() <= 500
        };
        ensure!(
            self.redirect_uris.iter().all(may_return),
            "redirectUris must be https:// addresses without a fragment (http:// on this machine only)."
        );
        Ok(())
    }
}

/// Whether nobody on the way can read along.
pub fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    let is_bare = url.username().is_empty() && url.password().is_none();
    url.has_host() && is_bare && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider() -> Value {
        json!({ "name": "acme", "displayName": "Acme", "issuer": "https://id.example.org", "clientId": "stoa",
            "clientSecret": "hush", "redirectUris": ["https://chat.example.org/signed-in", "org.example.chat:/in"] })
    }

    fn refusal(value: &Value) -> String {
        parse(&value.to_string()).err().map(|cause| format!("{cause:#}")).unwrap_or_default()
    }

    #[test]
    fn a_list_of_providers_is_read() {
        let found = parse(&json!([provider()]).to_string()).unwrap_or_else(|cause| panic!("{cause:#}"));
        assert_eq!((found.len(), found[0].scopes.join(" ")), (1, "profile email".to_owned()));
        assert!(parse("[]").is_ok_and(|none| none.is_empty()));
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_it() {
        assert!(refusal(&json!([provider(), provider()])).contains("another provider's"));
        for (field, value) in [
            ("name", json!("hush!")),
            ("displayName", json!("")),
            ("issuer", json!("http://hush.example.org")),
            ("issuer", json!("https://a:hush@id.example.org")),
            ("clientId", json!("")),
            ("clientSecret", json!("")),
            ("clientSecret", json!({ "hush": 1 })),
            ("scopes", json!(["hush hush"])),
            ("redirectUris", json!([])),
            ("redirectUris", json!(["http://hush.example.org/"])),
            ("redirectUris", json!(["javascript:hush"])),
            ("redirectUris", json!(["https://chat.example.org/#hush"])),
            ("hush", json!(1)),
        ] {
            let mut bent = provider();
            bent[field] = value;
            let said = refusal(&json!([bent]));
            assert!(!said.is_empty() && !said.contains("hush"), "{field}: {said}");
        }
        assert!(refusal(&json!("hush")).starts_with("line 1"));
    }
}
