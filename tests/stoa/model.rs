//! The database: its history goes both ways, and it refuses what must never be, whoever asks.

use harness::World;
use sea_orm::{ConnectionTrait, DbErr};
use stoa::database::migrate;
use stoa::error::violated_constraint;

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again() {
    let world = World::empty().await;
    let shape = "select md5(string_agg(concat(table_name, column_name, data_type, is_nullable, column_default), ','
                    order by table_name, column_name)) || (select count(*) from pg_constraint)
                    || (select count(*) from pg_indexes) || (select count(*) from pg_trigger)
                    || (select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                         where n.nspname = 'public')
                   from information_schema.columns where table_schema = 'public'";
    let text = async || {
        let row = world.db.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, shape)).await;
        row.unwrap().unwrap().try_get_by_index::<String>(0).unwrap()
    };
    let before = text().await;
    let all = migration::SCRIPTS.len();
    migrate::down(&world.db, u32::try_from(all).unwrap()).await.unwrap();
    let left = "select count(*) from information_schema.tables where table_schema = 'public'";
    assert_eq!(world.number(left).await, 1, "only the list of migrations stays");
    let refusal = migrate::require_current(&world.db).await.unwrap_err().to_string();
    assert!(refusal.contains("stoa migrate up"), "{refusal}");
    migrate::up(&world.db).await.unwrap();
    migrate::require_current(&world.db).await.unwrap();
    assert_eq!(text().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index() {
    let world = World::empty().await;
    let bare = "select count(*) from pg_constraint c where c.contype = 'f' and not exists (
                    select 1 from pg_index i where i.indrelid = c.conrelid
                       and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
                        or i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])";
    assert_eq!(world.number(bare).await, 0);
}

/// Three users, a conversation of the first with two messages, another conversation of the second.
async fn furnish(world: &World) {
    let sql = "
        insert into users (id, username, handle, display_name, created_at, updated_at)
        select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'u' || n, 'u' || n, 'U', now(), now()
          from generate_series(1, 3) n;
        insert into conversations (id, owner_id, last_activity_at, created_at, updated_at)
        select ('00000000-0000-7000-8000-0000000000c' || n)::uuid,
               ('00000000-0000-7000-8000-00000000000' || n)::uuid, now(), now(), now()
          from generate_series(1, 2) n;
        insert into messages (id, conversation_id, parent_id, author_id, role, content, created_at, updated_at) values
          ('00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-0000000000c1', null,
           '00000000-0000-7000-8000-000000000001', 'user', 'one', now(), now());
        insert into messages (id, conversation_id, parent_id, author_id, role, content, created_at, updated_at) values
          ('00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-0000000000c1',
           '00000000-0000-7000-8000-0000000000a1', null, 'assistant', 'two', now(), now());";
    world.db.execute_unprepared(sql).await.unwrap();
}

async fn refused(world: &World, sql: &str) -> String {
    let cause: DbErr = world.db.execute_unprepared(sql).await.expect_err(sql);
    violated_constraint(&cause).unwrap_or_else(|| panic!("no constraint named: {cause}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_cannot_be_broken() {
    let world = World::empty().await;
    furnish(&world).await;
    let placed = "select count(*) from messages where (id, depth, position) in (
        ('00000000-0000-7000-8000-0000000000a1', 0, 1), ('00000000-0000-7000-8000-0000000000a2', 1, 2))";
    assert_eq!(world.number(placed).await, 2);
    let kept = "select count(*) from conversations where id = '00000000-0000-7000-8000-0000000000c1'
        and message_count = 2 and last_message_id = '00000000-0000-7000-8000-0000000000a2'";
    assert_eq!(world.number(kept).await, 1);
    let insert = |conversation: &str, parent: &str| {
        format!(
            "insert into messages (id, conversation_id, parent_id, role, content, created_at, updated_at) values
             (gen_random_uuid(), '00000000-0000-7000-8000-0000000000{conversation}',
              '00000000-0000-7000-8000-0000000000{parent}', 'user', '', now(), now())"
        )
    };
    assert_eq!(refused(&world, &insert("c2", "a1")).await, "messages_parent_fkey", "a parent in another conversation");
    assert_eq!(refused(&world, &insert("c1", "ff")).await, "messages_parent_fkey", "a parent that does not exist");
    for change in [
        "parent_id = '00000000-0000-7000-8000-0000000000a2'",
        "parent_id = null, depth = 0",
        "conversation_id = '00000000-0000-7000-8000-0000000000c2'",
        "depth = 5",
        "position = 9",
        "role = 'system'",
    ] {
        let sql = format!("update messages set {change} where id = '00000000-0000-7000-8000-0000000000a2'");
        assert_eq!(refused(&world, &sql).await, "messages_place_fixed", "{change}");
    }
    assert_eq!(world.number(placed).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_never_mistaken_for_numbers_or_ids() {
    let world = World::empty().await;
    furnish(&world).await;
    for (name, constraint) in [
        ("123", "users_username_shape"),
        ("018f3c1e-7a5b-7c3d-9e2f-000000000001", "users_username_shape"),
        ("a:b", "users_username_shape"),
        ("", "users_username_shape"),
        ("U1", "users_username_key"),
    ] {
        let sql = format!("update users set username = '{name}' where handle = 'u2'");
        assert_eq!(refused(&world, &sql).await, constraint, "{name}");
    }
    assert_eq!(refused(&world, "update users set handle = 'Upper' where handle = 'u2'").await, "users_handle_shape");
    assert_eq!(refused(&world, "update users set number = 77 where handle = 'u2'").await, "users_number_fixed");
    world.db.execute_unprepared("update users set email = 'A@x.test' where handle = 'u1'").await.unwrap();
    assert_eq!(refused(&world, "update users set email = 'a@X.test' where handle = 'u2'").await, "users_email_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_is_two_people_s() {
    let world = World::empty().await;
    furnish(&world).await;
    let change = |what: &str, user: &str| format!("update users set {what} where username = '{user}'");
    assert_eq!(refused(&world, &change("handle = 'u2'", "u1")).await, "users_handle_key");
    world.db.execute_unprepared(&change("handle = 'short'", "u2")).await.unwrap();
    for (what, constraint) in [
        ("handle = 'u2'", "users_handle_key"),
        ("username = 'SHORT'", "users_username_key"),
        ("username = 'Short', handle = 'short'", "users_handle_key"),
    ] {
        assert_eq!(refused(&world, &change(what, "u1")).await, constraint, "{what}");
    }
    let insert = "insert into users (id, username, handle, display_name, created_at, updated_at)
                  values (gen_random_uuid(), 'short', 'other', 'S', now(), now())";
    assert_eq!(refused(&world, insert).await, "users_username_key");
    // One's own names may be alike, change places, and are free again once they are given up.
    for what in ["username = 'Short'", "username = 'u2', handle = 'u2'", "handle = 'short'", "handle = 'else'"] {
        let sql = format!("update users set {what} where id = '00000000-0000-7000-8000-000000000002'");
        world.db.execute_unprepared(&sql).await.unwrap();
    }
    world.db.execute_unprepared(&change("handle = 'short'", "u1")).await.unwrap();
    let kept = "select count(*) from user_names n full join (
                    select lower(username::text) as name, id from users union select handle, id from users) u
                    on u.name = n.name and u.id = n.user_id where u.id is null or n.user_id is null";
    assert_eq!(world.number(kept).await, 0);
    // Two at once: one gets it.
    let mut taken = 0;
    for round in 0..20 {
        let (handle, name) = (format!("handle = 'n{round}'"), format!("username = 'N{round}'"));
        let (handle, name) = (change(&handle, "u1"), format!("update users set {name} where handle = 'else'"));
        let (first, second) = tokio::join!(world.db.execute_unprepared(&handle), world.db.execute_unprepared(&name));
        taken += usize::from(first.is_ok()) + usize::from(second.is_ok());
    }
    assert_eq!(taken, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_were_two_people_s_are_told_apart() {
    let world = World::empty().await;
    let later =
        migration::SCRIPTS.iter().skip_while(|script| script.name != "m20261120_000017_identity_review").count();
    migrate::down(&world.db, u32::try_from(later).unwrap()).await.unwrap();
    let sql = "insert into users (id, username, handle, display_name, created_at, updated_at)
               select gen_random_uuid(), name, handle, 'U', now(), now()
                 from (values ('bob', 'robert'), ('eve', 'bob'), ('Robert', 'own'), ('lone', 'lone')) v (name, handle)";
    world.db_run(sql).await;
    migrate::up(&world.db).await.unwrap();
    let kept = "select count(*) from users where (username, handle) in (('lone', 'lone'), ('Robert', 'own'))";
    assert_eq!(world.number(kept).await, 2);
    let ends = "select count(*) from users where username = 'eve' and handle ~ '^bob-[0-9a-f]{8}$'
                or username = 'bob' and handle ~ '^robert-[0-9a-f]{8}$'";
    assert_eq!(world.number(ends).await, 2);
    assert_eq!(world.number("select count(*) from user_names").await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_never_given_twice() {
    let world = World::empty().await;
    furnish(&world).await;
    world.db.execute_unprepared("delete from users where handle = 'u3'").await.unwrap();
    let insert = "insert into users (id, username, handle, display_name, created_at, updated_at)
                  values (gen_random_uuid(), 'late', 'late', 'Late', now(), now())";
    world.db.execute_unprepared(insert).await.unwrap();
    assert_eq!(world.number("select number from users where handle = 'late'").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_follow_owner_shares_and_authors() {
    let world = World::empty().await;
    furnish(&world).await;
    let share = "insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
        values (gen_random_uuid(), '00000000-0000-7000-8000-0000000000c1', '', 'user',
                '00000000-0000-7000-8000-00000000000N', 'read', now(), now())";
    world.db.execute_unprepared(&share.replace('N', "2")).await.unwrap();
    world.db.execute_unprepared(&share.replace('N', "3")).await.unwrap();
    assert_eq!(refused(&world, &share.replace('N', "1")).await, "shares_not_with_owner");
    let write = "insert into messages (id, conversation_id, author_id, role, content, created_at, updated_at) values
        (gen_random_uuid(), '00000000-0000-7000-8000-0000000000c1', '00000000-0000-7000-8000-000000000003', 'user', '',
         now(), now())";
    world.db.execute_unprepared(write).await.unwrap();
    let takers = "select count(*) from participants where conversation_id = '00000000-0000-7000-8000-0000000000c1'";
    assert_eq!(world.number(takers).await, 3);
    world.db.execute_unprepared("delete from shares").await.unwrap();
    assert_eq!(world.number(takers).await, 2, "who wrote stays, who only read goes");
    let author = "select count(*) from participants where is_author and not is_grantee
        and user_id = '00000000-0000-7000-8000-000000000003'";
    assert_eq!(world.number(author).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_only_grows() {
    let world = World::empty().await;
    let insert = "insert into audit_log (id, at, request_id, action, subject_kind, subject_id, credential)
                  values (gen_random_uuid(), now(), 'r', 'a', 'k', gen_random_uuid(), 'none')";
    world.db.execute_unprepared(insert).await.unwrap();
    for sql in ["update audit_log set action = 'b'", "delete from audit_log", "truncate audit_log"] {
        assert_eq!(refused(&world, sql).await, "audit_log_append_only", "{sql}");
    }
    assert_eq!(world.number("select count(*) from audit_log where action = 'a'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_may_start_at_once() {
    let world = World::empty().await;
    let (one, two) = tokio::join!(migrate::up(&world.db), migrate::up(&world.db));
    one.unwrap();
    two.unwrap();
    let clock = stoa::clock::Clock::system();
    let seeds = (0..4).map(|_| stoa::domain::role::seed::seed(&world.db, &clock));
    for seeded in futures_util::future::join_all(seeds).await {
        seeded.unwrap();
    }
    assert_eq!(world.number("select count(*) from roles").await, 3);
}
