//! Definitions: making, sharing, copying, deleting.

use harness::World;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{give, refused, seats};
use crate::matrix::scene::{done, text};

const MINE: &str =
    "query($filter: ToolFilter) { tools(filter: $filter) { totalCount nodes { name isSystem viewerAccess } } }";

async fn names(person: &harness::Person<'_>, filter: Value) -> Vec<String> {
    let answer = person.run(MINE, json!({ "filter": filter })).await;
    let list = answer.field("tools").clone();
    let names: Vec<String> = list["nodes"].as_array().unwrap().iter().map(|node| text(&node["name"])).collect();
    assert_eq!(list["totalCount"], names.len());
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_its_owner_s_until_it_is_shared_and_in_nobody_s_list_after() {
    let world = World::empty().await;
    let (ines, omar, root) = (world.member("ines").await, world.member("omar").await, world.admin("root").await);
    let tool = seats(&ines, false).await;
    let one = "query($id: ID!) { tool(id: $id) { name viewerAccess shares { totalCount } } }";
    let seen = async |person: &harness::Person<'_>| person.run(one, json!({ "id": tool })).await.field("tool").clone();
    assert_eq!(seen(&ines).await["viewerAccess"], "OWNER");
    assert_eq!((seen(&omar).await, seen(&root).await), (Value::Null, Value::Null));
    let share = give(&ines, &tool, "omar", "READ").await;
    assert_eq!(seen(&omar).await["viewerAccess"], "READ");
    assert_eq!(names(&omar, json!({})).await, ["reserve_seat"]);
    let rename = json!({ "toolId": tool, "name": "grab_seat" });
    let answer =
        omar.run(&crate::matrix::scene::mutation("updateTool", "tool { id }"), json!({ "input": rename })).await;
    assert_eq!(answer.code(), "FORBIDDEN");
    done(&ines, "deleteTool", "tool { id }", json!({ "toolId": tool })).await;
    assert_eq!(seen(&omar).await, Value::Null);
    assert_eq!((names(&omar, json!({})).await, names(&ines, json!({})).await), (vec![], vec![]));
    assert_eq!(names(&ines, json!({ "inTrash": true })).await, ["reserve_seat"]);
    // What is in the trash is not changed, and its name is free; so it does not come back beside another.
    assert_eq!(refused(&ines, "updateTool", "tool { id }", rename.clone()).await, ["CONFLICT toolId"]);
    let other = seats(&ines, false).await;
    assert_eq!(refused(&ines, "restoreTool", "tool { id }", json!({ "toolId": tool })).await, ["CONFLICT toolId"]);
    done(&ines, "updateTool", "tool { id }", json!({ "toolId": other, "name": "grab_seat" })).await;
    done(&ines, "restoreTool", "tool { id }", json!({ "toolId": tool })).await;
    assert_eq!(seen(&omar).await["viewerAccess"], "READ", "its shares count again");
    assert_eq!(refused(&ines, "purgeTool", "purgedId", json!({ "toolId": tool })).await, ["CONFLICT toolId"]);
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    assert_eq!(seen(&omar).await, Value::Null);
    done(&ines, "deleteTool", "tool { id }", json!({ "toolId": tool })).await;
    done(&ines, "purgeTool", "purgedId", json!({ "toolId": tool })).await;
    assert_eq!(seen(&ines).await, Value::Null);
    assert_eq!(world.number("select count(*) from things where kind = 'tool'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_installation_is_everybody_s_and_changed_by_those_who_publish() {
    let world = World::empty().await;
    let (ines, root) = (world.member("ines").await, world.admin("root").await);
    let made = json!({ "name": "clock", "isSystem": true });
    let document = crate::matrix::scene::mutation("createTool", "tool { id }");
    assert_eq!(ines.run(&document, json!({ "input": made })).await.code(), "FORBIDDEN");
    let clock = text(&done(&root, "createTool", "tool { id }", made.clone()).await["tool"]["id"]);
    assert_eq!(refused(&root, "createTool", "tool { id }", made).await, ["CONFLICT name"]);
    // Names of one's own are beside those.
    done(&ines, "createTool", "tool { id }", json!({ "name": "clock" })).await;
    assert_eq!(names(&ines, json!({ "isSystem": true })).await, ["clock"]);
    assert_eq!(names(&ines, json!({})).await, ["clock", "clock"]);
    let can = "query($id: ID!) { viewer { read: can(action: READ, id: $id) { isAllowed level }
        update: can(action: UPDATE, id: $id) { isAllowed missing } fork: can(action: FORK, id: $id) { isAllowed } } }";
    let told = ines.run(can, json!({ "id": clock })).await.field("viewer").clone();
    let expected = json!({ "read": { "isAllowed": true, "level": "READ" },
        "update": { "isAllowed": false, "missing": ["LEVEL"] }, "fork": { "isAllowed": true } });
    assert_eq!(told, expected);
    assert_eq!(root.run(can, json!({ "id": clock })).await.field("viewer")["update"]["isAllowed"], true);
    let update = crate::matrix::scene::mutation("updateTool", "tool { id }");
    let put_aside = json!({ "input": { "toolId": clock, "isActive": false } });
    assert_eq!(ines.run(&update, put_aside.clone()).await.code(), "FORBIDDEN");
    root.run(&update, put_aside).await.field("updateTool");
    done(&root, "deleteTool", "tool { id }", json!({ "toolId": clock })).await;
    assert_eq!(names(&ines, json!({})).await, ["clock"]);
    assert_eq!(names(&root, json!({ "inTrash": true })).await, ["clock"]);
    assert_eq!(names(&ines, json!({ "inTrash": true })).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_one_s_own_and_knows_where_it_comes_from() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let tool = seats(&ines, true).await;
    assert_eq!(refused(&omar, "forkTool", "tool { id }", json!({ "toolId": tool })).await, ["NOT_FOUND toolId"]);
    let share = give(&ines, &tool, "omar", "READ").await;
    let selection = "tool { id name parameters requiresApproval viewerAccess forkedFrom { id } }";
    let key = "00000000-0000-4000-8000-000000000001";
    let input = json!({ "toolId": tool, "clientId": key });
    let copy = done(&omar, "forkTool", selection, input.clone()).await["tool"].clone();
    assert_eq!(done(&omar, "forkTool", selection, input).await["tool"], copy, "the same again");
    assert_eq!((&copy["viewerAccess"], &copy["requiresApproval"]), (&json!("OWNER"), &json!(true)));
    assert_eq!((&copy["name"], &copy["forkedFrom"]["id"]), (&json!("reserve_seat"), &json!(tool)));
    assert_eq!(copy["parameters"]["required"], json!(["connection"]));
    assert_eq!(refused(&omar, "forkTool", "tool { id }", json!({ "toolId": tool })).await, ["CONFLICT name"]);
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    let seen =
        omar.run("query($id: ID!) { tool(id: $id) { name forkedFrom { id } } }", json!({ "id": copy["id"] })).await;
    assert_eq!(seen.field("tool")["forkedFrom"], Value::Null, "what is not shared any more is not told");
    let stale = json!({ "toolId": copy["id"], "isActive": false, "expectedVersion": 9 });
    assert_eq!(refused(&omar, "updateTool", "tool { version }", stale).await, ["CONFLICT expectedVersion"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_schema_is_refused_at_its_place_and_nothing_is_fetched() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outside = format!("http://{}/schema.json", listener.local_addr().unwrap());
    let before = world.number("select count(*) from tools").await;
    for (parameters, places) in [
        (json!("object"), ["INVALID parameters"]),
        (json!({ "type": "array" }), ["INVALID parameters.type"]),
        (
            json!({ "type": "object", "properties": { "a": { "type": "text" } } }),
            ["INVALID parameters.properties.a.type"],
        ),
        (
            json!({ "type": "object", "properties": { "a": { "$ref": outside } } }),
            ["INVALID parameters.properties.a.$ref"],
        ),
        (json!({ "type": "object", "$schema": outside }), ["INVALID parameters.$schema"]),
        (json!({ "type": "object", "allOf": [{ "$ref": "#" }] }), ["INVALID parameters.allOf.0.$ref"]),
        (json!({ "type": "object", "title": "a\u{0}" }), ["INVALID parameters"]),
    ] {
        let input = json!({ "name": "saw", "parameters": parameters });
        assert_eq!(refused(&ines, "createTool", "tool { id }", input).await, places, "{parameters}");
    }
    for name in ["", " ", "a b", "ä", "a.b", &"x".repeat(65)] {
        let input = json!({ "name": name });
        assert_eq!(refused(&ines, "createTool", "tool { id }", input).await, ["INVALID name"], "{name:?}");
    }
    assert_eq!(world.number("select count(*) from tools").await, before);
    let asked = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(asked.is_err(), "somebody came for the schema");
}
