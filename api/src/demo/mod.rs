//! The demo: a small invented world, loaded into an empty database for trying things out.
//!
//! - Invented people only, without passwords: one becomes one of [`PEOPLE`] with a click, in demo mode only.
//! - Everything in it is the same at every load, ids included, so that the documents under `examples/` can name it.
//! - A row of `settings` marks the database. Without the mark nothing is ever removed, and a database that holds
//!   accounts is not filled.

mod advisors;
mod devices;
pub mod examples;
mod id;
mod invitations;
mod people;
mod rows;
mod script;
mod talk;
mod teams;
mod texts;
mod tools;
mod world;

use sea_orm::{DatabaseConnection, TransactionTrait};

pub use self::people::{PEOPLE, Person, is_person};
pub use self::world::{World, id_of};
use crate::clock::Clock;
use crate::domain::role::seed;

/// Fills an empty database with the demo world, in one transaction; nothing happens if it is there already. Returns
/// whether it was loaded now. Refuses a database with accounts that are not the demo's.
pub async fn load(db: &DatabaseConnection, clock: &Clock) -> anyhow::Result<bool> {
    seed::seed(db, clock).await?;
    let transaction = db.begin().await?;
    rows::lock(&transaction).await?;
    if rows::is_marked(&transaction).await? {
        return Ok(false);
    }
    anyhow::ensure!(
        rows::count_accounts(&transaction).await? == 0,
        "This database holds accounts that are not the demo's: the demo is only loaded into an empty database."
    );
    rows::insert(&transaction, World::new()).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Removes everything and loads the demo world again, in one transaction; user numbers begin at 1 again. Refuses a
/// database that does not hold the demo.
pub async fn reset(db: &DatabaseConnection, clock: &Clock) -> anyhow::Result<()> {
    let transaction = db.begin().await?;
    rows::lock(&transaction).await?;
    anyhow::ensure!(
        rows::is_marked(&transaction).await?,
        "This database does not hold the demo: nothing was removed. Only a demo database can be reset."
    );
    rows::empty(&transaction).await?;
    rows::insert(&transaction, World::new()).await?;
    transaction.commit().await?;
    seed::seed(db, clock).await?;
    Ok(())
}

/// Whose database it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occupant {
    /// Nobody's: there are no accounts, perhaps not even tables.
    Nobody,
    /// The demo world's.
    Demo,
    /// People's.
    Others,
}

/// Looks whose database it is, migrated or not, and changes nothing.
pub async fn occupant(db: &DatabaseConnection) -> anyhow::Result<Occupant> {
    if !rows::has_tables(db).await? {
        return Ok(Occupant::Nobody);
    }
    Ok(match rows::is_marked(db).await? {
        true => Occupant::Demo,
        false if rows::count_accounts(db).await? > 0 => Occupant::Others,
        false => Occupant::Nobody,
    })
}
