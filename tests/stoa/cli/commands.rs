//! Migrations, accounts and the doctor by hand.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_down_and_up_by_hand() {
    let (place, world) = (Place::new("migrate"), World::empty().await);
    let status = place.run_on(&world, &["migrate", "status"]).ok();
    assert!(!status.is_empty() && status.lines().all(|line| line.starts_with("applied m")), "{status}");
    let steps = status.lines().count().to_string();
    let down = place.run_on(&world, &["migrate", "down", "--steps", &steps]).ok();
    assert_eq!(down, status.replace("applied", "pending"));
    assert_eq!(world.number("select count(*) from pg_tables where tablename = 'users'").await, 0);
    assert_eq!(place.run_on(&world, &["migrate", "status"]).ok(), down);

    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "create", "--username", "ines"]] {
        let said = place.run_on(&world, command).refusal();
        assert!(said.contains("not migrated") && said.contains("stoa migrate up"), "{said}");
    }
    let doctor = place.run_on(&world, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(doctor.out.contains("PROBLEM  migrations"), "{}", doctor.out);
    assert_eq!(world.number("select count(*) from pg_tables where tablename = 'users'").await, 0);

    assert_eq!(place.run_on(&world, &["migrate", "up"]).ok(), status);
    assert_eq!(place.run_on(&world, &["migrate", "up"]).ok(), status, "safe to repeat");
    world.db_run("insert into seaql_migrations values ('m99990101_000001_future', 0)").await;
    let said = place.run_on(&world, &["serve", "--listen", "127.0.0.1:0"]).refusal();
    assert!(said.contains("newer version"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_by_hand() {
    let (place, world) = (Place::new("user"), World::empty().await);
    let nobody = world.anonymous();
    let sign_in = async |identifier: &str, password: &str| {
        let input = json!({ "input": { "identifier": identifier, "password": password } });
        nobody.run(SIGN_IN, input).await
    };
    let create = ["user", "create", "--username", "Root", "--email", "root@people.test", "--admin"];
    let said = place.run_on(&world, &create).ok();
    let password = said.split("shown only now: ").nth(1).unwrap().trim().to_owned();
    assert!(said.contains("Root") && said.contains("admin") && password.len() >= 20, "{said}");
    assert_eq!(said.matches(&password).count(), 1, "once");
    let answer = sign_in("root", &password).await;
    let user = &answer.field("signIn")["user"];
    assert_eq!(
        (&user["username"], &user["roleAssignments"]["nodes"][0]["role"]["name"]),
        (&json!("Root"), &json!("admin"))
    );
    assert_eq!(world.number("select count(*) from audit_log where action = 'user.create'").await, 1);
    assert_eq!(world.number(&format!("select count(*) from audit_log a where a::text like '%{password}%'")).await, 0);

    let mut command = place.command(&["user", "create", "--username", "ines", "--password-stdin"]);
    use_database(&mut command, &world);
    let said = Outcome::of(command, "correct horse\n").ok();
    assert!(!said.contains("correct horse") && !said.contains("shown only now"), "{said}");
    let answer = sign_in("ines", "correct horse").await;
    let user = &answer.field("signIn")["user"];
    assert_eq!(user["roleAssignments"]["nodes"][0]["role"]["name"], "subscriber");

    let counts = world.row_counts().await;
    for (arguments, word) in [
        (&["--username", "ROOT"][..], "taken"),
        (&["--username", "other", "--email", "ROOT@people.test"], "taken"),
        (&["--username", "?"], "--username"),
        (&["--username", "12345"], "--username"),
        (&["--username", "ok", "--email", "nonsense"], "--email"),
        (&["--username", "ok", "--display-name", " "], "--display-name"),
    ] {
        let arguments: Vec<&str> = ["user", "create"].iter().chain(arguments).copied().collect();
        let said = place.run_on(&world, &arguments).refusal();
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    for password in ["", "short\n", &"x".repeat(73)] {
        let mut command = place.command(&["user", "create", "--username", "ok", "--password-stdin"]);
        use_database(&mut command, &world);
        let said = Outcome::of(command, password).refusal();
        assert!(said.contains("password") && said.contains("At "), "{said}");
    }
    assert_eq!(world.row_counts().await, counts, "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_set_by_hand() {
    let (place, world) = (Place::new("password"), World::empty().await);
    let ines = world.member("ines").await;
    // By the clock of the program, which is not that of the world.
    world
        .db_run("update sessions set expires_at = now() + interval '1 day', idle_expires_at = now() + interval '1 day'")
        .await;
    let command = |arguments: &[&str]| {
        let mut command = place.command(&["user", "password"]);
        use_database(command.args(arguments), &world);
        command
    };
    let key = "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { secret } }";
    ines.run(key, json!({})).await.field("createApiKey");
    ines.run("mutation { trustDevice(input: {}) { deviceToken } }", json!({})).await.field("trustDevice");
    let before = world.fingerprint().await;
    for (name, password, words) in [
        ("nobody", "seven green herons", "no such account"),
        ("ines", "short", "At least 8"),
        ("ines", "password1", "breach"),
        ("ines", "ines@people.test", "Too easy to guess"),
    ] {
        let said = Outcome::of(command(&["--username", name, "--password-stdin"]), password).refusal();
        assert!(said.contains(words) && !said.contains(password), "{said}");
    }
    assert_eq!(world.fingerprint().await, before);
    let said =
        Outcome::of(command(&["--username", "ines@people.test", "--password-stdin"]), "seven green herons\n").ok();
    assert!(said.contains("ines") && said.contains("1 session") && !said.contains("herons"), "{said}");
    assert!(said.contains("1 API key"), "{said}");
    let left = "select (select count(*) from api_keys where revoked_at is null)
                     + (select count(*) from devices where trusted_until is not null)";
    assert_eq!(world.number(left).await, 0);
    assert_eq!(ines.run("{ viewer { id } }", json!({})).await.code(), "UNAUTHENTICATED");
    let made = Outcome::of(command(&["--username", "INES"]), "").ok();
    let password = made.split("shown only now: ").nth(1).unwrap().trim();
    let input = json!({ "input": { "identifier": "ines", "password": password } });
    world.anonymous().run(SIGN_IN, input).await.field("signIn");
    assert_eq!(world.number("select count(*) from audit_log where action = 'password.set'").await, 2);
    assert_eq!(world.number("select count(*) from security_events where kind = 'password_changed'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong() {
    let (place, world) = (Place::new("doctor"), World::empty().await);
    let doctor = place.run_on(&world, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "nobody administers this");
    assert!(doctor.out.contains("stoa user create --admin"), "{}", doctor.out);
    world.admin("root").await;
    let ines = world.member("ines").await;
    let made = ines.run(CREATE, json!({ "title": "One" })).await;
    let id = &made.field("createConversation")["conversation"]["id"];
    for content in ["One", "Two"] {
        let append = "mutation($input: AppendMessageInput!) { appendMessage(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "conversationId": id, "content": content } });
        ines.run(append, input).await.field("appendMessage");
    }
    let before = world.fingerprint().await;
    let healthy = place.run_on(&world, &["doctor"]).ok();
    assert!(healthy.lines().all(|line| line.starts_with("ok ")), "{healthy}");
    assert_eq!(world.fingerprint().await, before, "it changes nothing");

    for (plant, undo, name) in [
        ("update conversations set message_count = 1", "update conversations set message_count = 2", "message counts"),
        (
            "insert into permissions (id, name, resource, action, description, created_at)
             values ('018f3c1e-7a5b-7c3d-9e2f-000000000001', 'dragons:ride', 'dragons', 'ride', 'x', now())",
            "delete from permissions where name = 'dragons:ride'",
            "permissions",
        ),
        (
            "delete from participants",
            "insert into participants select id, owner_id, true, false, true from conversations",
            "participants",
        ),
        ("update participants set is_owner = false", "update participants set is_owner = true", "participants"),
        ("update users set state = 'suspended'", "update users set state = 'active'", "role admin"),
    ] {
        world.db_run(plant).await;
        let doctor = place.run_on(&world, &["doctor"]);
        assert_eq!(doctor.status.code(), Some(1), "{plant}");
        let problems: Vec<&str> = doctor.out.lines().filter(|line| line.starts_with("PROBLEM")).collect();
        assert!(problems.len() == 1 && problems[0].contains(name), "{plant}: {problems:?}");
        assert_eq!(doctor.err.lines().filter(|line| !is_log(line)).count(), 1, "{}", doctor.err);
        world.db_run(undo).await;
        place.run_on(&world, &["doctor"]).ok();
    }
    let doctor = place.run_on(&world, &["doctor", "--page-limit", "1"]);
    assert!(doctor.status.code() == Some(1) && doctor.out.contains("PROBLEM  configuration"), "{}", doctor.out);
    let key = place.dir.join("key.pem");
    fs::write(&key, "").unwrap();
    let mut command = place.command(&["doctor", "--master-key-file", key.to_str().unwrap()]);
    command.env("DATABASE_URL", world.url());
    let doctor = Outcome::of(command, "");
    assert!(doctor.status.code() == Some(1) && doctor.out.contains("PROBLEM  master key"), "{}", doctor.out);
}
