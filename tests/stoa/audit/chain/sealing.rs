//! What is sealed, by whom, in which order.

use harness::World;
use sea_orm::{ConnectionTrait, TransactionTrait};
use stoa::domain::audit::sealer;
use stoa::domain::audit::verify::Mark;

use super::{by_hand, check, intact, part, seal, write};

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
