//! Starting, stopping, being killed, and refusing to start.

use super::*;

#[test]
fn the_demo_runs_stops_and_comes_back() {
    let place = Place::new("demo");
    let mut demo = Service::demo(&place);
    let address = demo.address.clone();
    let greeting = demo.words().to_owned();
    assert!(greeting.contains(&format!("http://{address}/graphiql")), "{greeting}");
    for person in stoa::demo::PEOPLE {
        assert!(greeting.contains(person.username) && greeting.contains(person.display_name), "{greeting}");
    }
    let token = demo.sign_in_as("ines");
    let made = demo.run(Some(&token), CREATE, json!({ "title": "Kept" }));
    let id = made["createConversation"]["conversation"]["id"].clone();
    assert_eq!(place.run(&["health", "--listen", &address]).ok(), "ready\n");
    // Two others at once share the running server. The demo's database is not where `serve` looks.
    assert!(place.run(&["demo", "load"]).ok().contains("already"));
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).refusal();
    assert!(said.contains("migrate"), "{said}");
    assert!(place.postmaster().is_some(), "the others left it running");

    demo.stop();
    place.check_stopped();
    let said = place.run(&["health", "--listen", &address]).refusal();
    assert!(said.contains("nothing answers"), "{said}");

    let began = Instant::now();
    let demo = Service::demo(&place);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let seen = demo.run(Some(&token), TITLES, json!({ "ids": [id] }));
    assert_eq!(seen, json!({ "nodes": [{ "title": "Kept" }] }), "the data and the keys of last time");
    demo.stop_by("INT");
    place.check_stopped();

    assert_eq!(place.run(&["demo", "reset"]).ok(), "The demo world is as new.\n");
    place.check_stopped();
    let demo = Service::demo(&place);
    let token = demo.sign_in_as("ines");
    assert_eq!(demo.run(Some(&token), TITLES, json!({ "ids": [id] })), json!({ "nodes": [null] }));
    demo.stop();
}

#[test]
fn what_was_acknowledged_survives_the_killing_of_everything() {
    let place = Place::new("kill");
    let mut command = place.command(&["demo", "run"]);
    command.process_group(0);
    let mut demo = Service::start(&place, command);
    let token = demo.sign_in_as("ines");
    let before = demo.run(Some(&token), COUNT, json!({}))["viewer"]["conversations"]["totalCount"].as_u64().unwrap();
    let (address, as_ines) = (demo.address.clone(), token.clone());
    let (acknowledge, acknowledged) = mpsc::channel();
    let writers: Vec<_> = (0..2)
        .map(|writer| {
            let (address, token, acknowledge) = (address.clone(), as_ines.clone(), acknowledge.clone());
            thread::spawn(move || {
                for number in 0.. {
                    let title = format!("streamed {writer} {number}");
                    let Ok(answer) = run(&address, Some(&token), CREATE, json!({ "title": title })) else { return };
                    let id = answer["data"]["createConversation"]["conversation"]["id"].as_str().unwrap().to_owned();
                    acknowledge.send((id, title)).unwrap();
                }
            })
        })
        .collect();
    drop(acknowledge);
    let mut written: Vec<(String, String)> = (0..60).map(|_| acknowledged.recv_timeout(PATIENCE).unwrap()).collect();
    let (service, postmaster) = (demo.child.0.id(), place.postmaster().unwrap());
    kill("KILL", &format!("-{service}"));
    kill("KILL", &postmaster.to_string());
    demo.child.wait();
    for writer in writers {
        writer.join().unwrap();
    }
    written.extend(acknowledged.try_iter());
    drop(demo);

    let demo = Service::demo(&place);
    for some in written.chunks(50) {
        let ids: Vec<&str> = some.iter().map(|(id, _)| id.as_str()).collect();
        let expected: Vec<Value> = some.iter().map(|(_, title)| json!({ "title": title })).collect();
        assert_eq!(demo.run(Some(&token), TITLES, json!({ "ids": ids }))["nodes"], Value::Array(expected));
    }
    let found = demo.run(Some(&token), COUNT, json!({}))["viewer"]["conversations"]["totalCount"].as_u64().unwrap();
    let found = (found - before) as usize;
    assert!((written.len()..=written.len() + 2).contains(&found), "{found} of {}", written.len());
    demo.stop();
    place.check_stopped();
}

#[test]
fn the_demo_stays_on_this_machine() {
    let place = Place::new("loopback");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let said = place.run(&["demo", "run", "--listen", address]).refusal();
        assert!(said.contains("loopback") && said.contains(address), "{said}");
    }
    let mut command = place.command(&["demo", "run"]);
    command.env("STOA_LISTEN", "0.0.0.0:0");
    Outcome::of(command, "").refusal();
    assert!(!place.data_dir().exists(), "nothing was started");
}

#[test]
fn contradictory_settings_are_refused() {
    let place = Place::new("settings");
    for (arguments, named) in [
        (&["--request-timeout", "0"][..], "STOA_REQUEST_TIMEOUT"),
        (&["--database-connections", "1"], "STOA_DATABASE_CONNECTIONS"),
        (&["--database-patience", "0"], "STOA_DATABASE_PATIENCE"),
        (&["--socket-init-timeout", "0"], "STOA_SOCKET_INIT_TIMEOUT"),
        (&["--keep-alive", "0"], "STOA_KEEP_ALIVE"),
        (&["--metrics-operations", "10001"], "STOA_METRICS_OPERATIONS"),
        (&["--page-limit", "19"], "STOA_PAGE_LIMIT"),
        (&["--cost-restore", "0"], "STOA_COST_RESTORE"),
        (&["--access-token-lifetime", "901", "--session-lifetime", "900"], "STOA_ACCESS_TOKEN_LIFETIME"),
        (&["--password-min-length", "0"], "PASSWORD_MIN_LENGTH"),
        (&["--password-min-length", "73"], "PASSWORD_MIN_LENGTH"),
        (&["--log", "stoa=nonsense"], "STOA_LOG"),
    ] {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        let said = place.run(&arguments).refusal();
        assert!(said.contains(named), "{said}");
    }
    for arguments in [
        &["--bcrypt-cost", "3"][..],
        &["--bcrypt-cost", "32"],
        &["--registration", "perhaps"],
        &["--request-timeout", "-1"],
        &["--log-format", "xml"],
    ] {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        assert_eq!(place.run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert!(!place.data_dir().exists(), "nothing was started");
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    let place = &Place::new("absent");
    // Each tries for a few seconds, so all at once.
    thread::scope(|scope| {
        for (url, word) in [
            ("postgres://stoa:hunter2@127.0.0.1:1/stoa", "answers"),
            ("postgres://stoa:hunter2@nowhere.invalid/stoa", "answers"),
            ("mysql://stoa:hunter2@127.0.0.1/stoa", "DATABASE_URL"),
            ("hunter2", "DATABASE_URL"),
        ] {
            for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "status"], &["demo", "load"]] {
                scope.spawn(move || {
                    let mut command = place.command(command);
                    command.env("DATABASE_URL", url);
                    let outcome = Outcome::of(command, "");
                    assert!(!outcome.err.contains("hunter2") && !outcome.out.contains("hunter2"), "{}", outcome.err);
                    let said = outcome.refusal();
                    assert!(said.contains(word), "{url}: {said}");
                });
            }
        }
        scope.spawn(move || {
            let mut command = place.command(&["doctor"]);
            command.env("DATABASE_URL", "postgres://stoa:hunter2@127.0.0.1:1/stoa");
            let doctor = Outcome::of(command, "");
            assert_eq!(doctor.status.code(), Some(1));
            assert!(doctor.out.contains("PROBLEM  database") && !(doctor.out + &doctor.err).contains("hunter2"));
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_and_the_service_keep_apart() {
    let (place, demo) = (Place::new("apart"), World::demo().await);
    // As an older version left it: whoever refuses a database brings it up to date in no way.
    let older = "delete from permissions where name = 'stats:read'";
    demo.db_run(older).await;
    let before_serve = demo.fingerprint().await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["serve", "--listen", "127.0.0.1:0", "--migrate"]] {
        let said = place.run_on(&demo, command).refusal();
        assert!(said.contains("demo"), "{said}");
    }
    let after_serve = demo.fingerprint().await;

    let real = World::empty().await;
    real.member("somebody").await;
    real.db_run(older).await;
    let before = real.fingerprint().await;
    for command in [&["demo", "load"][..], &["demo", "run", "--listen", "127.0.0.1:0"], &["demo", "reset"]] {
        let said = place.run_on(&real, command).refusal();
        assert!(said.contains("demo"), "{command:?}: {said}");
    }
    assert!(real.fingerprint().await == before, "`stoa demo` wrote into a database that it refused");
    assert!(after_serve == before_serve, "`stoa serve` wrote into a database that it refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_and_drains() {
    let (place, world) = (Place::new("serve"), World::empty().await);
    let said = place.run_on(&world, &["user", "create", "--username", "root", "--admin"]).ok();
    let password = said.split("shown only now: ").nth(1).unwrap().trim();
    let service = Service::serve(&place, &world);
    assert_eq!(place.run(&["health", "--listen", &service.address]).ok(), "ready\n");
    let mut command = place.command(&["serve", "--listen", &service.address]);
    use_database(&mut command, &world);
    let said = Outcome::of(command, "").refusal();
    assert!(said.contains("STOA_LISTEN"), "the port is taken: {said}");
    let demo = "mutation { demoSignIn(input: { username: \"ines\" }) { accessToken } }";
    let refused = run(&service.address, None, demo, json!({})).unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let data = service.run(None, SIGN_IN, json!({ "input": { "identifier": "root", "password": password } }));
    let token = data["signIn"]["accessToken"].as_str().unwrap().to_owned();

    // A mutation waits for a lock while the service is told to stop: it ends well, and only then the service.
    let holder = world.db.begin().await.unwrap();
    holder.execute_unprepared("lock table conversations in exclusive mode").await.unwrap();
    let (address, as_root) = (service.address.clone(), token.clone());
    let late = thread::spawn(move || run(&address, Some(&as_root), CREATE, json!({ "title": "Late" })));
    let waiting = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
                    where not l.granted and d.datname = current_database()";
    let end = Instant::now() + PATIENCE;
    while world.number(waiting).await == 0 {
        assert!(Instant::now() < end, "the mutation does not wait for the lock");
        sleep(Duration::from_millis(20));
    }
    kill("TERM", &service.child.0.id().to_string());
    wait_until("nobody new is let in", || TcpStream::connect(&service.address).is_err());
    holder.rollback().await.unwrap();
    let answer = late.join().unwrap().unwrap();
    assert!(answer["data"]["createConversation"]["conversation"]["id"].is_string(), "{answer}");
    service.stop();
    assert_eq!(world.number("select count(*) from conversations where title = 'Late'").await, 1);
}
