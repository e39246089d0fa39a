//! Change is governed: a difference from the released schema that breaks clients is declared with a reason and a date,
//! and what is deprecated names its replacement and since when.

mod differences;

use std::collections::BTreeSet;

use apollo_compiler::Schema;
use apollo_compiler::ast::Directive;
use apollo_compiler::schema::ExtendedType;
use chrono::NaiveDate;

use differences::breaking;

const RELEASED: &str = include_str!("../../../schema.released.graphql");
const PRESENT: &str = include_str!("../../../schema.graphql");
const DECLARED: &str = include_str!("../../../schema-changes.md");

/// The heading under which the rows are that the check reads.
const HEADING: &str = "## Since the last release";

fn schema(sdl: &str) -> Schema {
    Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|report| panic!("{report}")).into_inner()
}

#[test]
fn breaking_differences_are_declared() {
    let (declared, faults) = declarations(DECLARED);
    assert_eq!(faults, Vec::<String>::new(), "schema-changes.md");
    let found: BTreeSet<String> = breaking(&schema(RELEASED), &schema(PRESENT)).into_iter().collect();
    let undeclared: Vec<&String> = found.difference(&declared).collect();
    let stale: Vec<&String> = declared.difference(&found).collect();
    assert!(
        undeclared.is_empty(),
        "these break clients: undo them, or declare them in schema-changes.md: {undeclared:#?}"
    );
    assert!(stale.is_empty(), "schema-changes.md declares what is not so: {stale:#?}");
}

#[test]
fn what_is_deprecated_names_its_replacement_and_a_date() {
    assert_eq!(bad_deprecations(&schema(PRESENT)), Vec::<String>::new());
}

/// The declared differences, and the rows that do not say enough.
fn declarations(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let section = text.split_once(HEADING).map(|(_, after)| after).unwrap_or_default();
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let (mut declared, mut faults) = (BTreeSet::new(), Vec::new());
    for row in section.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [difference, date, reason] = cells[..] else {
            faults.push(format!("not three cells: {row}"));
            continue;
        };
        if NaiveDate::parse_from_str(date, "%Y-%m-%d").is_err() {
            faults.push(format!("no date: {row}"));
        }
        if reason.split_whitespace().count() < 3 {
            faults.push(format!("no reason: {row}"));
        }
        if !declared.insert(difference.trim_matches('`').to_owned()) {
            faults.push(format!("twice: {row}"));
        }
    }
    (declared, faults)
}

/// A reason is like ``Use `displayName`. Deprecated on 2026-11-20.``: what takes its place, in backticks and known to the
/// schema, and a day.
fn bad_deprecations(schema: &Schema) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut marked: Vec<(String, String)> = Vec::new();
    for (name, definition) in &schema.types {
        let mut see = |own: &str, place: String, directive: Option<&Directive>| {
            names.insert(own.to_owned());
            if let Some(directive) = directive {
                let reason = directive.specified_argument_by_name("reason").and_then(|reason| reason.as_str());
                marked.push((place, reason.unwrap_or_default().to_owned()));
            }
        };
        see(name, name.to_string(), None);
        let fields = match definition {
            ExtendedType::Object(object) => Some(&object.fields),
            ExtendedType::Interface(interface) => Some(&interface.fields),
            _ => None,
        };
        for (field, definition) in fields.into_iter().flatten() {
            let mark = definition.directives.get("deprecated").map(AsRef::as_ref);
            see(field, format!("{name}.{field}"), mark);
            for argument in &definition.arguments {
                let mark = argument.directives.get("deprecated").map(AsRef::as_ref);
                see(&argument.name, format!("{name}.{field}({})", argument.name), mark);
            }
        }
        match definition {
            ExtendedType::Enum(definition) => definition.values.iter().for_each(|(value, definition)| {
                let mark = definition.directives.get("deprecated").map(AsRef::as_ref);
                see(value, format!("{name}.{value}"), mark);
            }),
            ExtendedType::InputObject(definition) => definition.fields.iter().for_each(|(field, definition)| {
                let mark = definition.directives.get("deprecated").map(AsRef::as_ref);
                see(field, format!("{name}.{field}"), mark);
            }),
            _ => {}
        }
    }
    let fault = |(place, reason): (String, String)| {
        let quoted = reason.split('`').skip(1).step_by(2);
        let mut replacements =
            quoted.filter_map(|text| text.rsplit('.').next()).map(|name| name.trim_end_matches("()"));
        let has_replacement = replacements.any(|name| names.contains(name));
        let mut days = reason.split(|c: char| !c.is_ascii_digit() && c != '-');
        let has_day = days.any(|word| word.len() == 10 && NaiveDate::parse_from_str(word, "%Y-%m-%d").is_ok());
        (!has_replacement || !has_day).then(|| format!("{place}: {reason:?}"))
    };
    marked.into_iter().filter_map(fault).collect()
}

const BEFORE: &str = "type Query { a(x: Int, y: Int = 1): Int! b: [Int!] c: Int n: Node u: Both }
    interface Node { id: ID! } type One implements Node { id: ID! } type Two { id: ID! } union Both = One | Two
    enum Colour { RED GREEN } input Draft { a: Int! b: Int c: Int = 1 } scalar Day @specifiedBy(url: \"https://a.test\")
    type Uses { colour(draft: Draft): Colour day: Day } directive @mark(a: Int) repeatable on FIELD | QUERY
    directive @oneOf on INPUT_OBJECT";

#[test]
fn differences_that_break_are_found() {
    let after = "type Query { a(x: Int!, y: Int = 2, z: Int!): Int b: [Int] n: Node u: Both }
        interface Node { id: ID! } type One { id: ID! } type Two { id: ID! } union Both = One
        enum Colour { GREEN } input Draft @oneOf { a: String b: Int d: Int } scalar Day @specifiedBy(url: \"https://b.test\")
        input Uses { day: Day } type Last { colour(draft: Draft): Colour } type Gone implements Node { id: ID! }
        directive @mark(a: Int!) on FIELD directive @oneOf on INPUT_OBJECT";
    let found = breaking(&schema(BEFORE), &schema(after));
    let wanted = [
        "@mark(a): Int became Int!",
        "@mark: no longer on QUERY",
        "@mark: no longer repeatable",
        "Both: no longer has Two",
        "Colour.RED: removed",
        "Day: specified by another page",
        "Draft.a: Int! became String",
        "Draft.c: removed",
        "Draft: takes exactly one field now",
        "One: no longer implements Node",
        "Query.a(x): Int became Int!",
        "Query.a(y): another default",
        "Query.a(z): required argument added",
        "Query.a: Int! became Int",
        "Query.b: [Int!] became [Int]",
        "Query.c: removed",
        "Uses: of another kind",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn differences_that_break_nobody_are_not() {
    let after = "type Query { a(x: Int, y: Int = 1, z: Int! = 3): Int! b: [Int!]! c: Int! d: Int n: Node u: Both }
        interface Node { id: ID! } type One implements Node { id: ID! more: Int } type Two { id: ID! }
        type Three { id: ID! } union Both = One | Two | Three enum Colour { RED GREEN BLUE }
        input Draft { a: Int b: Int c: Int = 1 d: Int! = 4 } scalar Day @specifiedBy(url: \"https://a.test\")
        type Uses { colour(draft: Draft): Colour day: Day }
        directive @mark(a: Int, b: Int) repeatable on FIELD | QUERY | MUTATION
        directive @oneOf on INPUT_OBJECT";
    assert_eq!(breaking(&schema(BEFORE), &schema(after)), Vec::<String>::new());
}

#[test]
fn rows_and_reasons_that_say_too_little_are_refused() {
    let table = |rows: &str| {
        format!("# x\n\n{HEADING}\n\n| difference | date | reason |\n|---|---|---|\n{rows}\n\n## 0.1\n\n| a |\n")
    };
    let (declared, faults) = declarations(&table("| `Query.c: removed` | 2026-11-20 | Nobody asked for it. |"));
    assert_eq!((declared.len(), declared.contains("Query.c: removed"), faults.len()), (1, true, 0));
    for row in ["| `a` | soon | Nobody asked for it. |", "| `a` | 2026-11-20 | why |", "| `a` | 2026-11-20 |"] {
        assert_eq!(declarations(&table(row)).1.len(), 1, "{row}");
    }
    let deprecated = |reason: &str| {
        let sdl = format!("type Query {{ old: Int @deprecated(reason: \"{reason}\") new: Int }}");
        bad_deprecations(&schema(&sdl)).len()
    };
    assert_eq!(deprecated("Use `new`. Deprecated on 2026-11-20."), 0);
    assert_eq!(deprecated("Use `Query.new`; goes after 2026-11-20"), 0);
    for reason in
        ["Use `new`.", "Deprecated on 2026-11-20.", "Use `newer`. Deprecated on 2026-11-20.", "Use `new`. 2026-13-20"]
    {
        assert_eq!(deprecated(reason), 1, "{reason}");
    }
}
