//! The chain: everything committed is sealed in order behind the writers, and whatever is altered by hand is found.

mod damage;
mod sealing;

use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use stoa::domain::audit::rows::seals;
use stoa::domain::audit::sealer;
use stoa::domain::audit::verify::{self, Mark, Report};
use uuid::Uuid;

async fn write(person: &Person<'_>, many: usize) {
    for number in 0..many {
        let document = "mutation($t: String) { createConversation(input: { title: $t }) { userErrors { code } } }";
        person.run(document, json!({ "t": format!("Talk {number}") })).await.field("createConversation");
    }
}

/// Seals everything. Other tests write on the same server, and what they have under way may hold a row up for a moment.
async fn seal(world: &World) -> usize {
    let bare = "select count(*) from audit_log a where not exists (select from audit_seals s where s.entry_id = a.id)";
    let mut all = sealer::seal(&world.app).await.unwrap();
    while world.number(bare).await > 0 {
        all += sealer::seal(&world.app).await.unwrap();
    }
    all
}

async fn part(world: &World, after: Option<&Mark>, limit: i64) -> Report {
    let part = seals::part(&world.db, after.map_or(0, |after| after.sequence), limit).await.unwrap();
    verify::verify(&world.app.chain, after, part)
}

async fn check(world: &World) -> Report {
    part(world, None, 1000).await
}

/// Whether the chain still has a link that was written down before.
async fn has(world: &World, head: &Mark) -> bool {
    seals::link(&world.db, head.sequence).await.unwrap().is_some_and(|link| head.is_of(&link))
}

#[track_caller]
fn intact(report: &Report, links: i64) {
    assert_eq!((report.fault, report.checked, report.has_more), (None, links, false), "{report:?}");
}

/// Changes the tables as somebody does who may do anything in the database.
async fn by_hand(world: &World, sql: &str) {
    world
        .db_run(&format!(
            "alter table audit_log disable trigger user; alter table audit_seals disable trigger user; {sql};
             alter table audit_log enable trigger user; alter table audit_seals enable trigger user"
        ))
        .await;
}

async fn sealed_entry(world: &World, sequence: i64) -> Uuid {
    let sql = format!("select entry_id from audit_seals where sequence = {sequence}");
    let row = world.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
