//! The front door's settings.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

/// Where the service listens and how it answers.
#[derive(Args, Clone, Debug)]
pub struct Http {
    /// Address and port to listen on.
    #[arg(long, env = "STOA_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A request, its SQL included, ends after so many seconds.
    #[arg(long, env = "STOA_REQUEST_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub request_timeout: u64,
    /// Largest body that is read, in bytes.
    #[arg(long, env = "STOA_BODY_LIMIT", default_value = "262144", value_name = "BYTES")]
    pub body_limit: usize,
    /// On a signal, running requests get so many seconds to end.
    #[arg(long, env = "STOA_DRAIN_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub drain_timeout: u64,
    /// The head of a request has to arrive within so many seconds.
    #[arg(long, env = "STOA_HEADER_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub header_timeout: u64,
    /// Most connections at a time, sockets and event streams included.
    #[arg(long, env = "STOA_CONNECTION_LIMIT", default_value = "1000")]
    pub connection_limit: u32,
    /// Most operations at a time on one socket.
    #[arg(long, env = "STOA_SOCKET_OPERATION_LIMIT", default_value = "100")]
    pub socket_operation_limit: usize,
    /// A socket that has not sent `connection_init` after so many seconds is closed.
    #[arg(long, env = "STOA_SOCKET_INIT_TIMEOUT", default_value = "3", value_name = "SECONDS")]
    pub socket_init_timeout: u64,
    /// Sockets are pinged and event streams get a comment when nothing was said for so many seconds.
    #[arg(long, env = "STOA_KEEP_ALIVE", default_value = "15", value_name = "SECONDS")]
    pub keep_alive: u64,
    /// Other sites whose pages may use the service, e.g. https://chat.example.org; separated by commas.
    #[arg(long, env = "STOA_ALLOWED_ORIGINS", value_delimiter = ',', value_name = "ORIGINS")]
    pub allowed_origins: Vec<String>,
}

impl Http {
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout)
    }

    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout)
    }

    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout)
    }

    pub fn socket_init_timeout(&self) -> Duration {
        Duration::from_secs(self.socket_init_timeout)
    }

    pub fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.request_timeout > 0, "STOA_REQUEST_TIMEOUT must be at least 1 second.");
        anyhow::ensure!(self.header_timeout > 0, "STOA_HEADER_TIMEOUT must be at least 1 second.");
        anyhow::ensure!(
            (1..=1_000_000).contains(&self.connection_limit),
            "STOA_CONNECTION_LIMIT must be between 1 and 1000000."
        );
        anyhow::ensure!(self.socket_operation_limit > 0, "STOA_SOCKET_OPERATION_LIMIT must be at least 1.");
        anyhow::ensure!(self.socket_init_timeout > 0, "STOA_SOCKET_INIT_TIMEOUT must be at least 1 second.");
        anyhow::ensure!(
            (1..=86_400).contains(&self.keep_alive),
            "STOA_KEEP_ALIVE must be between 1 and 86400 seconds."
        );
        if let Some(origin) = self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            anyhow::bail!("STOA_ALLOWED_ORIGINS: {origin} is not an origin such as https://chat.example.org.");
        }
        Ok(())
    }
}

/// A scheme and a host, perhaps with a port; nothing after it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', '?', '#', '@']))
}
