//! Ten minutes of everything at once, to see whether memory stays flat and connections come back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::data::{Data, FULL};
use crate::load;
use crate::process;
use crate::target::{Launch, Name, programs};
use crate::{place, workload};

/// Load Stoa with 32 connections, slow readers and cut requests, and watch its memory and its pool.
#[derive(Args)]
pub struct Soak {
    /// How long.
    #[arg(long, default_value = "600")]
    seconds: u64,
}

impl Soak {
    pub async fn run(self) -> anyhow::Result<()> {
        let folder = place();
        let data = Data::open(&folder, FULL).await?;
        let launch = Launch {
            data: &data,
            programs: programs()?,
            node: PathBuf::new(),
            folder,
            wrapper: Vec::new(),
            variables: Vec::new(),
        };
        let target = launch.start(Name::Stoa).await?;
        let mut requests = Vec::new();
        for workload in workload::all() {
            requests.extend(target.requests(workload, &data).into_iter().step_by(4));
        }
        let wide: Vec<Vec<u8>> = workload::all()
            .into_iter()
            .filter(|one| one.name == "W4")
            .flat_map(|one| target.requests(one, &data))
            .collect();
        let requests = Arc::new(requests);
        let address = target.address;
        let whole = Duration::from_secs(self.seconds);
        let load = tokio::spawn(load::run(address, requests, 32, whole));
        let began = Instant::now();
        let nuisance = tokio::spawn(async move {
            let mut count = 0_usize;
            while began.elapsed() < whole {
                let request = &wide[count % wide.len()];
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(request).await?;
                // Every second one leaves before the answer; the others read a little of it and linger.
                if count % 2 == 1 {
                    stream.read_exact(&mut [0; 4096]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                count += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            anyhow::Ok(count)
        });
        let mut settled = None;
        let mut last = 0.0;
        while began.elapsed() < whole {
            tokio::time::sleep(Duration::from_secs(15).min(whole / 8)).await;
            last = process::resident(target.pid)?;
            println!("{:>4} s: {last:.1} MiB", began.elapsed().as_secs());
            if settled.is_none() && began.elapsed() > whole / 5 {
                settled = Some(last);
            }
        }
        let load = load.await??;
        let cut = nuisance.await??;
        println!("{} answers, {cut} slow or cut requests, p99 {:.1} ms", load.latencies.len(), load.quantile(0.99));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let client = data.connect().await?;
        let busy: i64 = client
            .query_one("select count(*) from pg_stat_activity where application_name = 'stoa' and state <> 'idle'", &[])
            .await?
            .get(0);
        target.stop().await?;
        data.close().await?;
        let settled = settled.context("the soak was too short")?;
        println!("{settled:.1} MiB after a fifth of the time, {last:.1} MiB at the end; {busy} connections still busy");
        anyhow::ensure!(busy == 0, "connections are still busy");
        anyhow::ensure!(last <= settled * 1.10 + 2.0, "memory grows");
        Ok(())
    }
}
