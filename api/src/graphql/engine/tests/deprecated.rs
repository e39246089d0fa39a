//! What an operation uses of the deprecated, in its text and in its variables.

use async_graphql::{Context, EmptySubscription, Enum, InputObject, Interface, Object, SimpleObject};

use super::*;

#[derive(Clone, Copy, Enum, Eq, PartialEq)]
enum Shade {
    Light,
    #[graphql(deprecation = "Use `LIGHT`. Deprecated on 2026-01-02.")]
    Pale,
}

#[derive(InputObject)]
struct Paint {
    shade: Option<Shade>,
    #[graphql(deprecation = "Use `shade`. Deprecated on 2026-01-02.")]
    colour: Option<String>,
}

/// Nothing of its own is deprecated.
#[derive(InputObject)]
struct Order {
    paints: Option<Vec<Paint>>,
    again: Option<Box<Order>>,
}

#[derive(InputObject)]
struct Plain {
    text: Option<String>,
}

#[derive(Clone, SimpleObject)]
struct Room {
    name: i32,
    #[graphql(deprecation = "Use `name`. Deprecated on 2026-01-02.")]
    title: i32,
}

#[derive(Interface)]
#[graphql(field(name = "name", ty = "&i32"))]
enum Place {
    Room(Room),
}

struct Old;

#[Object]
impl Old {
    async fn room(
        &self,
        #[graphql(deprecation = "Use `order`. Deprecated on 2026-01-02.")] number: Option<i32>,
        order: Option<Order>,
        shades: Option<Vec<Shade>>,
        plain: Option<Plain>,
    ) -> Room {
        let _ = (number, shades, plain.map(|plain| plain.text));
        let paints = order.and_then(|order| order.paints.filter(|_| order.again.is_none())).unwrap_or_default();
        let _ = paints.iter().filter(|paint| paint.shade.is_some() && paint.colour.is_some()).count();
        Room { name: 1, title: 2 }
    }

    async fn place(&self) -> Place {
        Place::Room(Room { name: 1, title: 2 })
    }

    #[graphql(deprecation)]
    async fn gone(&self) -> i32 {
        0
    }
}

struct Change;

#[Object]
impl Change {
    #[graphql(deprecation = "Use `other`. Deprecated on 2026-01-02.")]
    async fn paint(&self, _ctx: &Context<'_>) -> i32 {
        1
    }
}

type Aged = Engine<Old, Change, EmptySubscription>;

fn aged() -> Aged {
    Engine::new(Schema::build(Old, Change, EmptySubscription), Old, Limits::default(), present).unwrap()
}

fn used(engine: &Aged, text: &str, variables: Value) -> Vec<String> {
    let prepared = engine.prepare(text, None).unwrap();
    let ready = engine.ready(&prepared, map(variables)).unwrap();
    ready.deprecated().iter().map(ToString::to_string).collect()
}

#[test]
fn the_text_tells_what_it_uses() {
    let engine = aged();
    for (text, expected) in [
        ("{ room { name } place { name } }", &[][..]),
        ("{ room { name title } }", &["Room.title"]),
        ("{ a: room { t: title } b: room { title } }", &["Room.title"]),
        ("{ place { name ... on Room { title } } }", &["Room.title"]),
        (
            "{ ...F ...G } fragment F on Old { room { ...R } } fragment G on Old { gone } fragment R on Room { title }",
            &["Old.gone", "Room.title"],
        ),
        ("{ room(number: 1) { name } }", &["Old.room(number:)"]),
        ("{ room(shades: [LIGHT, PALE]) { name } }", &["Shade.PALE"]),
        ("{ room(shades: PALE) { name } }", &["Shade.PALE"]),
        ("{ room(order: { again: { paints: [{ shade: LIGHT }, { colour: \"x\" }] } }) { name } }", &["Paint.colour"]),
        ("query($s: [Shade!] = [PALE]) { room(shades: $s) { name } }", &["Shade.PALE"]),
        ("mutation { paint }", &["Change.paint"]),
        ("{ gone @skip(if: true) __typename }", &["Old.gone"]),
    ] {
        assert_eq!(used(&engine, text, json!({})), expected, "{text}");
        // From the cache, too.
        assert_eq!(used(&engine, text, json!({})), expected, "{text}");
    }
    // What another operation of the document uses is not used.
    let prepared = engine.prepare("query A { room { name } } query B { gone }", Some("A")).unwrap();
    assert!(engine.ready(&prepared, Map::new()).unwrap().deprecated().is_empty());
}

#[test]
fn variables_tell_what_they_use_as_they_were_sent() {
    let engine = aged();
    let orders =
        "query($o: Order, $s: [Shade!] = [LIGHT], $p: Plain) { gone room(order: $o, shades: $s, plain: $p) { name } }";
    for (variables, expected) in [
        (json!({}), &["Old.gone"][..]),
        (json!({ "o": null, "s": ["LIGHT"], "p": { "text": "PALE" } }), &["Old.gone"]),
        (json!({ "s": "PALE" }), &["Old.gone", "Shade.PALE"]),
        (json!({ "o": { "paints": { "colour": null } } }), &["Old.gone", "Paint.colour"]),
        (
            json!({ "o": { "again": { "paints": [{ "shade": "LIGHT" }, { "shade": "PALE" }] } } }),
            &["Old.gone", "Shade.PALE"],
        ),
    ] {
        assert_eq!(used(&engine, orders, variables.clone()), expected, "{variables}");
    }
}

#[test]
fn reasons_come_from_the_schema() {
    let engine = aged();
    let reason = |coordinate: &str| engine.deprecations().reason(coordinate).map(str::to_owned);
    assert_eq!(reason("Shade.PALE").as_deref(), Some("Use `LIGHT`. Deprecated on 2026-01-02."));
    assert_eq!(reason("Old.gone").as_deref(), Some("No longer supported"));
    assert_eq!((reason("Room.name"), reason("")), (None, None));
}
