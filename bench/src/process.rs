//! Processes as /proc shows them.

use std::fs;

/// CPU seconds of a process, its ended children included.
pub fn cpu(pid: u32) -> anyhow::Result<f64> {
    Ok(stat(pid)?.cpu)
}

/// CPU seconds of a process and of all its children.
pub fn cpu_with_children(pid: u32) -> anyhow::Result<f64> {
    let mut sum = cpu(pid)?;
    for child in children(pid)? {
        // A child may be gone meanwhile; then its parent has its time.
        sum += cpu(child).unwrap_or(0.0);
    }
    Ok(sum)
}

/// Resident memory in MiB.
pub fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

struct Stat {
    parent: u32,
    cpu: f64,
}

fn stat(pid: u32) -> anyhow::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in parentheses and may hold anything.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    // After the name: state, ppid, …; utime is field 14 of the whole line. Linux counts in hundredths everywhere.
    let ticks = number(11) + number(12) + number(13) + number(14);
    Ok(Stat { parent: u32::try_from(number(1))?, cpu: ticks as f64 / 100.0 })
}

fn children(pid: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(number) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        if stat(number).is_ok_and(|stat| stat.parent == pid) {
            found.push(number);
        }
    }
    Ok(found)
}
