//! Documents that ask for too much: every limit holds over every transport, by the setting that it has. What the same
//! documents do to the memory of the real program is in `cli/attacks.rs`.

use harness::{Listening, Person, Socket, Start, World};
use serde_json::{Value, json};

/// Fragments that double at each level.
pub fn doubling(levels: usize) -> String {
    let fragments = (0..levels).map(|at| format!(" fragment F{at} on Query {{ ...F{0} ...F{0} }}", at + 1));
    format!("{{ ...F0 }}{} fragment F{levels} on Query {{ __typename }}", fragments.collect::<String>())
}

/// The known attacks that need one document: its name, itself, its variables, the code with which it is refused.
pub fn documents() -> Vec<(&'static str, String, Value, &'static str)> {
    let nested =
        |levels: usize| format!("{{__type(name:\"User\"){}{{name{}", "{ofType".repeat(levels), "}".repeat(levels + 2));
    let brackets = |count: usize| format!("{{viewer{{id {}id{}}}}}", "...{".repeat(count), "}".repeat(count));
    let aliases =
        |count: usize| format!("{{viewer{{{}}}}}", (0..count).map(|n| format!("a{n}:id ")).collect::<String>());
    let sign_in = "signIn(input:{identifier:\"x\",password:\"y\"}){userErrors{code}}";
    let nodes = "query($ids:[ID!]!){nodes(ids:$ids){id}}".to_owned();
    let limit = "LIMIT_EXCEEDED";
    vec![
        ("fragment doubling", doubling(30), json!({}), limit),
        ("doubling that nothing uses", format!("query Q {{ __typename }} {}", &doubling(30)[10..]), json!({}), limit),
        ("deep fields", nested(20), json!({}), limit),
        ("deep brackets", brackets(70), json!({}), limit),
        ("deeper brackets", brackets(2_000), json!({}), limit),
        ("31 aliases", aliases(31), json!({}), limit),
        ("10,000 aliases", aliases(10_000), json!({}), limit),
        ("many tokens", format!("{{viewer{{{}}}}}", "id ".repeat(2_000)), json!({}), limit),
        ("a long text", format!("{{__typename}}#{}", "x".repeat(20_000)), json!({}), limit),
        ("51 root fields", format!("{{{}}}", "__typename ".repeat(51)), json!({}), limit),
        ("11 directives", format!("{{__typename {}}}", "@skip(if:false)".repeat(11)), json!({}), limit),
        ("two sign-ins", format!("mutation{{a:{sign_in} b:{sign_in}}}"), json!({}), limit),
        (
            "a circle of introspection",
            "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}".to_owned(),
            json!({}),
            limit,
        ),
        ("a long list in a variable", nodes, json!({ "ids": vec!["x"; 10_001] }), limit),
        (
            "pages of pages",
            "{users(first:100){nodes{conversations(first:100){nodes{owner{id}}}}}}".to_owned(),
            json!({}),
            "COST_EXCEEDED",
        ),
        ("fragments in a circle", "{...A} fragment A on Query{...A}".to_owned(), json!({}), "VALIDATION_FAILED"),
    ]
}

/// The code that a document gets from each transport; nothing if it runs.
async fn codes(here: &Listening, person: &Person<'_>, document: &str, variables: &Value) -> [Option<String>; 3] {
    let code = |error: &Value| error["extensions"]["code"].as_str().map(str::to_owned);
    let answer = person.run(document, variables.clone()).await;
    assert_eq!(answer.body.get("data").is_none(), code(&answer.body["errors"][0]).is_some(), "{:#}", answer.body);
    let event = person.follow(document, variables.clone()).await.result().await;
    assert_eq!(event.get("data").is_none(), code(&event["errors"][0]).is_some(), "{event:#}");
    let mut socket = Socket::open(here.address, person.token.as_deref()).await;
    socket.subscribe("1", document, variables.clone()).await;
    let message = socket.hear().await.message();
    assert_eq!(message["type"] == "error", code(&message["payload"][0]).is_some(), "{message:#}");
    [code(&answer.body["errors"][0]), code(&event["errors"][0]), code(&message["payload"][0])]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_holds_over_every_transport() {
    let world = World::empty().await;
    let here = world.listen().await;
    let ines = world.member("ines").await;
    let before = world.fingerprint().await;
    for (name, document, variables, code) in documents() {
        for person in [&ines, &world.anonymous()] {
            let codes = codes(&here, person, &document, &variables).await;
            assert_eq!(codes, [(); 3].map(|()| Some(code.to_owned())), "{name}");
        }
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_is_a_setting() {
    let world = World::with(Start::Empty, |config| {
        config.limits.document_limit = 200;
        config.limits.token_limit = 40;
        config.limits.expansion_limit = 8;
        config.limits.depth_limit = 3;
        config.limits.alias_limit = 2;
        config.limits.root_field_limit = 3;
        config.limits.directive_limit = 1;
        config.budgets.cost_limit = 10;
    })
    .await;
    let here = world.listen().await;
    let ines = world.member("ines").await;
    for (within, beyond, code) in [
        (
            format!("{{__typename}}#{}", "x".repeat(187)),
            format!("{{__typename}}#{}", "x".repeat(188)),
            "LIMIT_EXCEEDED",
        ),
        (
            "{viewer{id displayName @include(if:true)username number}}".to_owned(),
            format!("{{viewer{{{}}}}}", "id ".repeat(37)),
            "LIMIT_EXCEEDED",
        ),
        (doubling(1), doubling(4), "LIMIT_EXCEEDED"),
        (
            "{viewer{roleAssignments{totalCount}}}".to_owned(),
            "{viewer{roleAssignments{nodes{id}}}}".to_owned(),
            "LIMIT_EXCEEDED",
        ),
        ("{viewer{a:id b:id}}".to_owned(), "{viewer{a:id b:id c:id}}".to_owned(), "LIMIT_EXCEEDED"),
        (
            "{__typename viewer{id}}".to_owned(),
            "{__typename __typename viewer{id} __typename}".to_owned(),
            "LIMIT_EXCEEDED",
        ),
        (
            "{__typename @skip(if:false)}".to_owned(),
            "{__typename @skip(if:false)@include(if:true)}".to_owned(),
            "LIMIT_EXCEEDED",
        ),
        ("{users(first:9){nodes{id}}}".to_owned(), "{users(first:10){nodes{id}}}".to_owned(), "COST_EXCEEDED"),
    ] {
        assert_eq!(codes(&here, &ines, &within, &json!({})).await, [const { None }; 3], "{within}");
        assert_eq!(codes(&here, &ines, &beyond, &json!({})).await, [(); 3].map(|()| Some(code.to_owned())), "{beyond}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_what_they_may_have_meant() {
    let world = World::empty().await;
    for (document, near) in [
        ("{ viewr { id } }", "viewer"),
        ("{ viewer { usernam } }", "username"),
        ("{ viewer(x: 1) { id } ... on Usr { id } }", "User"),
        ("{ users(firs: 1) { totalCount } }", "first"),
        ("query($x: Strin) { __typename }", "String"),
        ("mutation { signI { userErrors { code } } }", "signIn"),
    ] {
        let answer = world.anonymous().run(document, json!({})).await;
        assert_eq!(answer.codes()[0], "VALIDATION_FAILED", "{document}");
        for error in answer.body["errors"].as_array().unwrap() {
            let message = error["message"].as_str().unwrap();
            let names = message.split(|letter: char| !letter.is_alphanumeric());
            assert!(!names.into_iter().any(|name| name == near) && !message.contains("mean"), "{document}: {message}");
        }
    }
}
