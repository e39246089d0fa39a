//! Finding people: by how a word begins and by what is like it, and never by what one may not see.

use harness::{Person, World};
use serde_json::{Value, json};

const USERS: &str = "query($filter: UserFilter, $first: Int, $after: String) {
    users(filter: $filter, first: $first, after: $after) {
        totalCount nodes { username } pageInfo { hasNextPage endCursor } } }";

async fn found(person: &Person<'_>, filter: Value) -> Vec<String> {
    let answer = person.run(USERS, json!({ "filter": filter })).await;
    let users = answer.field("users");
    let names: Vec<String> =
        users["nodes"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect();
    assert_eq!(users["totalCount"], names.len(), "{filter}");
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_by_their_beginning_and_by_likeness() {
    let world = World::demo().await;
    let noor = world.existing("noor").await;
    for (text, names) in [
        ("tove", vec!["tove"]),
        ("TOVE", vec!["tove"]),
        ("lindq", vec!["tove"]),
        ("carv", vec!["ines"]),
        ("ines carv", vec![]),
        ("arvalho", vec![]),
        ("桂", vec!["keiko"]),
        ("дми", vec!["dmitri.v"]),
        ("INÊS", vec!["ines"]),
        ("ines@example", vec!["ines"]),
        ("samir_", vec!["samir_b"]),
        ("samir%", vec![]),
        ("%", vec![]),
        ("_", vec![]),
        ("\\", vec![]),
        ("sam\\", vec![]),
    ] {
        assert_eq!(found(&noor, json!({ "search": text })).await, names, "{text}");
    }
    for (text, name) in [("Lindqist", "tove"), ("Carvallo", "ines"), ("Tanabi", "yuki"), ("wetterborg", "jonas.w")] {
        assert_eq!(found(&noor, json!({ "search": text })).await, Vec::<String>::new(), "{text}");
        assert_eq!(found(&noor, json!({ "similarTo": text })).await, [name], "{text}");
    }
    assert_eq!(found(&noor, json!({ "search": "s", "state": "SUSPENDED" })).await, ["samir_b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_search_go_on_where_they_ended() {
    let world = World::demo().await;
    let noor = world.existing("noor").await;
    let all = found(&noor, json!({ "search": "b" })).await;
    assert!(all.len() > 2, "{all:?}");
    let (mut names, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "filter": { "search": "b" }, "first": 2, "after": after });
        let answer = noor.run(USERS, variables).await;
        let page = answer.field("users");
        let nodes = page["nodes"].as_array().unwrap();
        names.extend(nodes.iter().map(|user| user["username"].as_str().unwrap().to_owned()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(names, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_found_by_what_one_may_not_see() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    world.member("zoe").await;
    let root = world.admin("root").await;
    world.db_run("update users set email = 'palmtree@people.test' where username = 'omar'").await;
    for filter in [json!({ "search": "omar" }), json!({ "similarTo": "omarr" })] {
        assert_eq!(found(&ines, filter.clone()).await, Vec::<String>::new(), "they do not know each other");
        assert_eq!(found(&root, filter).await, ["omar"]);
    }
    let talk = crate::live::conversation(&ines).await;
    crate::live::share(&ines, &talk, &omar).await;
    for filter in [json!({ "search": "omar" }), json!({ "similarTo": "omarr" })] {
        assert_eq!(found(&ines, filter).await, ["omar"]);
    }
    for filter in [json!({ "search": "palm" }), json!({ "similarTo": "palmtree" })] {
        assert_eq!(found(&ines, filter.clone()).await, Vec::<String>::new(), "the address is private");
        assert_eq!(found(&root, filter).await, ["omar"]);
    }
    assert_eq!(found(&ines, json!({ "search": "people.test" })).await, Vec::<String>::new());
    // One's own address is not searched either, so that nothing depends on who asks but what is seen.
    assert_eq!(found(&omar, json!({ "search": "palm" })).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_name_is_found_and_the_old_one_is_not() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let rename = "mutation { updateUser(input: { displayName: \"Jacaranda\" }) { userErrors { code } } }";
    ines.run(rename, json!({})).await.field("updateUser");
    assert_eq!(found(&root, json!({ "search": "jaca" })).await, ["ines"]);
    world.db_run("update users set last_signed_in_at = '2026-05-01T00:00:00Z' where username = 'ines'").await;
    let (may, june) = ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    assert_eq!(found(&root, json!({ "lastSignedInFrom": may, "lastSignedInBefore": june })).await, ["ines"]);
    assert_eq!(found(&root, json!({ "lastSignedInBefore": may })).await, Vec::<String>::new());
    assert_eq!(found(&root, json!({ "lastSignedInFrom": june })).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_has_its_indexes() {
    let world = World::empty().await;
    world
        .db_run(
            "insert into users (id, username, handle, display_name, created_at, updated_at)
         select gen_random_uuid(), 'u' || n, 'u' || n, 'Person ' || md5(n::text), now(), now()
           from generate_series(1, 20000) n",
        )
        .await;
    world.db_run("vacuum analyze users").await;
    for (text, index) in [
        ("details like '% abc%'", "users_details_idx"),
        ("details %> 'abcdef'", "users_details_idx"),
        ("names like '% abc%'", "users_names_idx"),
        ("names %> 'abcdef'", "users_names_idx"),
    ] {
        let sql =
            format!("explain select id from users where id = any(array(select u.id from users u where u.{text}))");
        use sea_orm::{ConnectionTrait, DbBackend, Statement};
        let rows = world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    }
}
