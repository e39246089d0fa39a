//! What ends with an account, and what happens beside that.

use std::time::Duration;

use harness::{Heard, Socket, World};
use serde_json::json;

use super::{newcomer, run, sign_in, step};
use crate::live::{EVENTS, append, beginning, conversation, event, follow};
use crate::matrix::scene::mutation;

#[tokio::test(flavor = "multi_thread")]
async fn what_shuts_an_account_ends_everything_everywhere() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let root = one.admin("root").await;
    for (at, name) in ["suspendUser", "deleteUser", "deactivateAccount", "deleteAccount"].into_iter().enumerate() {
        let (ines, made) = newcomer(&one, &format!("ines-{at}")).await;
        let talk = conversation(&ines).await;
        append(&ines, &talk, "welcome").await;
        let mut busy = Socket::open(there.address, ines.token.as_deref()).await;
        follow(&mut busy, &talk).await;
        event(&busy.hear().await.message());
        let mut idle = Socket::open(there.address, ines.token.as_deref()).await;
        let mut stream = ines.at(&other).follow(EVENTS, json!({ "id": talk, "after": beginning(&talk) })).await;
        event(&stream.result().await);
        let begun = std::time::Instant::now();
        match name {
            "suspendUser" | "deleteUser" => run(&root, name, step(name, &ines.id)).await.field(name).clone(),
            _ => run(&ines, name, json!({ "currentPassword": "correct horse" })).await.field(name).clone(),
        };
        assert_eq!(busy.hear().await, Heard::Closed(4401), "{name}");
        assert_eq!(idle.hear().await, Heard::Closed(4401), "{name}");
        let last = stream.result().await;
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{name} {last:#}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
        for world in [&one, &other] {
            let answer = ines.at(world).run("{ viewer { id } }", json!({})).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "{name}");
        }
        let refresh = json!({ "input": { "refreshToken": made["refreshToken"] } });
        let refreshed = one.anonymous().run(&mutation("refreshSession", "accessToken"), refresh).await;
        assert_eq!(refreshed.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "{name}");
        assert_eq!(sign_in(&one, &format!("ines-{at}")).await, ["WRONG_CREDENTIALS"], "{name}");
        // Back again, the old sessions stay over.
        let back = if name.starts_with("delete") { "restoreUser" } else { "reactivateUser" };
        run(&root, back, json!({ "id": ines.id })).await.field(back);
        assert_eq!(ines.run("{ viewer { id } }", json!({})).await.code(), "UNAUTHENTICATED", "{name}");
        assert_eq!(sign_in(&one, &format!("ines-{at}")).await, Vec::<String>::new(), "{name}");
    }
    let ended = "select count(*) from sessions where end_reason = 'account_closed'";
    assert_eq!(one.number(ended).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_shut_each_other_out() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let roles = one.admin("first").await.run("{ roles { nodes { id name } } }", json!({})).await;
    let admin = roles.field("roles")["nodes"][0]["id"].clone();
    let left = "select count(*) from user_roles ur join roles r on r.id = ur.role_id join users u on u.id = ur.user_id
                 where r.name = 'admin' and account_is_active(u.state, u.suspended_until, '2026-06-01T12:00:00Z')";
    let ways = ["suspendUser", "deleteUser", "removeRole", "deleteAccount", "deactivateAccount"];
    for (at, (mine, theirs)) in ways.iter().flat_map(|mine| ways.map(|theirs| (*mine, theirs))).enumerate() {
        one.db_run("delete from user_roles where role_id = (select id from roles where name = 'admin')").await;
        let (two, three) = (one.admin(&format!("two-{at}")).await, one.admin(&format!("three-{at}")).await);
        let three = three.at(&other);
        // Who closes themselves goes; who acts on the other has them go.
        let attack = |name: &'static str, own: &str, victim: &str| {
            let victim = victim.to_owned();
            let input = match name {
                "removeRole" => json!({ "userId": victim, "roleId": admin }),
                "deleteAccount" | "deactivateAccount" => json!({}),
                _ => step(name, &victim),
            };
            assert_ne!(own, victim);
            (mutation(name, "__typename"), json!({ "input": input }))
        };
        let (first, second) = (attack(mine, &two.id, &three.id), attack(theirs, &three.id, &two.id));
        let (a, b) = tokio::join!(two.run(&first.0, first.1), three.run(&second.0, second.1));
        let left = one.number(left).await;
        assert!(left >= 1, "{mine} and {theirs}: {:#} {:#}", a.body, b.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_begins_beside_a_suspension() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    for round in 0..5 {
        let name = format!("ines-{round}");
        let (ines, _) = newcomer(&world, &name).await;
        let sign_ins = (0..6).map(|_| sign_in(&world, &name));
        let suspend = async {
            tokio::task::yield_now().await;
            run(&root, "suspendUser", step("suspendUser", &ines.id)).await.field("suspendUser");
        };
        tokio::join!(futures_util::future::join_all(sign_ins), suspend);
        let alive = format!(
            "select count(*) from sessions s join users u on u.id = s.user_id
              where u.username = '{name}' and s.ended_at is null"
        );
        assert_eq!(world.number(&alive).await, 0, "all of them have ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_with_the_account_and_sleep_through_a_pause() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let key = "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { secret } }";
    let trust = "mutation { trustDevice(input: {}) { deviceToken } }";
    for (at, (name, back)) in [
        ("suspendUser", "reactivateUser"),
        ("deleteUser", "restoreUser"),
        ("deactivateAccount", "reactivateUser"),
        ("deleteAccount", "restoreUser"),
        ("pause", "reactivateUser"),
    ]
    .into_iter()
    .enumerate()
    {
        let (ines, _) = newcomer(&world, &format!("ines-{at}")).await;
        let secret = ines.run(key, json!({})).await.field("createApiKey")["secret"].as_str().unwrap().to_owned();
        ines.run(trust, json!({})).await.field("trustDevice");
        let program = ines.with_token(&secret);
        let is_good = async || program.run("{ viewer { id } }", json!({})).await.status == 200;
        assert!(is_good().await);
        match name {
            "suspendUser" | "deleteUser" => run(&root, name, step(name, &ines.id)).await.field(name).clone(),
            "pause" => {
                let pause = json!({ "id": ines.id, "reason": "x", "until": "2026-06-02T12:00:00Z" });
                run(&root, "suspendUser", pause).await.field("suspendUser").clone()
            }
            _ => run(&ines, name, json!({ "currentPassword": "correct horse" })).await.field(name).clone(),
        };
        assert!(!is_good().await, "{name}");
        run(&root, back, json!({ "id": ines.id })).await.field(back);
        assert_eq!(is_good().await, name == "pause", "{name}");
        let trusted = format!(
            "select count(*) from devices d join users u on u.id = d.user_id
              where u.username = 'ines-{at}' and d.trusted_until is not null"
        );
        assert_eq!(world.number(&trusted).await, i64::from(name == "pause"), "{name}");
    }
}
