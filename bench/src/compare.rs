//! The comparison: interleaved rounds, medians, ratios.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use crate::data::{Data, FULL};
use crate::load::{self, Connection};
use crate::process;
use crate::target::{Launch, Name, Target, programs};
use crate::workload::{self, Workload};
use crate::{answers, place};

/// Compare the servers on the full data.
#[derive(Args)]
pub struct Compare {
    /// Stoa and limit R at 8 connections only, in less than 8 minutes.
    #[arg(long)]
    quick: bool,
    /// Only these workloads.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<Name>,
    /// Numbers of connections.
    #[arg(long, value_delimiter = ',')]
    connections: Vec<usize>,
    /// Rounds of which the median counts.
    #[arg(long, default_value = "5")]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value = "2.5")]
    seconds: f64,
}

/// What one server did with one workload at one number of connections, a value a round.
#[derive(Default)]
struct Figures {
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    server: Vec<f64>,
    database: Vec<f64>,
    resident: f64,
}

impl Compare {
    pub async fn run(self) -> anyhow::Result<()> {
        let names = match (self.targets.is_empty(), self.quick) {
            (false, _) => self.targets.clone(),
            (true, true) => vec![Name::Stoa, Name::Limit],
            (true, false) => Name::ALL.to_vec(),
        };
        let connections = match (self.connections.is_empty(), self.quick) {
            (false, _) => self.connections.clone(),
            (true, true) => vec![8],
            (true, false) => vec![1, 8, 32],
        };
        let workloads: Vec<Workload> = workload::all()
            .into_iter()
            .filter(|one| self.only.is_empty() || self.only.iter().any(|name| name == one.name))
            .collect();
        let folder = place();
        let data = Data::open(&folder, FULL).await?;
        let launch = Launch {
            data: &data,
            programs: programs()?,
            node: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node"),
            folder,
            wrapper: Vec::new(),
            variables: Vec::new(),
        };
        let mut targets = Vec::new();
        for name in names {
            targets.push(launch.start(name).await?);
        }
        let compared = answers::compare(&targets, &workloads, &data).await?;
        println!("{compared} answers are the same, field by field.");
        let mut report = String::new();
        for workload in &workloads {
            writeln!(report, "\n## {}: {}\n", workload.name, workload.about)?;
            let statements = statements(&targets, *workload, &data).await?;
            for &connections in &connections {
                let figures = self.measure(&targets, *workload, connections, &data).await?;
                let table = table(&targets, &figures, &statements, connections)?;
                println!("\n{} at {connections}:\n{table}", workload.name);
                writeln!(report, "{table}")?;
            }
        }
        let path = place().join("report.md");
        std::fs::write(&path, report).with_context(|| path.display().to_string())?;
        println!("Written to {}.", path.display());
        for target in targets {
            target.stop().await?;
        }
        data.close().await
    }

    async fn measure(
        &self,
        targets: &[Target],
        workload: Workload,
        connections: usize,
        data: &Data,
    ) -> anyhow::Result<Vec<Figures>> {
        let requests: Vec<_> = targets.iter().map(|target| Arc::new(target.requests(workload, data))).collect();
        let mut figures: Vec<Figures> = targets.iter().map(|_| Figures::default()).collect();
        let postmaster = data.postmaster()?;
        for (target, requests) in targets.iter().zip(&requests) {
            let warm = Duration::from_millis(500);
            load::run(target.address, requests.clone(), connections, warm).await.with_context(|| target.name.text())?;
        }
        for round in 0..self.rounds {
            for turn in 0..targets.len() {
                // Each round begins with another one.
                let at = (turn + round) % targets.len();
                let (target, figures) = (&targets[at], &mut figures[at]);
                let before = (process::cpu(target.pid)?, process::cpu_with_children(postmaster)?);
                let duration = Duration::from_secs_f64(self.seconds);
                let load = load::run(target.address, requests[at].clone(), connections, duration).await;
                let load = load.with_context(|| target.name.text())?;
                let after = (process::cpu(target.pid)?, process::cpu_with_children(postmaster)?);
                let each = |seconds: f64| seconds * 1e6 / load.latencies.len() as f64;
                figures.per_second.push(load.per_second());
                figures.p50.push(load.quantile(0.5).into());
                figures.p99.push(load.quantile(0.99).into());
                figures.server.push(each(after.0 - before.0));
                figures.database.push(each(after.1 - before.1));
                figures.resident = process::resident(target.pid)?;
            }
        }
        Ok(figures)
    }
}

/// Statements that PostgreSQL sees for one request, transaction control included.
async fn statements(targets: &[Target], workload: Workload, data: &Data) -> anyhow::Result<Vec<f64>> {
    const REQUESTS: usize = 20;
    let client = data.connect().await?;
    let count = "select coalesce(sum(calls), 0)::float8 from pg_stat_statements s join pg_database d on d.oid = s.dbid
                  where d.datname = current_database() and s.query not like '%pg_stat_statements%'";
    let mut counts = Vec::new();
    for target in targets {
        let requests = target.requests(workload, data);
        track(&client, "top").await?;
        let mut connection = Connection::open(target.address).await?;
        let before: f64 = client.query_one(count, &[]).await?.get(0);
        for request in requests.iter().take(REQUESTS) {
            connection.send(request).await?;
        }
        let after: f64 = client.query_one(count, &[]).await?.get(0);
        counts.push((after - before) / REQUESTS as f64);
        track(&client, "none").await?;
    }
    Ok(counts)
}

/// Switches counting on or off for every session.
async fn track(client: &tokio_postgres::Client, what: &str) -> anyhow::Result<()> {
    client.batch_execute(&format!("alter system set pg_stat_statements.track = '{what}'")).await?;
    client.batch_execute("select pg_reload_conf()").await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

fn table(
    targets: &[Target],
    figures: &[Figures],
    statements: &[f64],
    connections: usize,
) -> Result<String, std::fmt::Error> {
    let limit = targets.iter().position(|target| target.name == Name::Limit);
    let mut text = String::new();
    writeln!(
        text,
        "| {connections:>2} connections | per second | of limit R | least, most | p50 ms | p99 ms | server us | PostgreSQL us | MiB | statements |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---|---|---|")?;
    for ((target, one), statements) in targets.iter().zip(figures).zip(statements) {
        // A ratio within each round, so that what slows both does not count.
        let ratios: Vec<f64> = match limit {
            Some(at) => one.per_second.iter().zip(&figures[at].per_second).map(|(own, limit)| own / limit).collect(),
            None => Vec::new(),
        };
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        writeln!(
            text,
            "| {} | {:.0} | {:.2} | {least:.2}, {most:.2} | {:.2} | {:.1} | {:.0} | {:.0} | {:.0} | {statements:.1} |",
            target.name.text(),
            median(&one.per_second),
            median(&ratios),
            median(&one.p50),
            median(&one.p99),
            median(&one.server),
            median(&one.database),
            one.resident,
        )?;
    }
    Ok(text)
}
