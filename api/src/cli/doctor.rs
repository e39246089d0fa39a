//! `stoa doctor`.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use clap::Args;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::serve::DATABASE;
use crate::access::Pattern;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{self, migrate};

/// Check configuration, database, clock and data, and say what to do about each finding.
///
/// Changes no data. Ends with status 1 when something was found.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    config: Config,
}

/// Two clocks that differ by more confuse the ends of sessions.
const CLOCK_TOLERANCE: f64 = 2.0;

/// An invariant as a statement that counts its violations, and what to do about them.
struct Invariant {
    name: &'static str,
    violations: &'static str,
    remedy: &'static str,
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "somebody holds the role admin and can sign in",
        violations: "select (count(*) = 0)::int::int8 from user_roles ur join roles r on r.id = ur.role_id
                       join users u on u.id = ur.user_id
                      where r.name = 'admin' and ur.expires_at is null
                        and account_is_active(u.state, u.suspended_until, now())",
        remedy: "run `stoa user create --admin`",
    },
    Invariant {
        name: "kept sources of roles are right",
        violations: "with recursive kept (id, sources) as (
                        select r.id, case when r.is_active then array[r.id] else '{}' end from roles r
                         where r.parent_id is null
                        union all
                        select r.id, case when r.is_active then r.id || k.sources else '{}' end
                          from kept k join roles r on r.parent_id = k.id)
                     select count(*) from roles r left join kept k using (id) where r.sources is distinct from k.sources",
        remedy: "update roles set is_active = is_active",
    },
    Invariant {
        name: "kept message counts are right",
        violations: "select count(*) from conversations c
                      where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)",
        remedy: "update conversations set message_count to the count of its messages",
    },
    Invariant {
        name: "kept last messages are the last ones",
        violations: "select count(*) from conversations c where c.last_message_id is distinct from
                     (select m.id from messages m where m.conversation_id = c.id order by m.position desc limit 1)",
        remedy: "update conversations set last_message_id to the message with the highest position",
    },
    Invariant {
        name: "participants are the owner, the grantees and the authors",
        violations: "select count(*) from (
                        select conversation_id, user_id, bool_or(o) as o, bool_or(g) as g, bool_or(a) as a from (
                            select id as conversation_id, owner_id as user_id, true as o, false as g, false as a
                              from conversations
                            union all select thing_id, grantee_id, false, true, false from shares
                                       where audience = 'user' and thing_kind = 'conversation'
                            union all select conversation_id, author_id, false, false, true from messages
                                       where author_id is not null) reasons
                         group by conversation_id, user_id) expected
                       full join participants p using (conversation_id, user_id)
                      where (o, g, a) is distinct from (p.is_owner, p.is_grantee, p.is_author)",
        remedy: "delete from participants and fill it again from conversations, shares and messages",
    },
    Invariant {
        name: "every tool call is in its message's conversation",
        violations: "select count(*) from tool_calls t join messages m on m.id = t.message_id
                      where m.conversation_id <> t.conversation_id",
        remedy: "set tool_calls.conversation_id to the message's",
    },
];

/// What was found, each with what to do about it.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn report(&mut self, name: &str, finding: Option<String>) {
        match finding {
            None => println!("ok       {name}"),
            Some(finding) => {
                println!("PROBLEM  {name}: {finding}");
                self.0.push(finding);
            }
        }
    }
}

impl Doctor {
    pub async fn run(self) -> anyhow::Result<()> {
        let mut findings = Findings::default();
        findings.report("configuration", self.config.check(false).err().map(|cause| cause.to_string()));
        findings.report("master key", self.master_key());
        if self.config.database.database_url.is_none() && !self.config.database.data_dir.exists() {
            let words = format!("there is none in {}; start the service once", self.config.database.data_dir.display());
            findings.report("database", Some(words));
            anyhow::bail!("the doctor found problems");
        }
        let opened = match database::open(&self.config.database, DATABASE, Duration::from_secs(300)).await {
            Ok(opened) => opened,
            Err(cause) => {
                findings.report("database", Some(format!("{cause:#}")));
                anyhow::bail!("the doctor found problems");
            }
        };
        let version = database::server_version(&opened.connection).await?;
        println!("ok       database: PostgreSQL {version}");
        let migrated = migrate::require_current(&opened.connection).await;
        let is_migrated = migrated.is_ok();
        findings.report("migrations", migrated.err().map(|cause| cause.to_string()));
        findings.report("clock", clock(&opened.connection).await?);
        if is_migrated {
            findings.report("permissions", strays(&opened.connection).await?);
            for invariant in INVARIANTS {
                let violations = number(&opened.connection, invariant.violations).await?;
                let finding = (violations > 0).then(|| format!("{violations} violation(s); {}", invariant.remedy));
                findings.report(invariant.name, finding);
            }
        }
        opened.close().await?;
        anyhow::ensure!(findings.0.is_empty(), "the doctor found {} problem(s)", findings.0.len());
        Ok(())
    }

    fn master_key(&self) -> Option<String> {
        if self.config.auth.master_key.is_some() {
            return self.config.auth.master_key(&self.config.database).err().map(|cause| format!("{cause:#}"));
        }
        let file = self.config.auth.master_key_file(&self.config.database);
        let mode = std::fs::metadata(&file).ok()?.permissions().mode();
        (mode & 0o077 != 0).then(|| format!("others can read {0}; run chmod 600 {0}", file.display()))
    }
}

async fn number(db: &DatabaseConnection, sql: &str) -> anyhow::Result<i64> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

async fn clock(db: &DatabaseConnection) -> anyhow::Result<Option<String>> {
    let ask = Statement::from_string(DbBackend::Postgres, "select extract(epoch from clock_timestamp())::float8");
    let row = db.query_one_raw(ask).await?;
    let theirs: f64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    let apart = (theirs - Clock::system().now().timestamp_micros() as f64 / 1e6).abs();
    let words = format!("this machine and the database are {apart:.1} s apart; set both by network time");
    Ok((apart > CLOCK_TOLERANCE).then_some(words))
}

async fn strays(db: &DatabaseConnection) -> anyhow::Result<Option<String>> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, "select name from permissions")).await?;
    let names = rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()?;
    let strays: Vec<String> = names.into_iter().filter(|name| Pattern::parse(name).is_none()).collect();
    let words = format!("unknown to this version, granting nothing: {}; delete them or upgrade", strays.join(", "));
    Ok((!strays.is_empty()).then_some(words))
}
