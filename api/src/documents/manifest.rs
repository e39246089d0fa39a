//! What can be registered: documents as files, and the manifests that client generators write.

use serde_json::{Map, Value};

use super::asked::{Digest, is_id};

/// A document under the id that it will have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    pub id: String,
    pub text: String,
}

/// The document in a `.graphql` file; its id is its hash.
pub fn document(text: String) -> Entry {
    Entry { id: Digest::of(&text).id(), text }
}

/// The documents of a manifest in JSON, or what is wrong with each:
///
/// - `{"<id>": "<text>"}`, as graphql-codegen (`persisted-documents.json`) and relay-compiler write it;
/// - `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": …, "body": …}]}`.
pub fn manifest(text: &str) -> Result<Vec<Entry>, Vec<String>> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return Err(vec!["this is no manifest: it must be an object of JSON".to_owned()]);
    };
    let pairs = match fields.get("operations") {
        Some(Value::Array(operations)) => apollo(&fields, operations)?,
        _ => fields.iter().map(|(id, text)| (Some(id.as_str()), text.as_str())).collect(),
    };
    let mut faults = Vec::new();
    let mut entries = Vec::new();
    for (number, pair) in pairs.into_iter().enumerate() {
        match pair {
            (Some(id), Some(text)) => match fault(id, text) {
                None => entries.push(Entry { id: id.to_owned(), text: text.to_owned() }),
                Some(fault) => faults.push(fault),
            },
            (Some(id), None) => faults.push(format!("{id:?} has no text")),
            (None, _) => faults.push(format!("operation {} has no id", number + 1)),
        }
    }
    if entries.is_empty() && faults.is_empty() {
        faults.push("there is no document in it".to_owned());
    }
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

type Pairs<'a> = Vec<(Option<&'a str>, Option<&'a str>)>;

fn apollo<'a>(fields: &'a Map<String, Value>, operations: &'a [Value]) -> Result<Pairs<'a>, Vec<String>> {
    let is_known = fields.get("format").is_some_and(|format| format == "apollo-persisted-query-manifest")
        && fields.get("version").is_some_and(|version| version == 1);
    if !is_known {
        return Err(vec![
            "of Apollo's manifests only version 1 of apollo-persisted-query-manifest is known".to_owned(),
        ]);
    }
    Ok(operations.iter().map(|operation| (operation["id"].as_str(), operation["body"].as_str())).collect())
}

fn fault(id: &str, text: &str) -> Option<String> {
    if !is_id(id) {
        return Some(format!("{id:?} is not a document identifier"));
    }
    let is_hash = id.strip_prefix("sha256:").and_then(Digest::parse).is_none_or(|digest| digest == Digest::of(text));
    (!is_hash).then(|| format!("{id} is not the hash of its text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        manifest(text).expect_err("something is wrong with it").join("; ")
    }

    #[test]
    fn the_manifests_of_generators_are_read() {
        let entry = |id: &str, text: &str| Entry { id: id.to_owned(), text: text.to_owned() };
        let both = [entry("0cc175b9c0f1b6a831c399e269772661", "{ a }"), entry("x-app:Two", "{ b }")];
        let plain = r#"{"0cc175b9c0f1b6a831c399e269772661": "{ a }", "x-app:Two": "{ b }"}"#;
        assert_eq!(manifest(plain), Ok(both.to_vec()));
        let apollo = r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            {"id": "0cc175b9c0f1b6a831c399e269772661", "name": "A", "type": "query", "body": "{ a }"},
            {"id": "x-app:Two", "name": "B", "type": "query", "body": "{ b }"}]}"#;
        assert_eq!(manifest(apollo), Ok(both.to_vec()));
        let hashed = document("{ a }".to_owned());
        assert_eq!(manifest(&format!(r#"{{"{}": "{{ a }}"}}"#, hashed.id)), Ok(vec![hashed]));
    }

    #[test]
    fn every_fault_is_told() {
        for text in ["", "[]", "1", "{"] {
            assert!(faults(text).contains("no manifest"), "{text}");
        }
        assert!(faults("{}").contains("no document"));
        let hash = document("{ a }".to_owned()).id;
        let all = faults(&format!(r#"{{"a b": "{{ a }}", "one": 1, "{hash}": "{{ b }}", "fine": "{{ c }}"}}"#));
        for word in ["\"a b\" is not", "\"one\" has no text", "is not the hash"] {
            assert!(all.contains(word), "{word}: {all}");
        }
        let apollo = |format: &str, version: u8, operations: &str| {
            faults(&format!(r#"{{"format": "{format}", "version": {version}, "operations": {operations}}}"#))
        };
        assert!(apollo("apollo-persisted-query-manifest", 2, "[]").contains("version 1"));
        assert!(apollo("other", 1, "[]").contains("version 1"));
        assert!(apollo("apollo-persisted-query-manifest", 1, "[]").contains("no document"));
        assert!(
            apollo("apollo-persisted-query-manifest", 1, r#"[{"body": "{ a }"}, 7]"#).contains("operation 2 has no id")
        );
    }
}
