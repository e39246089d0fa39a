//! Bringing a database to the schema of this version, and telling how far it is.

use anyhow::Context;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

/// A number of our own for `pg_advisory_xact_lock`, so that two starting processes migrate one after the other.
const LOCK: i64 = 0x73_74_6f_61;

/// Names of the migrations, and whether each has been applied.
pub async fn status(connection: &DatabaseConnection) -> anyhow::Result<Vec<(String, bool)>> {
    let pending = Migrator::get_pending_migrations_read_only(connection).await?;
    let waiting: Vec<&str> = pending.iter().map(|migration| migration.name()).collect();
    Ok(migration::SCRIPTS.iter().map(|script| (script.name.to_owned(), !waiting.contains(&script.name))).collect())
}

/// Refuses a database that is behind this version, or ahead of it, in one sentence.
pub async fn require_current(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let pending = status(connection)
        .await
        .context("This database was migrated by a newer version of Stoa: use that version, or restore a backup.")?;
    let pending = pending.iter().filter(|(_, applied)| !applied).count();
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
