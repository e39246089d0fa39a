//! Ids and edges: whatever somebody knows or follows, they arrive at nothing but what the rules show them.

mod hidden;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::matrix::scene::{SECRETS, Scene, append, done, text};

/// Everything with an id: table, prefix, and a name that those share who may be seen by the same people.
const THINGS: &str = "
    select 'user' as prefix, id, 'user ' || username::text as label from users
    union all select 'sess', s.id, 'session of ' || u.username::text from sessions s join users u on u.id = s.user_id
    union all select 'device', d.id, 'device of ' || u.username::text from devices d join users u on u.id = d.user_id
    union all select 'key', k.id, 'key of ' || u.username::text from api_keys k join users u on u.id = k.user_id
    union all select 'secevent', e.id, 'event of ' || u.username::text
                from security_events e join users u on u.id = e.user_id
    union all select 'audit', id, 'audit log' from audit_log
    union all select 'role', id, 'role ' || name from roles
    union all select 'invite', id, 'invitation' from invitations
    union all select 'perm', id, 'permissions' from permissions
    union all select 'conv', id, title from conversations
    union all select 'msg', m.id, 'messages: ' || c.title from messages m join conversations c on c.id = m.conversation_id
    union all select 'call', t.id, 'calls: ' || c.title
                from tool_calls t join conversations c on c.id = t.conversation_id
    union all select 'team', t.id, 'team ' || t.name from teams t
    union all select 'space', w.id, 'workspace ' || w.name from workspaces w
    union all select 'join', i.id, 'into ' || t.name from membership_invitations i join teams t on t.id = i.team_id
    union all select 'tool', id, 'tool ' || name from tools
    union all select 'adv', id, 'advisor ' || name from advisors
    union all select 'share', s.id, coalesce(c.title, w.name, o.name, a.name) || ' > ' || coalesce(u.username::text, t.name)
                from shares s left join conversations c on c.id = s.thing_id left join workspaces w on w.id = s.thing_id
                     left join tools o on o.id = s.thing_id left join advisors a on a.id = s.thing_id
                     left join users u on u.id = s.grantee_id left join teams t on t.id = s.team_id";

const TYPES: [(&str, &str); 18] = [
    ("adv", "Advisor"),
    ("tool", "Tool"),
    ("user", "User"),
    ("sess", "Session"),
    ("device", "Device"),
    ("key", "ApiKey"),
    ("secevent", "SecurityEvent"),
    ("audit", "AuditEntry"),
    ("role", "Role"),
    ("invite", "Invitation"),
    ("perm", "Permission"),
    ("conv", "Conversation"),
    ("msg", "Message"),
    ("call", "ToolCall"),
    ("share", "Share"),
    ("team", "Team"),
    ("space", "Workspace"),
    ("join", "MembershipInvitation"),
];

/// The scene of the matrix, and what lies around it: a second conversation of the owner that only the guest was given,
/// one that the stranger keeps, one that the stranger gave to the reader, and an author whose share was taken back.
async fn surroundings<'w>(world: &'w World) -> (Scene<'w>, BTreeMap<String, Person<'w>>) {
    let scene = Scene::new(world).await;
    let (owner, stranger) = (scene.person("owner"), scene.person("stranger"));
    for (person, title, guest) in
        [(owner, "Drawer", Some("guest")), (stranger, "Diary", None), (stranger, "Letter", Some("reader"))]
    {
        let made = done(person, "createConversation", "conversation { id }", json!({ "title": title })).await;
        let talk = text(&made["conversation"]["id"]);
        let message = append(person, &talk, title).await;
        let call = json!({ "messageId": message, "toolName": "clock", "arguments": { "raw": title } });
        done(person, "recordToolCall", "toolCall { id }", call).await;
        if let Some(guest) = guest {
            let input = json!({ "thingId": talk, "grantee": { "user": { "username": guest } }, "level": "READ" });
            done(person, "share", "share { id }", input).await;
        }
    }
    let loft = "insert into teams (id, name, created_at, updated_at) values (gen_random_uuid(), 'Crew', now(), now());
        insert into team_members (team_id, user_id, role, joined_at)
        select t.id, u.id, case u.username when 'owner' then 'owner' else 'member' end, now()
          from teams t, users u where u.username in ('owner', 'writer');
        insert into workspaces (id, name, created_at, updated_at) values (gen_random_uuid(), 'Loft', now(), now());
        insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
        select gen_random_uuid(), w.id, '', 'user', u.id, 'owner', now(), now() from workspaces w, users u
         where u.username = 'owner';
        insert into shares (id, thing_id, thing_kind, audience, team_id, level, created_at, updated_at)
        select gen_random_uuid(), w.id, '', 'team', t.id, 'read', now(), now() from workspaces w, teams t;
        update conversations set workspace_id = (select id from workspaces) where title = 'Drawer';
        insert into membership_invitations (id, team_id, user_id, role, invited_by, created_at, expires_at)
        select gen_random_uuid(), t.id, u.id, 'viewer', o.id, '2026-05-01', '2030-01-01' from teams t, users u, users o
         where u.username = 'reader' and o.username = 'owner'";
    world.db_run(loft).await;
    let saw = done(owner, "createTool", "tool { id }", json!({ "name": "saw" })).await["tool"]["id"].clone();
    let input = json!({ "thingId": saw, "grantee": { "user": { "username": "guest" } }, "level": "READ" });
    done(owner, "share", "share { id }", input).await;
    done(stranger, "createTool", "tool { id }", json!({ "name": "axe" })).await;
    let advisor = |name: &str| json!({ "name": name, "messages": [{ "role": "SYSTEM", "content": "x" }] });
    let sage = done(owner, "createAdvisor", "advisor { id }", advisor("sage")).await["advisor"]["id"].clone();
    let input = json!({ "thingId": sage, "grantee": { "user": { "username": "guest" } }, "level": "READ" });
    done(owner, "share", "share { id }", input).await;
    done(stranger, "createAdvisor", "advisor { id }", advisor("fool")).await;
    let clock = json!({ "name": "clock", "isSystem": true });
    done(scene.person("admin"), "createTool", "tool { id }", clock).await;
    for person in [owner, stranger] {
        done(person, "createApiKey", "apiKey { id }", json!({ "name": "K", "scopes": ["CONVERSATIONS_READ"] })).await;
    }
    let former = world.member("former").await;
    let input = json!({ "thingId": scene.talk, "grantee": { "user": { "id": former.id } }, "level": "COMMENT" });
    let share = done(owner, "share", "share { id }", input).await["share"]["id"].clone();
    append(&former, &scene.talk, "I was here").await;
    done(owner, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    let mut people = BTreeMap::new();
    for name in
        ["admin", "viewer", "viewer-write", "roleless", "reader", "writer", "owner", "guest", "stranger", "former"]
    {
        people.insert(name.to_owned(), world.existing(name).await);
    }
    (scene, people)
}

/// Wire id to label.
async fn things(world: &World) -> BTreeMap<String, String> {
    let rows = world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, THINGS)).await.unwrap();
    let rows = rows.iter().map(|row| {
        let prefix: String = row.try_get("", "prefix").unwrap();
        (wire(&prefix, row.try_get("", "id").unwrap()), row.try_get("", "label").unwrap())
    });
    rows.collect()
}

fn wire(prefix: &str, id: uuid::Uuid) -> String {
    use stoa::graphql::id::WireId;
    let id = entity::id::UserId(id).encode();
    format!("{prefix}_{}", id.split_once('_').unwrap().1)
}

/// The labels of what somebody may see.
fn rule(name: &str) -> BTreeSet<String> {
    let talk = SECRETS[0];
    let room = |title: &str| vec![title.to_owned(), format!("messages: {title}"), format!("calls: {title}")];
    let users = |names: &[&str]| names.iter().map(|name| format!("user {name}")).collect::<Vec<_>>();
    let share = |title: &str, with: &[&str]| with.iter().map(|name| format!("{title} > {name}")).collect::<Vec<_>>();
    let party = ["owner", "reader", "commenter", "writer", "viewer-write", "roleless", "former"];
    let grantees = ["reader", "commenter", "writer", "viewer-write", "roleless"];
    let subscriber = vec!["role subscriber".to_owned()];
    let loft = || ["team Crew", "workspace Loft", "Loft > owner", "Loft > Crew"].map(str::to_owned).to_vec();
    let tool = |name: &str| vec![format!("tool {name}")];
    let mut seen = vec![vec![format!("session of {name}"), format!("device of {name}"), format!("user {name}")]];
    if ["owner", "stranger"].contains(&name) {
        seen.push(vec![format!("key of {name}"), format!("event of {name}")]);
    }
    seen.extend(match name {
        "admin" => vec![
            users(&party),
            users(&["admin", "viewer", "stranger", "guest"]),
            ["role admin", "role subscriber", "role viewer", "permissions", "invitation", "team Crew", "audit log"]
                .map(str::to_owned)
                .to_vec(),
        ],
        "viewer" => vec![vec!["role viewer".to_owned()]],
        "viewer-write" => vec![vec!["role viewer".to_owned()], room(talk), share(talk, &[name]), users(&party)],
        // Without `conversations:read` a share leads nowhere, not even to those one shares with.
        "roleless" => vec![users(&["roleless"])],
        // In the owner's team, and by it in the workspace that holds the drawer.
        "writer" => {
            vec![subscriber, room(talk), room("Drawer"), share(talk, &[name]), users(&party), users(&["guest"]), loft()]
        }
        "reader" => vec![
            subscriber,
            room(talk),
            room("Letter"),
            share(talk, &[name]),
            share("Letter", &[name]),
            users(&party),
            users(&["stranger"]),
            vec!["into Crew".to_owned()],
        ],
        "owner" => vec![
            subscriber,
            room(talk),
            room("Drawer"),
            share(talk, &grantees),
            share("Drawer", &["guest"]),
            users(&party),
            users(&["guest"]),
            loft(),
            vec!["into Crew".to_owned()],
        ],
        "guest" => vec![subscriber, room("Drawer"), share("Drawer", &[name]), users(&["owner"])],
        "stranger" => {
            vec![subscriber, room("Diary"), room("Letter"), share("Letter", &["reader"]), users(&["reader"])]
        }
        "former" => vec![subscriber],
        _ => panic!("no rule for {name}"),
    });
    // Those of the installation are for everybody with `tools:read`.
    if name != "roleless" {
        seen.push(tool("clock"));
    }
    match name {
        "owner" | "guest" => {
            let advisor = vec!["advisor sage".to_owned()];
            seen.extend([tool("saw"), share("saw", &["guest"]), advisor, share("sage", &["guest"])]);
        }
        "stranger" => seen.extend([tool("axe"), vec!["advisor fool".to_owned()]]),
        _ => {}
    }
    seen.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_and_every_edge_leads_only_to_what_the_rules_show() {
    let world = World::empty().await;
    let (_scene, people) = surroundings(&world).await;
    let things = things(&world).await;
    let ids: Vec<&String> = things.keys().collect();
    let edges = edges(&world).await;
    for (name, person) in &people {
        let mut visible = BTreeSet::new();
        for some in ids.chunks(100) {
            let answer = person.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": some })).await;
            for (id, node) in some.iter().zip(answer.field("nodes").as_array().unwrap()) {
                if !node.is_null() {
                    assert_eq!(node["id"], **id);
                    visible.insert(id.to_string());
                }
            }
        }
        let labels: BTreeSet<String> = visible.iter().map(|id| things[id].clone()).collect();
        assert_eq!(labels, rule(name), "{name} by id; left: what is seen, right: the rule");
        let hidden = ids.iter().find(|id| !visible.contains(**id) && labels.contains(&things[**id]));
        assert_eq!(hidden.map(|id| &things[*id]), None, "{name} sees only some of these");
        for id in &visible {
            let answer = person.run(&edges[id.split_once('_').unwrap().0], json!({ "id": id })).await;
            let node = answer.field("node");
            follow(name, node, &visible, &things);
            let addresses = answer.body.to_string().replace(&format!("{name}@people.test"), "");
            assert!(name == "admin" || !addresses.contains("@people.test"), "{name} {}: {node:#}", things[id]);
        }
    }
}

/// Every id in the answer is one that is visible by itself, every count is what is listed, every private field is null.
fn follow(name: &str, value: &Value, visible: &BTreeSet<String>, things: &BTreeMap<String, String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| follow(name, item, visible, things)),
        Value::Object(fields) => {
            if let Some(id) = fields.get("id") {
                let id = id.as_str().unwrap();
                assert!(visible.contains(id), "{name} gets to {} by an edge", things[id]);
                if things[id].starts_with("user ") && fields.contains_key("email") && name != "admin" {
                    let lists = ["sessions", "devices", "apiKeys", "securityEvents"];
                    for private in lists.into_iter().chain([
                        "email",
                        "state",
                        "stateChangedAt",
                        "lastSignedInAt",
                        "permissions",
                        "roleAssignments",
                    ]) {
                        let own = things[id] == format!("user {name}");
                        assert!(own || fields[private].is_null(), "{name} sees {private} of {}", things[id]);
                    }
                }
            }
            if let Some(total) = fields.get("totalCount") {
                assert_eq!(total, fields["nodes"].as_array().unwrap().len(), "{name}: {value:#}");
            }
            fields.values().for_each(|value| follow(name, value, visible, things));
        }
        _ => {}
    }
}

/// For each type, by its prefix, a document that takes every field and follows every edge by one step.
async fn edges(world: &World) -> HashMap<&'static str, String> {
    let document = "{ __schema { types { name kind fields { name args { type { kind } } type { kind name ofType { kind name ofType {
        kind name ofType { kind name } } } } } } } }";
    let answer = world.anonymous().run(document, json!({})).await;
    let types = answer.data()["__schema"]["types"].as_array().unwrap();
    let types: HashMap<&str, &Value> = types.iter().map(|one| (one["name"].as_str().unwrap(), one)).collect();
    let documents = TYPES.map(|(prefix, name)| {
        let fields = fields(&types, name);
        (prefix, format!("query($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ {fields} }} }} }}"))
    });
    documents.into_iter().collect()
}

fn fields(types: &HashMap<&str, &Value>, name: &str) -> String {
    // What wants an argument is no edge: it is asked for, and tried, by name.
    let asks = |field: &&Value| field["args"].as_array().unwrap().iter().any(|arg| arg["type"]["kind"] == "NON_NULL");
    let fields = types[name]["fields"].as_array().unwrap().iter().filter(|field| !asks(field)).map(|field| {
        let mut kind = &field["type"];
        while !kind["ofType"].is_null() {
            kind = &kind["ofType"];
        }
        let (field, target) = (field["name"].as_str().unwrap(), kind["name"].as_str().unwrap());
        match kind["kind"].as_str().unwrap() {
            "UNION" => format!("{field} {{ __typename ... on Node {{ id }} }}"),
            "OBJECT" if TYPES.iter().any(|(_, node)| *node == target) => format!("{field} {{ id }}"),
            // A condition of conditions: what is below is plain values again.
            "OBJECT" if target == name => String::new(),
            "OBJECT" => match target.strip_suffix("Connection") {
                Some(item) if TYPES.iter().any(|(_, node)| *node == item) => {
                    format!("{field}(first: 100) {{ totalCount nodes {{ id }} edges {{ node {{ id }} }} }}")
                }
                Some(item) => format!("{field}(first: 100) {{ totalCount nodes {{ {} }} }}", self::fields(types, item)),
                None => format!("{field} {{ {} }}", self::fields(types, target)),
            },
            _ => field.to_owned(),
        }
    });
    fields.collect::<Vec<_>>().join(" ")
}
