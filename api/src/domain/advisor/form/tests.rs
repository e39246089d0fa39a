use entity::advisor::Gateway;
use entity::message::Role;
use serde_json::{Map, Value, json};

use super::{Form, Read, as_json, as_markdown, read};
use crate::clock::Stopwatch;
use crate::domain::advisor::content::{Content, NamedTool, Parameters, Prompt};

fn good(source: &str) -> Read {
    read(source, Form::Auto, Some("Named")).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Path and beginning of the message of each refusal.
fn refused(source: &str, form: Form) -> Vec<String> {
    let errors = read(source, form, Some("Named")).expect_err(source);
    errors.into_iter().map(|error| format!("{}: {}", error.path.join("."), error.message)).collect()
}

fn prompt(role: Role, content: &str, name: Option<&str>) -> Prompt {
    Prompt { role, content: content.to_owned(), name: name.map(str::to_owned) }
}

#[test]
fn json_as_people_write_it() {
    let Read { content, warnings } = good(
        "// mine\n{ 'model': 'vendor/small-1', \"temperature\": 0.4, max_output_tokens: 2000, stream: true, /* two */
          tools: ['get_current_weather', 'x'], gateway: 'elsewhere', flavour: { a: [1, 2,], }, top_p: null,
          messages: [{ role: 'system', content: \"Be brief. <$datetime:%Y-%m-%d$> <$file:notes/about.md$>\" },
                     { role: 'user', content: 'Hello', name: 'Pat', },], }",
    );
    assert_eq!(content.model.as_deref(), Some("vendor/small-1"));
    assert_eq!((content.parameters.temperature, content.parameters.max_output_tokens), (Some(0.4), Some(2000)));
    assert_eq!((content.parameters.stream, content.parameters.top_p), (Some(true), None));
    assert_eq!(content.gateway, Some(Gateway::Openrouter));
    assert_eq!(content.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["get_current_weather", "x"]);
    assert_eq!(Value::Object(content.extra), json!({ "flavour": { "a": [1, 2] } }));
    assert_eq!(content.messages[0].content, "Be brief. <$datetime:%Y-%m-%d$> <$file:notes/about.md$>");
    assert_eq!(content.messages[1], prompt(Role::User, "Hello", Some("Pat")));
    assert_eq!(warnings.len(), 2);
    // Just the messages.
    let bare = good("[{'role': 'system', 'content': 'Be brief.'}]").content;
    assert_eq!((bare.name.as_str(), bare.model), ("Named", None));
    assert_eq!(bare.messages, [prompt(Role::System, "Be brief.", None)]);
}

#[test]
fn markdown_as_people_write_it() {
    let Read { content, warnings } = good(
        "---\r\nmodel: vendor/small-1\r\nmax_tokens: 2000\r\ntools:\r\n  - get_advice\r\nname: Pat's\r\n---\r\nYou answer in two\r\nsentences.\r\n\r\n::user::\r\n> name: Pat\r\n\r\nHello\r\n\r\n::assistant::\r\n> note: kept\r\n\r\nYes <$dir:*.md$>\r\n",
    );
    assert_eq!((content.name.as_str(), content.parameters.max_output_tokens), ("Named", Some(2000)));
    assert_eq!(content.tools, [NamedTool { name: "get_advice".to_owned(), id: None }]);
    let expected = [
        prompt(Role::System, "You answer in two\nsentences.", None),
        prompt(Role::User, "Hello", Some("Pat")),
        prompt(Role::Assistant, "> note: kept\n\nYes <$dir:*.md$>", None),
    ];
    assert_eq!(content.messages, expected);
    assert_eq!(warnings.len(), 1);
    // Without front matter, and with a message before which nothing is said.
    assert_eq!(good("Be brief.").content.messages, [prompt(Role::System, "Be brief.", None)]);
    assert_eq!(good("---\n---\n\n::system::\nA\n").content.messages, [prompt(Role::System, "A", None)]);
}

#[test]
fn everything_that_is_wrong_is_named_with_its_place() {
    for (source, form, expected) in [
        ("{ 'a': ", Form::Json, vec!["source: Line 1: This is not JSON"]),
        ("{\n\n 'a' 1 }", Form::Json, vec!["source: Line 3: This is not JSON"]),
        ("7", Form::Json, vec!["source: Line 1: An object"]),
        ("{ a: 1, a: 2 }", Form::Json, vec!["source: Line 1: At most 32 levels"]),
        ("{ temperature: NaN }", Form::Json, vec!["source: Line 1: At most 32 levels"]),
        (
            "{ temperature: 'hot', tools: 'x', messages: [{ role: 'king', content: 1 }, 'x'], stream: 1 }",
            Form::Json,
            vec![
                "source.temperature: A number",
                "source.stream: True or false",
                "source.tools: A list",
                "source.messages.0.role: One of",
                "source.messages.0.content: A text",
                "source.messages.1: Not what",
            ],
        ),
        (
            "{ temperature: 3, messages: [{ role: 'user', content: 'x' }] }",
            Form::Json,
            vec!["source.temperature: From 0 to 2", "source.messages: At least one"],
        ),
        (
            "{ messages: [{ role: 'system', content: 'x', weight: 2 }] }",
            Form::Json,
            vec!["source.messages.0.weight: Messages have"],
        ),
        ("---\nmodel: x", Form::Markdown, vec!["source: Line 1: The front matter does not end"]),
        ("---\nmodel: x\n  y: z\n---\nA", Form::Markdown, vec!["source: Line "]),
        ("---\n- a\n---\nA", Form::Markdown, vec!["source: Line 2: The front matter is"]),
        ("---\na: &x 1\nb: *x\n---\nA", Form::Markdown, vec!["source: Line "]),
        ("A\n\n::king::\nB", Form::Markdown, vec!["source: Line 3: A message is of"]),
        ("", Form::Markdown, vec!["source.messages: 1 to 100", "source.messages: At least one"]),
        ("A\0", Form::Markdown, vec!["source.messages.0.content: NUL"]),
    ] {
        let found = refused(source, form);
        let alike =
            found.len() == expected.len() && found.iter().zip(&expected).all(|(one, other)| one.starts_with(other));
        assert!(alike, "{source:?}: {found:#?}, expected {expected:#?}");
    }
    let nameless = read("A", Form::Auto, None).expect_err("nobody named it");
    assert_eq!(nameless[0].path, ["name"]);
}

#[test]
fn what_is_written_is_read_again() {
    let whole = Content {
        name: "Train \"planner\": #1".to_owned(),
        description: "Plans\njourneys: all of them.".to_owned(),
        model: Some("vendor/small-1".to_owned()),
        gateway: Some(Gateway::Groq),
        parameters: Parameters {
            temperature: Some(0.25),
            top_p: Some(1.0),
            frequency_penalty: Some(-1.5),
            presence_penalty: Some(0.0),
            max_output_tokens: Some(7),
            tool_choice: Some(json!({ "type": "function" })),
            response_format: Some(json!("text")),
            stream: Some(false),
        },
        extra: Map::from_iter([("flavour".to_owned(), json!([1, { "a: b": "yes" }]))]),
        messages: vec![
            prompt(Role::System, "Be brief.\n\n<$file:a.md$> <$conversation_history$>", None),
            prompt(Role::User, "Hello", Some("Pat")),
        ],
        tools: vec![NamedTool { name: "search".to_owned(), id: None }],
    };
    // Messages that Markdown has no words for.
    for odd in [
        "",
        " ",
        "\nA",
        "A\n",
        "> name: x",
        "> quote",
        "::user::",
        "a\n::user::\nb",
        "---",
        "A\r\nB",
        "\tA ",
        "🦜\u{2028}x",
    ] {
        let mut content = whole.clone();
        content.messages.push(prompt(Role::Assistant, odd, Some("A: b")));
        content.messages.push(prompt(Role::System, odd, None));
        for (text, form) in [(as_json(&content), Form::Json), (as_markdown(&content), Form::Markdown)] {
            for form in [form, Form::Auto] {
                let back = read(&text, form, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
                assert_eq!(back.content, content, "{text}");
            }
        }
    }
    assert!(as_markdown(&whole).contains("\n---\nBe brief.\n"), "{}", as_markdown(&whole));
}

#[test]
fn whatever_comes_it_ends_soon_and_without_a_panic() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        ":",
        ",",
        "\n",
        "---\n",
        "::user::\n",
        "> name: x\n",
        "a",
        "&a ",
        "*a ",
        "- ",
        "\\u00",
        "//",
        "/*",
        "0x",
        "1e999",
        "messages",
        "role",
        "system",
        "\u{feff}",
        "🦜",
        "!!binary ",
        "<<: ",
        "? ",
        "|\n ",
        "null",
        "\t",
        "%YAML ",
    ];
    let mut state: u64 = 7;
    let mut dice = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let begun = Stopwatch::start();
    for _ in 0..3_000 {
        let length = dice(40);
        let text: String = (0..length).map(|_| pieces[dice(pieces.len())]).collect();
        for form in [Form::Json, Form::Markdown, Form::Auto] {
            let _ = read(&text, form, Some("x"));
        }
    }
    for piece in ["[", "{a:", "- ", "{", "'", "/*", "::user::\n", "> ", "a: &a [*a]\n", "? ", "!!"] {
        let many = piece.repeat(100_000 / piece.len());
        let _ = read(&many, Form::Json, Some("x"));
        let _ = read(&format!("---\n{many}\n---\nA"), Form::Markdown, Some("x"));
        let _ = read(&many, Form::Markdown, Some("x"));
    }
    let took = begun.milliseconds();
    assert!(took < 20_000.0, "{took} ms");
}
