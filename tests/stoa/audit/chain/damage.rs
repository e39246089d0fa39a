//! Whatever is altered by hand is found, and told apart.

use harness::World;
use sea_orm::ConnectionTrait;
use stoa::auth::master::MasterKey;
use stoa::domain::audit::chain::{COLUMNS, Chain};
use stoa::domain::audit::rows::seals;
use stoa::domain::audit::sealer;
use stoa::domain::audit::verify::{Fault, Mark, Wrong};
use uuid::Uuid;

use super::{by_hand, check, has, intact, part, seal, sealed_entry, write};

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
