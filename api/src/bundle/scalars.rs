//! What the scalars are in other languages: types that stock generators take as they are, none of them an `any`.

use serde_json::{Map, Value, json};

/// A scalar and its type in each language.
pub struct Scalar {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is in JSON.
    pub wire: &'static str,
    /// For graphql-codegen's `scalars`, gql.tada's `scalars` and relay-compiler's `customScalarTypes`.
    pub typescript: &'static str,
    /// For the custom scalars of Apollo iOS.
    pub swift: &'static str,
    /// For `mapScalar` of Apollo Kotlin.
    pub kotlin: &'static str,
    /// For the scalar module of graphql_client, and for `impl_scalar!` of cynic.
    pub rust: &'static str,
    /// For `[tool.ariadne-codegen.scalars]`.
    pub python: &'static str,
}

/// Every scalar but `Int`, `Float`, `String` and `Boolean`, on which all generators agree.
pub const SCALARS: [Scalar; 5] = [
    Scalar {
        name: "DateTime",
        wire: "string",
        typescript: "string",
        swift: "String",
        kotlin: "kotlin.time.Instant",
        rust: "chrono::DateTime<chrono::Utc>",
        python: "datetime.datetime",
    },
    Scalar {
        name: "EmailAddress",
        wire: "string",
        typescript: "string",
        swift: "String",
        kotlin: "kotlin.String",
        rust: "String",
        python: "str",
    },
    Scalar {
        name: "ID",
        wire: "string",
        typescript: "string",
        swift: "String",
        kotlin: "kotlin.String",
        rust: "String",
        python: "str",
    },
    Scalar {
        name: "JSON",
        wire: "any JSON value",
        typescript: "unknown",
        swift: "JSON",
        kotlin: "kotlinx.serialization.json.JsonElement",
        rust: "serde_json::Value",
        python: "pydantic.JsonValue",
    },
    Scalar {
        name: "UUID",
        wire: "string",
        typescript: "string",
        swift: "String",
        kotlin: "kotlin.String",
        rust: "uuid::Uuid",
        python: "uuid.UUID",
    },
];

/// What a generator needs besides the type's name: by scalar and language.
const NOTES: [(&str, &str, &str); 5] = [
    (
        "DateTime",
        "kotlin",
        "The third argument of mapScalar is com.apollographql.adapter.core.KotlinInstantAdapter, of \
         com.apollographql.adapters:apollo-adapters-core from 0.7.0 on.",
    ),
    ("EmailAddress", "rust", "For cynic implement IsScalar and CoercesTo; impl_scalar! does not take a String."),
    (
        "JSON",
        "swift",
        "Replace the alias for String in CustomScalars/JSON.swift by a type of this name: a Hashable CustomScalarType \
         that holds any JSON value.",
    ),
    ("JSON", "kotlin", "Write an Adapter<JsonElement>, and name it as the third argument of mapScalar."),
    ("UUID", "swift", "Foundation.UUID works, too, with a CustomScalarType that reads its text."),
];

/// The content of `scalars.json`: `{ "DateTime": { "wire": …, "typescript": { "type": … }, … }, … }`.
pub fn mapping() -> Value {
    let mut all = Map::new();
    for scalar in &SCALARS {
        let mut one = Map::new();
        one.insert("wire".to_owned(), scalar.wire.into());
        let types = [
            ("typescript", scalar.typescript),
            ("swift", scalar.swift),
            ("kotlin", scalar.kotlin),
            ("rust", scalar.rust),
            ("python", scalar.python),
        ];
        for (language, name) in types {
            let mut entry = json!({ "type": name });
            let note = NOTES.iter().find(|(of, with, _)| *of == scalar.name && *with == language);
            if let Some((_, _, note)) = note {
                entry["note"] = json!(note);
            }
            one.insert(language.to_owned(), entry);
        }
        all.insert(scalar.name.to_owned(), one.into());
    }
    all.into()
}
