//! `stoa audit`.

use stoa::domain::audit::sealer;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_log_is_verified_and_damage_is_told() {
    let (place, world) = (Place::new("audit"), World::empty().await);
    let said = place.run_on(&world, &["audit", "verify"]).ok();
    assert_eq!(said, "0 seals verified.\n");
    let ines = world.member("ines").await;
    for title in ["One", "Two", "Three"] {
        ines.run(CREATE, json!({ "title": title })).await.field("createConversation");
    }
    let bare = "select 3 - count(*) from audit_seals";
    while world.number(bare).await > 0 {
        sealer::seal(&world.app).await.unwrap();
    }
    let said = place.run_on(&world, &["audit", "verify"]).ok();
    let head = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(said.starts_with("3 seals verified.\n") && head.starts_with("3:"), "{said}");
    let with_head = ["audit", "verify", "--head", head.as_str()];
    assert!(place.run_on(&world, &with_head).ok().starts_with("3 seals verified."));
    let refusal = place.run_on(&world, &["audit", "verify", "--head", "three"]).refusal();
    assert!(refusal.contains("`number:mark`"), "{refusal}");

    let by_hand = async |sql: &str| {
        let tables = ["audit_log", "audit_seals"];
        let all = |what: &str| tables.map(|table| format!("alter table {table} {what} trigger user")).join(";");
        world.db_run(&format!("{}; {sql}; {}", all("disable"), all("enable"))).await;
    };
    by_hand("delete from audit_seals where sequence = 3").await;
    let cut = place.run_on(&world, &with_head);
    assert_eq!(cut.status.code(), Some(1), "{}", cut.err);
    assert!(cut.out.starts_with("seal 3 not in the chain") && cut.out.contains("2 seals verified."), "{}", cut.out);
    by_hand("delete from audit_log where id = (select entry_id from audit_seals where sequence = 1)").await;
    let gone = place.run_on(&world, &["audit", "verify"]);
    assert_eq!(gone.status.code(), Some(1), "{}", gone.err);
    assert!(gone.out.contains(" gone, though there is its seal") && gone.err.contains("1 faults"), "{}", gone.out);
}
