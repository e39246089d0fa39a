//! Advisors: who has them and their prompts, conversations with them, and the files that they come from.

use harness::{Person, World};
use serde_json::{Value, json};

use crate::matrix::scene::{done, mutation, text};

async fn advisor(person: &Person<'_>, name: &str, more: Value) -> String {
    let mut input = json!({ "name": name, "model": "vendor/small-1", "messages": [
        { "role": "SYSTEM", "content": "Be brief. <$file:notes.md$>" }, { "role": "USER", "content": "Hello", "name": "Pat" }] });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    text(&done(person, "createAdvisor", "advisor { id }", input).await["advisor"]["id"])
}

async fn give(person: &Person<'_>, thing: &str, with: &str, level: &str) -> String {
    let input = json!({ "thingId": thing, "grantee": { "user": { "username": with } }, "level": level });
    text(&done(person, "share", "share { id }", input).await["share"]["id"])
}

/// Code and path of the refusals of a mutation.
async fn refused(person: &Person<'_>, name: &str, selection: &str, input: Value) -> Vec<String> {
    let answer = person.run(&mutation(name, selection), json!({ "input": input })).await;
    let errors = answer.body["data"][name]["userErrors"].as_array().cloned().unwrap_or_default();
    assert!(!errors.is_empty(), "{name} was not refused: {:#}", answer.body);
    let said = |error: &Value| {
        let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.iter().map(said).collect()
}

const ONE: &str = "query($id: ID!) { advisor(id: $id) { name viewerAccess hidesPrompt messages { role name content }
    tools { name tool { id } } asJson asMarkdown forkedFrom { id } version } }";

async fn seen(person: &Person<'_>, id: &str) -> Value {
    person.run(ONE, json!({ "id": id })).await.field("advisor").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisor_is_shared_changed_copied_and_thrown_away() {
    let world = World::empty().await;
    let (ines, omar, root) = (world.member("ines").await, world.member("omar").await, world.admin("root").await);
    let id = advisor(&ines, "Ferns", json!({ "tools": [{ "name": "clock" }] })).await;
    assert_eq!((seen(&omar, &id).await, seen(&root, &id).await), (Value::Null, Value::Null));
    assert_eq!(
        refused(
            &ines,
            "createAdvisor",
            "advisor { id }",
            json!({ "name": "FERNS", "messages": [
        { "role": "SYSTEM", "content": "" }] })
        )
        .await,
        ["CONFLICT name"]
    );
    give(&ines, &id, "omar", "READ").await;
    let read = seen(&omar, &id).await;
    assert_eq!((&read["viewerAccess"], &read["messages"][1]["name"]), (&json!("READ"), &json!("Pat")));
    assert_eq!(read["messages"][0]["content"], "Be brief. <$file:notes.md$>", "tags stay as they are");
    let list = omar.run("{ advisors { totalCount nodes { name } } }", json!({})).await.field("advisors").clone();
    assert_eq!(list, json!({ "totalCount": 1, "nodes": [{ "name": "Ferns" }] }));
    let rename = json!({ "advisorId": id, "name": "Mosses" });
    let answer = omar.run(&mutation("updateAdvisor", "advisor { id }"), json!({ "input": rename })).await;
    assert_eq!(answer.code(), "FORBIDDEN");
    let copy = done(&omar, "forkAdvisor", "advisor { id }", json!({ "advisorId": id })).await["advisor"]["id"].clone();
    let copied = seen(&omar, copy.as_str().unwrap()).await;
    assert_eq!((&copied["forkedFrom"]["id"], &copied["messages"]), (&json!(id), &read["messages"]));
    let stale = json!({ "advisorId": id, "name": "Mosses", "expectedVersion": 9 });
    assert_eq!(refused(&ines, "updateAdvisor", "advisor { version }", stale).await, ["CONFLICT expectedVersion"]);
    done(&ines, "updateAdvisor", "advisor { id }", rename).await;
    done(&ines, "deleteAdvisor", "advisor { id }", json!({ "advisorId": id })).await;
    assert_eq!(seen(&omar, &id).await, Value::Null);
    advisor(&ines, "mosses", json!({})).await;
    assert_eq!(
        refused(&ines, "restoreAdvisor", "advisor { id }", json!({ "advisorId": id })).await,
        ["CONFLICT advisorId"]
    );
    done(&ines, "purgeAdvisor", "purgedId", json!({ "advisorId": id })).await;
    assert_eq!(seen(&ines, &id).await, Value::Null);
    assert_eq!(seen(&omar, copy.as_str().unwrap()).await["forkedFrom"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_prompt_is_for_those_who_may_change_it() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let id = advisor(&ines, "Quiz", json!({ "hidesPrompt": true })).await;
    give(&ines, &id, "omar", "READ").await;
    let answer = omar.run(ONE, json!({ "id": id })).await;
    let hidden = answer.field("advisor").clone();
    assert_eq!(
        (&hidden["messages"], &hidden["asJson"], &hidden["asMarkdown"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(!answer.body.to_string().contains("Be brief"), "{:#}", answer.body);
    let fork = json!({ "input": { "advisorId": id } });
    let answer = omar.run(&mutation("forkAdvisor", "advisor { messages { content } }"), fork).await;
    assert_eq!(answer.code(), "FORBIDDEN");
    // The payload of a conversation with it shows no more.
    let opened = done(
        &omar,
        "openConversation",
        "conversation { advisor { name messages { content } } }",
        json!({ "advisorId": id }),
    )
    .await;
    assert_eq!(opened["conversation"]["advisor"], json!({ "name": "Quiz", "messages": null }));
    give(&ines, &id, "omar", "WRITE").await;
    assert_eq!(seen(&omar, &id).await["messages"][0]["role"], "SYSTEM");
    let reveal = json!({ "input": { "advisorId": id, "hidesPrompt": false } });
    assert_eq!(omar.run(&mutation("updateAdvisor", "advisor { id }"), reveal.clone()).await.code(), "FORBIDDEN");
    ines.run(&mutation("updateAdvisor", "advisor { id }"), reveal).await.field("updateAdvisor");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_found_by_name_or_stay_names() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let make = async |person: &Person<'_>, name: &str| {
        done(person, "createTool", "tool { id }", json!({ "name": name })).await["tool"]["id"].clone()
    };
    let (own, theirs) = (make(&ines, "saw").await, make(&omar, "axe").await);
    let id = advisor(&ines, "Wood", json!({ "tools": [{ "name": "axe" }, { "name": "saw" }, { "id": own }] })).await;
    let expected = json!([{ "name": "axe", "tool": null }, { "name": "saw", "tool": { "id": own } }, { "name": "saw", "tool": { "id": own } }]);
    assert_eq!(seen(&ines, &id).await["tools"], expected);
    let foreign = json!({ "advisorId": id, "tools": [{ "id": theirs }] });
    assert_eq!(refused(&ines, "updateAdvisor", "advisor { id }", foreign).await, ["NOT_FOUND tools.0.id"]);
    give(&ines, &id, "omar", "READ").await;
    assert_eq!(seen(&omar, &id).await["tools"][1], json!({ "name": "saw", "tool": null }), "not shared with him");
    done(&ines, "deleteTool", "tool { id }", json!({ "toolId": own })).await;
    done(&ines, "purgeTool", "purgedId", json!({ "toolId": own })).await;
    assert_eq!(seen(&ines, &id).await["tools"][1], json!({ "name": "saw", "tool": null }), "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_held_with_an_advisor_and_found_again() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let id = advisor(&ines, "Ferns", json!({})).await;
    assert_eq!(refused(&omar, "openConversation", "isNew", json!({ "advisorId": id })).await, ["NOT_FOUND advisorId"]);
    give(&ines, &id, "omar", "READ").await;
    let open = async |person: &Person<'_>| {
        let made =
            done(person, "openConversation", "isNew conversation { id advisor { id } }", json!({ "advisorId": id }))
                .await;
        assert_eq!(made["conversation"]["advisor"]["id"], json!(id));
        (text(&made["conversation"]["id"]), made["isNew"] == true)
    };
    let document = mutation("openConversation", "conversation { id }");
    let both = [0; 4].map(|_| omar.run(&document, json!({ "input": { "advisorId": id } })));
    let [a, b, c, d] = both;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let ids: Vec<String> =
        [a, b, c, d].iter().map(|one| text(&one.field("openConversation")["conversation"]["id"])).collect();
    assert!(ids.iter().all(|one| *one == ids[0]), "{ids:?}");
    assert_eq!(open(&omar).await, (ids[0].clone(), false));
    let (mine, is_new) = open(&ines).await;
    assert!(is_new && mine != ids[0], "everybody has their own");
    done(&omar, "updateConversation", "conversation { id }", json!({ "conversationId": ids[0], "status": "ARCHIVED" }))
        .await;
    let (second, is_new) = open(&omar).await;
    assert!(is_new);
    done(&omar, "deleteConversation", "conversation { id }", json!({ "conversationId": second })).await;
    assert!(open(&omar).await.1);
    let list = "query($id: ID!) { advisor(id: $id) { conversations { totalCount nodes { id } } }
        conversations(filter: { advisorId: $id }) { totalCount } }";
    let answer = omar.run(list, json!({ "id": id })).await;
    assert_eq!(answer.field("advisor")["conversations"]["totalCount"], 2, "one's own outside the trash");
    assert_eq!(answer.field("conversations")["totalCount"], 2);
    // It goes on without the advisor, for whoever does not see it, and when it is gone.
    let with = json!({ "title": "New", "advisorId": id });
    let talk = text(&done(&ines, "createConversation", "conversation { id }", with).await["conversation"]["id"]);
    let none = json!({ "conversationId": talk, "advisorId": null });
    let changed = done(&ines, "updateConversation", "conversation { advisor { id } version }", none).await;
    assert_eq!(changed["conversation"], json!({ "advisor": null, "version": 2 }));
    done(&ines, "deleteAdvisor", "advisor { id }", json!({ "advisorId": id })).await;
    let edge = "query($id: ID!) { conversation(id: $id) { advisor { id } } }";
    assert_eq!(omar.run(edge, json!({ "id": ids[0] })).await.field("conversation")["advisor"], Value::Null);
    done(&ines, "purgeAdvisor", "purgedId", json!({ "advisorId": id })).await;
    assert_eq!(world.number("select count(*) from conversations where advisor_id is not null").await, 0);
    assert!(world.number("select count(*) from conversations").await >= 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_an_advisor_whole_or_not_at_all_and_a_file_again() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let tool = done(&ines, "createTool", "tool { id }", json!({ "name": "saw" })).await["tool"]["id"].clone();
    let source = "{ 'name': 'Wood', model: 'vendor/small-1', temperature: 0.5, tools: ['saw', 'axe',], flavour: 1, // mine
        messages: [{ role: 'system', content: 'Be brief. <$file:a.md$>' }, { role: 'user', content: 'Hi', name: 'Pat' }] }";
    let selection = "advisor { id name extra tools { name tool { id } } asJson asMarkdown } draft { name messages { content } } warnings";
    let preview = done(&ines, "importAdvisor", selection, json!({ "source": source, "preview": true })).await;
    assert_eq!((&preview["advisor"], &preview["draft"]["name"]), (&Value::Null, &json!("Wood")));
    assert_eq!(preview["warnings"].as_array().unwrap().len(), 2, "{preview:#}");
    assert_eq!(world.number("select count(*) from advisors").await, 0);
    let made = done(&ines, "importAdvisor", selection, json!({ "source": source })).await["advisor"].clone();
    assert_eq!(made["extra"], json!({ "flavour": 1 }));
    assert_eq!(made["tools"], json!([{ "name": "saw", "tool": { "id": tool } }, { "name": "axe", "tool": null }]));
    for preview in [true, false] {
        let again = json!({ "source": source, "preview": preview });
        assert_eq!(refused(&ines, "importAdvisor", selection, again).await, ["CONFLICT name"]);
    }
    for (form, format) in [("asJson", "JSON"), ("asMarkdown", "MARKDOWN")] {
        let input = json!({ "source": made[form], "format": format, "name": form });
        let back = done(&ines, "importAdvisor", selection, input).await["advisor"].clone();
        let renamed = text(&back[form]).replace(&format!("\"{form}\""), "\"Wood\"");
        assert_eq!(renamed, text(&made[form]));
    }
    for (source, places) in [
        ("{ messages: [ }", vec!["INVALID source"]),
        (
            "{ name: 'x', temperature: 3, messages: [{ role: 'king', content: 'x' }] }",
            vec!["INVALID source.messages.0.role", "INVALID source.temperature"],
        ),
        ("---\na: &b 1\n---\nHello", vec!["INVALID name", "INVALID source"]),
    ] {
        let mut found = refused(&ines, "importAdvisor", selection, json!({ "source": source })).await;
        found.sort();
        assert!(found == places || found == places[1..], "{source}: {found:?}");
    }
    assert_eq!(world.number("select count(*) from advisors").await, 3);
    assert_eq!(world.number("select count(*) from audit_log where concat(before, after) like '%brief%'").await, 0);
}
