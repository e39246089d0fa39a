//! The schema bundle: over HTTP under an address that never changes its content, and fit for generators.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::schema::ExtendedType;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use harness::{Answer, World};
use serde_json::Value;
use stoa::bundle::{Bundle, SCALARS};
use stoa::graphql::engine::Limits;
use stoa::graphql::schema::engine;

async fn get(world: &World, path: &str) -> Answer {
    world.send(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn get_again(world: &World, path: &str, tags: &str) -> Answer {
    world.send(Request::get(path).header(header::IF_NONE_MATCH, tags).body(Body::empty()).unwrap()).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("-", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_is_served_under_its_version() {
    let world = World::empty().await;
    let index = get(&world, "/schema").await;
    assert_eq!((index.status, header(&index, "content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(header(&index, "cache-control"), "no-cache");
    let version = index.body["version"].as_str().unwrap();
    let files = index.body["files"].as_array().unwrap();
    let mut tags = BTreeSet::new();
    for file in files {
        let url = file["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("/schema/{version}/")), "{url}");
        let answer = get(&world, url).await;
        assert_eq!((answer.status, answer.statements), (StatusCode::OK, 0), "{url}");
        assert_eq!(answer.bytes.len(), file["bytes"].as_u64().unwrap() as usize, "{url}");
        assert_eq!(header(&answer, "content-type"), file["contentType"], "{url}");
        assert_eq!(header(&answer, "cache-control"), "public, max-age=31536000, immutable");
        let tag = header(&answer, "etag").to_owned();
        assert!(tag.starts_with('"'), "a weak tag: {tag}");
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let same = get_again(&world, url, &known).await;
            assert_eq!((same.status, same.bytes.len()), (StatusCode::NOT_MODIFIED, 0), "{url} {known}");
            assert_eq!(header(&same, "etag"), tag);
        }
        assert_eq!(get_again(&world, url, "\"other\"").await.status, StatusCode::OK);
        tags.insert(tag);
    }
    assert_eq!(tags.len(), files.len(), "two files have one tag");
    assert!(get(&world, &format!("/schema/{version}/")).await.bytes == index.bytes);
    let elsewhere = ["/schema/0000000000000000/schema.graphql", "/schema/0000000000000000/"].map(str::to_owned);
    let unknown = [format!("/schema/{version}/nothing.json"), format!("/schema/{version}/../schema.graphql")];
    for path in elsewhere.into_iter().chain(unknown) {
        let answer = get(&world, &path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "BAD_REQUEST"), "{path}");
        assert_eq!(header(&answer, "cache-control"), "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_agree_with_the_schema() {
    let engine = engine(Limits::default()).unwrap();
    let bundle = Bundle::of(&engine).await.unwrap();
    assert_eq!(bundle.version, Bundle::get().await.unwrap().version, "made twice, the same");
    let json = |name: &str| -> Value { serde_json::from_str(&bundle.file(name).unwrap().content).unwrap() };
    assert!(bundle.file("schema.graphql").unwrap().content == engine.sdl());

    let schema = engine.types();
    let introspected = json("introspection.json");
    let introspected = introspected["data"]["__schema"]["types"].as_array().unwrap();
    let types: BTreeMap<&str, &Value> = introspected.iter().map(|one| (one["name"].as_str().unwrap(), one)).collect();
    // Of the built-in types the validating schema keeps only those that something uses.
    let wanted: BTreeSet<&str> = schema.types.keys().map(|name| name.as_str()).collect();
    let found: BTreeSet<&str> =
        types.keys().copied().filter(|name| *name != "Float" || wanted.contains(name)).collect();
    assert_eq!(found, wanted);
    for (name, definition) in &schema.types {
        if let ExtendedType::InputObject(_) = definition {
            let one_of = definition.directives().get("oneOf").is_some();
            assert_eq!(types[name.as_str()]["isOneOf"], one_of, "{name}");
        }
    }

    let possible = json("possibleTypes.json");
    let nodes: Vec<&Value> = possible["Node"].as_array().unwrap().iter().collect();
    let mut wanted: Vec<&Value> =
        types["Node"]["possibleTypes"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    wanted.sort_by_key(|name| name.as_str());
    assert_eq!(nodes, wanted);
    let codes: BTreeSet<String> =
        json("errors.json").as_array().unwrap().iter().map(|info| info["code"].as_str().unwrap().to_owned()).collect();
    let values = types["ErrorCode"]["enumValues"].as_array().unwrap();
    assert_eq!(codes, values.iter().map(|value| value["name"].as_str().unwrap().to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scalar_has_a_type_in_every_language() {
    let engine = engine(Limits::default()).unwrap();
    let bundle = Bundle::get().await.unwrap();
    let agreed = ["Boolean", "Float", "Int", "String"];
    let scalars = engine.types().types.iter().filter(|(_, definition)| definition.is_scalar());
    let wanted: BTreeSet<&str> = scalars.map(|(name, _)| name.as_str()).filter(|name| !agreed.contains(name)).collect();
    assert_eq!(SCALARS.iter().map(|scalar| scalar.name).collect::<BTreeSet<_>>(), wanted, "api/src/bundle/scalars.rs");
    let mapping: Value = serde_json::from_str(&bundle.file("scalars.json").unwrap().content).unwrap();
    for (name, languages) in mapping.as_object().unwrap() {
        for language in ["typescript", "swift", "kotlin", "rust", "python"] {
            let mapped = languages[language]["type"].as_str().unwrap();
            let words: Vec<&str> = mapped.split(|c: char| !c.is_alphanumeric()).collect();
            assert!(
                !words.iter().any(|word| ["any", "Any", "AnyHashable", "object"].contains(word)),
                "{name}: {mapped}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operations_can_be_generated_from_together() {
    let engine = engine(Limits::default()).unwrap();
    let bundle = Bundle::get().await.unwrap();
    let mut names = BTreeMap::new();
    for file in bundle.files.iter().filter(|file| file.name.starts_with("operations/")) {
        let prepared = engine.prepare(&file.content, None).unwrap_or_else(|errors| panic!("{}: {errors:?}", file.name));
        let operation = prepared.operation_name().unwrap_or_else(|| panic!("{}: no name", file.name)).to_owned();
        let fragments = prepared.document().fragments.keys().map(|name| name.to_string());
        for name in fragments.chain([operation]) {
            if let Some(other) = names.insert(name.clone(), &file.name) {
                panic!("{} and {other} both have {name}", file.name);
            }
        }
    }
    assert!(names.len() > 40, "{}", names.len());
}
