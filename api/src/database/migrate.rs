//! Bringing a database to the schema of this version, and telling how far it is.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

/// A number of our own for `pg_advisory_xact_lock`, so that two starting processes migrate one after the other.
const LOCK: i64 = 0x73_74_6f_61;

/// Names of the migrations, and whether each has been applied. A database that knows migrations which this version does
/// not is an error.
pub async fn status(connection: &DatabaseConnection) -> anyhow::Result<Vec<(String, bool)>> {
    let applied = applied(connection).await?;
    let unknown: Vec<&String> =
        applied.iter().filter(|name| !migration::SCRIPTS.iter().any(|script| script.name == name.as_str())).collect();
    anyhow::ensure!(
        unknown.is_empty(),
        "This database was migrated by a newer version of Stoa ({unknown:?}): use that version, or restore a backup."
    );
    let row = |script: &migration::Script| {
        let name = script.name.to_owned();
        let is_applied = applied.contains(&name);
        (name, is_applied)
    };
    Ok(migration::SCRIPTS.iter().map(row).collect())
}

async fn applied(connection: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    let text = |sql| Statement::from_string(DbBackend::Postgres, sql);
    let list = connection.query_one_raw(text("select to_regclass('seaql_migrations') is not null")).await?;
    if !list.map(|row| row.try_get_by_index::<bool>(0)).transpose()?.unwrap_or_default() {
        return Ok(Vec::new());
    }
    let rows = connection.query_all_raw(text("select version from seaql_migrations order by version")).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

/// Refuses a database that is behind this version, or ahead of it, in one sentence.
pub async fn require_current(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let pending = status(connection).await?.iter().filter(|(_, applied)| !applied).count();
    anyhow::ensure!(
        pending == 0,
        "The database is not migrated: {pending} migration(s) are pending. Run `stoa migrate up` first."
    );
    Ok(())
}

pub async fn up(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let transaction = connection.begin().await?;
    transaction
        .execute_unprepared(&format!("set local statement_timeout = 0; select pg_advisory_xact_lock({LOCK})"))
        .await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await?;
    Ok(())
}

/// Takes back the last `steps` migrations, data included.
pub async fn down(connection: &DatabaseConnection, steps: u32) -> anyhow::Result<()> {
    let transaction = connection.begin().await?;
    transaction
        .execute_unprepared(&format!("set local statement_timeout = 0; select pg_advisory_xact_lock({LOCK})"))
        .await?;
    Migrator::down(&transaction, Some(steps)).await?;
    transaction.commit().await?;
    Ok(())
}
