//! The settings of the front door: whom it believes, what it shows, and how long it waits.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::{IpNet, Ipv4Net};

/// Who stands in front of the service, and what strangers get.
#[derive(Args, Clone, Debug)]
pub struct Door {
    /// Addresses and networks of the proxies in front, e.g. 10.0.0.0/8,fd00::/8: what they say of the client is believed.
    #[arg(long, env = "STOA_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORKS", value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Who may ask for the schema by introspection.
    #[arg(long, env = "STOA_INTROSPECTION", default_value = "open")]
    pub introspection: Introspection,
    /// A connection whose other end takes nothing of what is sent for so many seconds is closed.
    #[arg(long, env = "STOA_WRITE_TIMEOUT", default_value = "30", value_name = "SECONDS")]
    pub write_timeout: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Introspection {
    Open,
    SignedIn,
    Closed,
}

impl Door {
    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.write_timeout > 0, "STOA_WRITE_TIMEOUT must be at least 1 second.");
        Ok(())
    }
}

/// An address or a network. One that is an IPv4 network in the clothes of IPv6 is the IPv4 network, as the addresses that
/// it is compared with are.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = match text.parse::<IpAddr>() {
        Ok(address) => Ok(IpNet::from(address)),
        Err(_) => text.parse::<IpNet>(),
    };
    let network = network.map_err(|_| "this is neither an address nor a network such as 10.0.0.0/8".to_owned())?;
    match (network.addr().to_canonical(), network.prefix_len()) {
        (IpAddr::V4(address), length @ 96..) => mapped(address, length - 96),
        _ => Ok(network),
    }
}

fn mapped(address: Ipv4Addr, length: u8) -> Result<IpNet, String> {
    Ipv4Net::new(address, length).map(IpNet::from).map_err(|_| "the network is too small".to_owned())
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn networks_are_read_as_people_write_them() {
        for (text, expected) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            (" 192.0.2.7", Some("192.0.2.7/32")),
            ("fd00::/8", Some("fd00::/8")),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("::ffff:192.0.2.7", Some("192.0.2.7/32")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("10.0.0.0/33", None),
            ("10.0.0/8", None),
            ("proxy.internal", None),
            ("192.0.2.7:80", None),
            ("", None),
        ] {
            assert_eq!(network(text).ok().map(|found| found.to_string()).as_deref(), expected, "{text}");
        }
    }
}
