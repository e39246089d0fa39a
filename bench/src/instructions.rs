//! Instructions for each request, counted by callgrind: the same on every machine, so that a regression shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tokio::process::Command;

use crate::data::{Data, SMALL};
use crate::load::Connection;
use crate::place;
use crate::target::{Launch, Name, Target, programs};
use crate::workload::{self, Workload};

/// By how much a count may exceed its budget.
const TOLERANCE: f64 = 0.05;

/// Count instructions of the server for each request (user space, one thread) and hold them against the budgets.
#[derive(Args)]
pub struct Instructions {
    /// Only these workloads.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Which server.
    #[arg(long, default_value = "stoa")]
    target: Name,
    /// Write what is counted as the new budgets of this build's profile.
    #[arg(long)]
    bless: bool,
    /// Only print; leave the budgets alone.
    #[arg(long)]
    free: bool,
    /// Keep callgrind's files, for callgrind_annotate.
    #[arg(long)]
    keep: bool,
}

/// Profile, workload, instructions.
type Budgets = BTreeMap<String, BTreeMap<String, u64>>;

impl Instructions {
    pub async fn run(self) -> anyhow::Result<()> {
        let folder = place();
        let data = Data::open(&folder, SMALL).await?;
        let dumps = folder.join("callgrind");
        if dumps.exists() {
            fs::remove_dir_all(&dumps)?;
        }
        fs::create_dir_all(&dumps)?;
        let launch = Launch {
            data: &data,
            programs: programs()?,
            node: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node"),
            folder,
            wrapper: ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
                .into_iter()
                .map(str::to_owned)
                .chain([format!("--callgrind-out-file={}/out", dumps.display())])
                .collect(),
            variables: vec![("TOKIO_WORKER_THREADS", "1".to_owned())],
        };
        let target = launch.start(self.target).await?;
        let workloads = workload::all()
            .into_iter()
            .filter(|one| !one.document.is_empty())
            .filter(|one| self.only.is_empty() || self.only.iter().any(|name| name == one.name));
        let mut counts = BTreeMap::new();
        for workload in workloads {
            let count = count(&target, workload, &data, &dumps).await?;
            println!("{} {:>9}k  {}", workload.name, count / 1000, workload.about);
            counts.insert(workload.name.to_owned(), count);
        }
        target.stop().await?;
        data.close().await?;
        if !self.keep {
            fs::remove_dir_all(&dumps)?;
        }
        if self.free || self.target != Name::Stoa { Ok(()) } else { judge(counts, self.bless) }
    }
}

/// Instructions of one request, the mean of several.
async fn count(target: &Target, workload: Workload, data: &Data, dumps: &Path) -> anyhow::Result<u64> {
    // Of one person: under callgrind time runs fast, and of many people some would be looked up again in each second.
    let cases = workload.cases(data);
    let requests: Vec<Vec<u8>> =
        cases.iter().filter(|case| case.person.id == cases[0].person.id).map(|case| target.request(case)).collect();
    let times = if matches!(workload.name, "W3" | "W4") { 24 } else { 64 };
    let mut connection = Connection::open(target.address).await?;
    // Caches filled, statements prepared on every connection of the pool that will be used.
    for request in requests.iter().cycle().take(48) {
        connection.send(request).await?;
    }
    control(target.pid, "--instr=on").await?;
    for request in requests.iter().cycle().take(times) {
        connection.send(request).await?;
    }
    control(target.pid, "--instr=off").await?;
    control(target.pid, &format!("--dump={}", workload.name)).await?;
    control(target.pid, "--zero").await?;
    let mut newest = None;
    for entry in fs::read_dir(dumps)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        if text.contains(&format!("desc: Trigger: Client Request: {}", workload.name))
            || text.lines().take(20).any(|line| line.starts_with("desc:") && line.ends_with(workload.name))
        {
            newest = text.lines().rev().find_map(|line| line.strip_prefix("totals: ")?.trim().parse::<u64>().ok());
            fs::rename(&path, dumps.join(format!("{}.callgrind", workload.name)))?;
        }
    }
    Ok(newest.context("callgrind has written no totals")? / times as u64)
}

async fn control(pid: u32, what: &str) -> anyhow::Result<()> {
    let output = Command::new("callgrind_control").arg(what).arg(pid.to_string()).output().await;
    let output = output.context("callgrind_control is missing: install valgrind")?;
    anyhow::ensure!(output.status.success(), "callgrind_control {what}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Holds counts against the budgets of this build's profile, or makes them the budgets.
fn judge(counts: BTreeMap<String, u64>, bless: bool) -> anyhow::Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.json");
    let mut budgets: Budgets = match path.exists() {
        true => serde_json::from_str(&fs::read_to_string(&path)?)?,
        false => Budgets::new(),
    };
    // The folder of the programs is named after the profile.
    let programs = programs()?;
    let profile = programs.file_name().context("no profile")?.to_string_lossy().into_owned();
    if bless {
        budgets.entry(profile).or_default().extend(counts);
        return Ok(fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&budgets)?))?);
    }
    let known = budgets.get(&profile).with_context(|| format!("there are no budgets for the profile {profile}"))?;
    let mut over = Vec::new();
    for (name, count) in counts {
        let budget = *known.get(&name).with_context(|| format!("{name} has no budget"))?;
        let change = count as f64 / budget as f64 - 1.0;
        if change > TOLERANCE {
            over.push(format!("{name}: {count} instead of {budget} ({:+.1} %)", change * 100.0));
        } else if change < -TOLERANCE {
            println!("{name} needs {:.1} % less than its budget: lower it with --bless.", -change * 100.0);
        }
    }
    anyhow::ensure!(over.is_empty(), "more instructions than budgeted:\n{}", over.join("\n"));
    println!("All within their budgets.");
    Ok(())
}
