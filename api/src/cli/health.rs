//! `stoa health`.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;
use clap::Args;

/// Ask a running service whether it is ready; for container health checks.
#[derive(Args)]
pub struct Health {
    /// Where the service listens.
    #[arg(long, env = "STOA_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

impl Health {
    pub fn run(self) -> anyhow::Result<()> {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let patience = Duration::from_secs(3);
        let answer = (|| {
            let mut stream = TcpStream::connect_timeout(&address, patience)?;
            stream.set_read_timeout(Some(patience))?;
            write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        })()
        .with_context(|| format!("nothing answers at {address}"))?;
        let status = answer.lines().next().unwrap_or_default();
        anyhow::ensure!(status.contains(" 200 "), "the service at {address} is not ready: {status}");
        println!("ready");
        Ok(())
    }
}
