//! What is refused, with which code, and how fast.

use std::time::{Duration, Instant};

use super::*;

fn code(engine: &Probe, text: &str) -> Option<ErrorCode> {
    engine.prepare(text, None).err().map(|errors| errors[0].code)
}

#[test]
fn fragments_that_double_are_refused_at_once() {
    let engine = probe();
    for levels in [13, 20, 30, 63] {
        let mut text = String::from("{...F0}");
        for level in 0..levels {
            text += &format!(" fragment F{level} on Query{{...F{next} ...F{next}}}", next = level + 1);
        }
        text += &format!(" fragment F{levels} on Query{{__typename}}");
        let before = Instant::now();
        assert_eq!(code(&engine, &text), Some(ErrorCode::LimitExceeded), "2^{levels}");
        assert!(before.elapsed() < Duration::from_millis(250), "2^{levels}: {:?}", before.elapsed());
    }
    // Not used by an operation, or in a circle: no way around the measure.
    let mut text = String::from("{ok}");
    for level in 0..30 {
        text += &format!(" fragment F{level} on Query{{...F{next} ...F{next}}}", next = level + 1);
    }
    assert_eq!(code(&engine, &format!("{text} fragment F30 on Query{{ok}}")), Some(ErrorCode::LimitExceeded));
    assert_eq!(code(&engine, "{...A} fragment A on Query{...A}"), Some(ErrorCode::ValidationFailed));
    assert_eq!(
        code(&engine, "{ok} fragment A on Query{...B} fragment B on Query{...A}"),
        Some(ErrorCode::ValidationFailed)
    );
}

#[test]
fn limits_hold_to_the_last_step() {
    let engine = probe();
    let nested = |levels: usize| format!("{}{{ok{}", "{cN".repeat(levels), "}".repeat(levels + 1));
    let aliases = |count: usize| format!("{{cN{{{}}}}}", (0..count).map(|n| format!("a{n}:ok ")).collect::<String>());
    let roots = |count: usize| format!("{{{}}}", "ok ".repeat(count));
    let directives = |count: usize| format!("{{ok {}}}", "@skip(if:false) ".repeat(count));
    let brackets = |count: usize| format!("{{ok {}ok{}}}", "...{".repeat(count), "}".repeat(count));
    for (within, beyond) in [
        (nested(14), nested(15)),
        (aliases(30), aliases(31)),
        (roots(50), roots(51)),
        (brackets(40), brackets(70)),
        (format!("{{ok}}#{}", "x".repeat(19_000)), format!("{{ok}}#{}", "é".repeat(20_000))),
        (format!("{{cN{{{}}}}}", "ok ".repeat(1_995)), format!("{{cN{{{}}}}}", "ok ".repeat(1_996))),
        ("mutation{signIn ok}".into(), "mutation{signIn x:signIn}".into()),
        (
            "mutation{...F} fragment F on Mutation{signIn}".into(),
            "mutation{...F b:signIn} fragment F on Mutation{signIn}".into(),
        ),
        (
            "{__schema{types{fields{type{fields{name}}}}}}".into(),
            "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}".into(),
        ),
        (
            "{__type(name:\"A\"){possibleTypes{interfaces{name}}}}".into(),
            "{__type(name:\"A\"){possibleTypes{interfaces{...F}}}} fragment F on __Type{inputFields{name}}".into(),
        ),
    ] {
        assert_eq!(code(&engine, &within), None, "{within}");
        assert_eq!(code(&engine, &beyond), Some(ErrorCode::LimitExceeded), "{beyond}");
    }
    // Ten of one directive are within the limit, and still not valid.
    assert_eq!(code(&engine, &directives(10)), Some(ErrorCode::ValidationFailed));
    assert_eq!(code(&engine, &directives(11)), Some(ErrorCode::LimitExceeded));
    assert_eq!(code(&engine, "{ok"), Some(ErrorCode::ParseFailed));
    assert_eq!(code(&engine, ""), Some(ErrorCode::ParseFailed));
    assert_eq!(code(&engine, "fragment F on Query{ok}"), Some(ErrorCode::ParseFailed));
}

#[tokio::test]
async fn variables_are_refused_with_their_path() {
    let engine = probe();
    let text = "query($x:Inner!,$l:[Int!],$c:Color){echo(input:$x,list:$l,color:$c)}";
    let sent = json!({"x": {"need": 1, "inner": {"need": "1", "list": [1, null]}}, "l": [1, 2, "3"], "c": "PINK"});
    let errors = run(&engine, text, sent).await.err().unwrap();
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "The variable $x does not fit at inner.list[1]: Int! may not be null.",
            "The variable $x does not fit at inner.need: this is not of type Int.",
            "The variable $l does not fit at [2]: this is not of type Int.",
            "The variable $c does not fit: this is no value of Color.",
        ]
    );
    let errors = run(&engine, text, json!({})).await.err().unwrap();
    assert_eq!(errors[0].message, "The variable $x of type Inner! is required.");
    let many = json!({"x": {"need": 1}, "l": vec![1; 10_001]});
    assert_eq!(run(&engine, text, many).await.err().unwrap()[0].code, ErrorCode::LimitExceeded);
    let unknown = json!({"x": {"need": 1, "p\nq": 1}});
    let errors = run(&engine, text, unknown).await.err().unwrap();
    assert_eq!(errors[0].message, "The variable $x does not fit: Inner has no field p?q.");
}

#[tokio::test]
async fn a_reply_holds_so_many_errors() {
    let engine = probe_with(Limits { errors: 3, ..Limits::default() });
    let response = run(&engine, "{eN gN rov orv roc{ok}}", json!({})).await.unwrap();
    assert_eq!((response.errors.len(), response.extensions.get("errorsOmitted")), (3, Some(&2.into())));
}

#[test]
fn the_cache_is_bounded_and_holds_what_is_valid() {
    let engine = probe_with(Limits { cached_documents: 4, cached_bytes: 100, ..Limits::default() });
    for n in 0..10 {
        assert!(engine.prepare(&format!("{{a{n}:ok}}"), None).is_ok());
        assert!(engine.prepare("{id}", None).is_ok());
        assert!(engine.prepare(&format!("{{zz{n}}}"), None).is_err());
    }
    assert_eq!(engine.cache.len(), 4);
    let first = engine.prepare("{id}", None).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first.0, &engine.prepare("{id}", None).unwrap().0));
    assert!(engine.prepare(&format!("{{ok}}#{}", "x".repeat(94)), None).is_ok());
    assert_eq!(engine.cache.len(), 1);
    assert!(engine.prepare(&format!("{{ok}}#{}", "x".repeat(100)), None).is_ok());
    assert_eq!(engine.cache.len(), 1);
}
