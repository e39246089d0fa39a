//! The inputs of the probe schema, and how a resolver tells what arrived.

use async_graphql::{Enum, InputObject, MaybeUndefined, OneofObject};

#[derive(Clone, Copy, Enum, Eq, PartialEq)]
pub(super) enum Color {
    Red,
    Green,
}

#[derive(OneofObject)]
pub(super) enum OneOf {
    A(i32),
    B(String),
}

#[derive(InputObject)]
pub(super) struct Inner {
    need: i32,
    #[graphql(default = 3)]
    d: i32,
    m: MaybeUndefined<i32>,
    list: Option<Vec<i32>>,
    inner: Option<Box<Inner>>,
    color: Option<Color>,
}

fn maybe(value: MaybeUndefined<i32>) -> String {
    match value {
        MaybeUndefined::Undefined => "undefined".into(),
        MaybeUndefined::Null => "null".into(),
        MaybeUndefined::Value(value) => value.to_string(),
    }
}

fn or_null<T: ToString>(value: Option<T>) -> String {
    value.map_or("null".into(), |value| value.to_string())
}

fn color(value: Option<Color>) -> String {
    or_null(value.map(|color| if color == Color::Red { "RED" } else { "GREEN" }))
}

fn told_list(list: Option<Vec<i32>>) -> String {
    or_null(list.map(|list| format!("{list:?}").replace(' ', "")))
}

fn told_inner(input: Inner) -> String {
    let Inner { need, d, m, list, inner, color: shade } = input;
    let inner = or_null(inner.map(|inner| told_inner(*inner)));
    format!("{{{need} {d} {} {} {inner} {}}}", maybe(m), told_list(list), color(shade))
}

#[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
pub(super) fn told(
    b: i32,
    dn: Option<i32>,
    n: Option<i32>,
    m: MaybeUndefined<i32>,
    f: Option<f64>,
    s: Option<String>,
    id: Option<async_graphql::ID>,
    t: Option<bool>,
    shade: Option<Color>,
    list: Option<Vec<i32>>,
    lists: Option<Vec<Option<Vec<Option<i32>>>>>,
    one: Option<OneOf>,
    input: Option<Inner>,
) -> String {
    let one = one.map(|one| match one {
        OneOf::A(a) => format!("a{a}"),
        OneOf::B(b) => format!("b{b}"),
    });
    let lists = lists.map(|lists| {
        let lists: Vec<_> = lists
            .into_iter()
            .map(|list| or_null(list.map(|list| list.into_iter().map(or_null).collect::<Vec<_>>().join("+"))))
            .collect();
        lists.join("|")
    });
    [
        b.to_string(),
        or_null(dn),
        or_null(n),
        maybe(m),
        or_null(f),
        or_null(s),
        or_null(id.map(|id| id.0)),
        or_null(t),
        color(shade),
        told_list(list),
        or_null(lists),
        or_null(one),
        or_null(input.map(told_inner)),
    ]
    .join(" ")
}
