//! What the system says about this process. Linux says it in `/proc`; elsewhere these metrics are missing.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

pub(super) struct Process {
    pub(super) cpu_seconds: f64,
    pub(super) resident_bytes: u64,
    pub(super) open_files: u64,
    pub(super) most_files: Option<u64>,
    pub(super) started_seconds: f64,
}

impl Process {
    pub(super) fn read() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field, the program's name in parentheses, may hold anything. Numbers as in proc(5), from 3 on.
        let fields: Vec<&str> = status.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let ticks = clock_ticks_per_second() as f64;
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        Some(Self {
            cpu_seconds: (number(14)? + number(15)?) as f64 / ticks,
            resident_bytes: number(24)? * page_size() as u64,
            open_files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
            most_files: files.and_then(|line| line.split_whitespace().next()?.parse().ok()),
            started_seconds: boot + number(22)? as f64 / ticks,
        })
    }
}
