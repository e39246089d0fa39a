//! The chain: everything committed is sealed in order behind the writers, and whatever is altered by hand is found.

use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;
use stoa::auth::master::MasterKey;
use stoa::domain::audit::chain::{COLUMNS, Chain};
use stoa::domain::audit::rows::seals;
use stoa::domain::audit::sealer;
use stoa::domain::audit::verify::{self, Fault, Mark, Report, Wrong};
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_is_sealed_in_order_and_once() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    assert_eq!(seal(&world).await, 0);
    intact(&check(&world).await, 0);
    write(&ines, 5).await;
    assert_eq!(seal(&world).await, 5);
    assert_eq!(seal(&world).await, 0, "each row once");
    intact(&check(&world).await, 5);
    write(&ines, 1).await;
    seal(&world).await;
    intact(&check(&world).await, 6);
    let disorder = "select count(*) from audit_seals s join audit_seals t on t.sequence = s.sequence + 1
                     where (s.transaction_id, s.entry_id) >= (t.transaction_id, t.entry_id)";
    assert_eq!(world.number(disorder).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_processes_make_one_chain() {
    let world = World::empty().await;
    let (one, other) = (world.another_process().await, world.another_process().await);
    world
        .db_run(
            "insert into audit_log (id, at, request_id, action, subject_kind, subject_id, credential)
             select gen_random_uuid(), now(), 'req', 'test.row', 'test', gen_random_uuid(), 'none'
               from generate_series(1, 1203)",
        )
        .await;
    let ines = world.member("ines").await;
    let (a, b, c, ()) =
        tokio::join!(sealer::seal(&world.app), sealer::seal(&one.app), sealer::seal(&other.app), write(&ines, 20),);
    let together = a.unwrap() + b.unwrap() + c.unwrap() + seal(&one).await;
    assert_eq!(together, 1223);
    let (mut checked, mut after) = (0, None);
    loop {
        let report = part(&world, after.as_ref(), 100).await;
        assert_eq!(report.fault, None);
        assert!(report.checked <= 100);
        checked += report.checked;
        if !report.has_more {
            break;
        }
        after = report.end.map(|end| Mark::decode(&end.encode()).unwrap());
    }
    assert_eq!(checked, 1223, "in parts as in one");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_that_something_older_could_still_precede() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 1).await;
    seal(&world).await;
    let late = world.db.begin().await.unwrap();
    late.execute_unprepared(
        "insert into audit_log (id, at, request_id, action, subject_kind, subject_id, credential)
         values (gen_random_uuid(), now(), 'req', 'test.late', 'test', gen_random_uuid(), 'none')",
    )
    .await
    .unwrap();
    write(&ines, 2).await;
    assert_eq!(sealer::seal(&world.app).await.unwrap(), 0, "those after it wait for it, and no writer does");
    late.commit().await.unwrap();
    assert_eq!(seal(&world).await, 3);
    let late =
        "select s.sequence from audit_seals s join audit_log a on a.id = s.entry_id where a.action = 'test.late'";
    assert_eq!(world.number(late).await, 2, "where it belongs");
    intact(&check(&world).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_altered_column_is_found() {
    let world = World::empty().await;
    let columns = "select count(*) from information_schema.columns where table_name = 'audit_log'";
    assert_eq!(world.number(columns).await, COLUMNS.len() as i64);
    let names = COLUMNS.map(|name| format!("'{name}'")).join(", ");
    assert_eq!(world.number(&format!("{columns} and column_name in ({names})")).await, COLUMNS.len() as i64);
    let ines = world.member("ines").await;
    write(&ines, 4).await;
    seal(&world).await;
    let id = sealed_entry(&world, 3).await;
    by_hand(&world, "create table kept as select * from audit_log").await;
    for column in COLUMNS.into_iter().filter(|column| *column != "id") {
        let value = match column {
            "transaction_id" => "'1'::xid8",
            "at" => "at + interval '1 microsecond'",
            "credential" => "'network'",
            "before" | "after" => "'{}'::jsonb",
            "actor_id" | "on_behalf_of" | "session_id" | "api_key_id" | "subject_id" => "gen_random_uuid()",
            _ => "'other'",
        };
        by_hand(&world, &format!("update audit_log set {column} = {value} where id = '{id}'")).await;
        let altered = Fault { wrong: Wrong::Altered, sequence: Some(3), entry: Some(id) };
        assert_eq!(check(&world).await.fault, Some(altered), "{column}");
        let back =
            format!("update audit_log a set {column} = k.{column} from kept k where k.id = a.id and a.id = '{id}'");
        by_hand(&world, &back).await;
        intact(&check(&world).await, 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_damage_is_told_apart() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 5).await;
    seal(&world).await;
    let (third, fourth) = (sealed_entry(&world, 3).await, sealed_entry(&world, 4).await);
    by_hand(&world, "create table rows as select * from audit_log; create table links as select * from audit_seals")
        .await;
    let fault = |wrong, sequence, entry| Some(Fault { wrong, sequence, entry });
    for (damage, expected) in [
        (format!("delete from audit_log where id = '{third}'"), fault(Wrong::Gone, Some(3), Some(third))),
        ("delete from audit_seals where sequence = 3".to_owned(), fault(Wrong::SealGone, Some(3), None)),
        ("delete from audit_seals where sequence < 3".to_owned(), fault(Wrong::SealGone, Some(1), None)),
        (
            "update audit_seals set hash = (select hash from links where sequence = 2) where sequence = 3".to_owned(),
            fault(Wrong::Altered, Some(3), Some(third)),
        ),
        (
            "update audit_seals set sealed_at = sealed_at + interval '1 day' where sequence = 4".to_owned(),
            fault(Wrong::Altered, Some(4), Some(fourth)),
        ),
        (
            "update audit_seals set transaction_id = '1' where sequence = 4".to_owned(),
            fault(Wrong::Altered, Some(4), Some(fourth)),
        ),
        // A row and its link away, and the numbers closed up again.
        (
            format!(
                "delete from audit_log where id = '{third}'; delete from audit_seals where sequence = 3;
                 update audit_seals set sequence = sequence - 1 where sequence > 3"
            ),
            fault(Wrong::Altered, Some(3), Some(fourth)),
        ),
    ] {
        by_hand(&world, &damage).await;
        assert_eq!(check(&world).await.fault, expected, "{damage}");
        let back = "delete from audit_log; insert into audit_log select * from rows;
                    delete from audit_seals; insert into audit_seals select * from links";
        by_hand(&world, back).await;
        intact(&check(&world).await, 5);
    }

    // A row that was slipped in among those that are sealed already.
    let slipped = Uuid::from_u128(0x018f << 112);
    world
        .db_run(&format!(
            "insert into audit_log (id, at, request_id, action, subject_kind, subject_id, credential, transaction_id)
             select '{slipped}', at, 'req', 'test.row', 'test', id, 'none', transaction_id
               from audit_log where id = '{fourth}'"
        ))
        .await;
    sealer::seal(&world.app).await.unwrap();
    assert_eq!(check(&world).await.fault, fault(Wrong::Unsealed, None, Some(slipped)));
    for transaction in ["'9000000000000000'", "'1'"] {
        let sql = format!("update audit_log set transaction_id = {transaction} where id = '{slipped}'");
        by_hand(&world, &sql).await;
        sealer::seal(&world.app).await.unwrap();
        assert_eq!(check(&world).await.fault, fault(Wrong::Unsealed, None, Some(slipped)), "{transaction}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_fault_it_goes_on() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 6).await;
    seal(&world).await;
    let (second, fifth) = (sealed_entry(&world, 2).await, sealed_entry(&world, 5).await);
    by_hand(&world, &format!("update audit_log set action = 'x' where id in ('{second}', '{fifth}')")).await;
    let first = check(&world).await;
    assert_eq!((first.fault.unwrap().entry, first.checked, first.has_more), (Some(second), 2, true));
    let next = part(&world, first.end.as_ref(), 1000).await;
    assert_eq!((next.fault.unwrap().entry, next.checked, next.has_more), (Some(fifth), 3, true));
    let last = part(&world, next.end.as_ref(), 1000).await;
    assert_eq!((last.fault, last.checked, last.has_more), (None, 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_cut_or_made_anew_lacks_the_head_that_was_written_down() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 5).await;
    seal(&world).await;
    let head = Mark::parse(&sealer::name(&check(&world).await.head.unwrap())).unwrap();
    assert!(has(&world, &head).await);
    write(&ines, 1).await;
    seal(&world).await;
    assert!(has(&world, &head).await, "the chain has grown");
    let cut = "delete from audit_log where id in (select entry_id from audit_seals where sequence > 4);
               delete from audit_seals where sequence > 4";
    by_hand(&world, cut).await;
    intact(&check(&world).await, 4);
    assert!(!has(&world, &head).await, "too short");
    by_hand(&world, "delete from audit_seals; update audit_log set action = 'x'").await;
    write(&ines, 1).await;
    world.clock.advance(chrono::TimeDelta::seconds(1));
    seal(&world).await;
    intact(&check(&world).await, 5);
    assert!(!has(&world, &head).await, "another one");
    let gone = part(&world, Some(&head), 10).await;
    assert_eq!(gone.fault, Some(Fault { wrong: Wrong::Cut, sequence: Some(5), entry: None }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_master_key_no_link_can_be_made() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 3).await;
    let other = MasterKey::parse("b25lIG1hc3RlciBrZXkgdGhhdCBpcyBub3QgaXRzLi4=").unwrap();
    while world.number("select count(*) from audit_seals").await < 3 {
        seals::seal(&world.db, &Chain::new(&other), world.clock.now()).await.unwrap();
    }
    assert_eq!(check(&world).await.fault.map(|fault| (fault.wrong, fault.sequence)), Some((Wrong::Altered, Some(1))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_another_server_is_sealed_on() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 4).await;
    // On the server before, the numbers of transactions were higher.
    by_hand(&world, "update audit_log set transaction_id = (transaction_id::text::bigint + 9e15)::text::xid8").await;
    assert_eq!(seal(&world).await, 4);
    write(&ines, 3).await;
    intact(&check(&world).await, 4);
    assert_eq!(seal(&world).await, 3);
    write(&ines, 2).await;
    intact(&check(&world).await, 7);
    assert_eq!(seal(&world).await, 2);
    intact(&check(&world).await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn seals_are_never_changed() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    write(&ines, 1).await;
    seal(&world).await;
    for sql in ["update audit_seals set sequence = 2", "delete from audit_seals", "truncate audit_seals"] {
        let refusal = world.db.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(refusal.contains("audit_seals is append-only"), "{refusal}");
    }
}
