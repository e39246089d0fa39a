//! The encoder against `serde_json`.

use async_graphql::{Name, Number, PathSegment, Pos, Response, ServerError, Value, indexmap::IndexMap};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::super::encode;

/// Characters that are escaped, that look like it, and of every length.
const CHARACTERS: [char; 22] = [
    'a', 'z', ' ', '!', '"', '#', '\\', '[', ']', '/', '\n', '\r', '\t', '\u{8}', '\u{c}', '\u{0}', '\u{1f}', '\u{7f}',
    'é', '\u{2028}', '漢', '🦀',
];

fn text(random: &mut StdRng) -> String {
    let rarely = random.random_bool(0.5);
    let character = |random: &mut StdRng| match rarely && random.random_bool(0.9) {
        true => 'x',
        false => CHARACTERS[random.random_range(0..CHARACTERS.len())],
    };
    (0..random.random_range(0..40)).map(|_| character(random)).collect()
}

fn number(random: &mut StdRng) -> Number {
    match random.random_range(0..6) {
        0 => random.random::<i32>().into(),
        1 => random.random::<i64>().into(),
        2 => random.random::<u64>().into(),
        3 => [i64::MIN, -1, 0, 1, i64::MAX][random.random_range(0..5)].into(),
        4 => Number::from_f64([0.0, -0.0, 1.0, 1e300, 5e-324, 0.1][random.random_range(0..6)]).unwrap(),
        _ => Number::from_f64(f64::from_bits(random.random())).unwrap_or(7.into()),
    }
}

fn value(random: &mut StdRng, depth: u32) -> Value {
    match random.random_range(0..if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => Value::Boolean(random.random()),
        2 => Value::Number(number(random)),
        3 => Value::String(text(random)),
        4 => Value::Enum(Name::new(text(random))),
        5 => Value::Boolean(random.random()),
        6 => Value::List((0..random.random_range(0..5)).map(|_| value(random, depth - 1)).collect()),
        _ => {
            let fields = (0..random.random_range(0..5)).map(|_| (Name::new(text(random)), value(random, depth - 1)));
            Value::Object(fields.collect::<IndexMap<_, _>>())
        }
    }
}

fn error(random: &mut StdRng) -> ServerError {
    let mut error = ServerError::new(text(random), random.random_bool(0.5).then_some(Pos { line: 3, column: 7 }));
    error.path = vec![PathSegment::Field(text(random)), PathSegment::Index(random.random_range(0..9))];
    if random.random() {
        error.extensions.get_or_insert_default().set("code", value(random, 2));
    }
    error
}

#[test]
fn responses_are_those_of_serde_json() {
    let mut random = StdRng::seed_from_u64(7);
    for round in 0..20_000 {
        let mut response = Response::new(value(&mut random, 4));
        response.errors = (0..random.random_range(0..20_u32) / 18).map(|_| error(&mut random)).collect();
        for _ in 0..random.random_range(0..3) {
            response.extensions.insert(text(&mut random), value(&mut random, 2));
        }
        let wanted = serde_json::to_string(&response).unwrap();
        assert_eq!(String::from_utf8(encode(&response)).unwrap(), wanted, "round {round}");
    }
}

#[test]
fn what_is_written_already_is_not_written_again() {
    let written = Value::Binary("{\"a\":[1]}".into());
    let response = Response::new(Value::List(vec![written.clone(), Value::Null, written]));
    assert_eq!(encode(&response), br#"{"data":[{"a":[1]},null,{"a":[1]}]}"#);
}

#[test]
fn every_character_is_escaped_at_every_place() {
    for place in 0..20 {
        for character in (0..=0x250).filter_map(char::from_u32) {
            let text = format!("{:.<place$}{character}{:.<9}", "", "");
            let response = Response::new(Value::String(text));
            assert_eq!(encode(&response), serde_json::to_vec(&response).unwrap(), "{character:?} at {place}");
        }
    }
}
