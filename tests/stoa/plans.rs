//! How PostgreSQL runs the statements behind the example documents, over tables that are large: nothing reads one of them
//! from end to end, and nothing is sorted but what is answered with.
//!
//! The plans are those that ran, as `auto_explain` tells them to the connections of the service.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use harness::World;
use serde_json::Value;
use stoa::demo::examples::{ANONYMOUS, all};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Tables that grow with use. Roles, permissions and the like fit into a page or two, and reading them so is right.
const LARGE: [&str; 9] =
    ["audit_log", "conversations", "events", "messages", "participants", "shares", "things", "tool_calls", "users"];

/// What is known to read a table from end to end, by example and table. The first two count everything there is, for those who
/// see everything. The others are to be mended: who is known to somebody, and what was shared with them, is asked of each
/// row when it is counted.
const KNOWN: [(&str, &str); 4] =
    [("admin-overview", "users"), ("auditEntries", "audit_log"), ("from-others", "users"), ("sharedWithMe", "things")];

/// Rows of a page with the one that tells whether there are more, in each of the three parts of a list.
const PAGE: u64 = 3 * 101;

/// What the service's connections are told.
#[derive(Clone, Default)]
struct Notices(Arc<Mutex<Vec<String>>>);

struct Message(Option<String>);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = Some(format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0 = Some(value.to_owned());
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Notices {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::postgres::notice" {
            let mut message = Message(None);
            event.record(&mut message);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(message.0);
        }
    }
}

impl Notices {
    /// The plans since the last time.
    fn plans(&self) -> Vec<Value> {
        let notices = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let plans = notices.iter().filter_map(|notice| Some(notice.split_once("plan:\n")?.1));
        plans.map(|plan| serde_json::from_str(plan).expect("auto_explain tells JSON")).collect()
    }
}

/// Many people with many conversations around those of the demo, whose own lists are long, too.
const CROWD: &str = "
    set session_replication_role = replica;
    insert into users (id, username, handle, display_name, created_at, updated_at)
    select md5('crowd' || n)::uuid, 'crowd' || n, 'crowd' || n, 'Crowd ' || n, now(), now() from generate_series(1, 2000) n;
    create table crowd as
    select n, md5('crowd talk' || n)::uuid as id, case when n % 10 = 0 then d.id else md5('crowd' || 1 + n % 2000)::uuid end as owner
      from generate_series(1, 24000) n cross join (select id from users where username = 'ines') d;
    insert into conversations (id, owner_id, title, message_count, next_position, last_activity_at, created_at, updated_at)
    select id, owner, 'Crowd ' || n, 12, 13, now() - n * interval '1 minute', now() - n * interval '1 hour', now() from crowd;
    insert into messages (id, conversation_id, parent_id, depth, position, author_id, role, content, created_at, updated_at,
                          jump_id, jump_depth)
    select md5(c.n || ' crowd message ' || i)::uuid, c.id, case when i > 1 then md5(c.n || ' crowd message ' || i - 1)::uuid end,
           i - 1, i, c.owner, 'user', 'Some words', now(), now(),
           md5(c.n || ' crowd message ' || messages_jump_depth(i - 1) + 1)::uuid, messages_jump_depth(i - 1)
      from crowd c cross join generate_series(1, 12) i where c.n <= 8000;
    insert into tool_calls (id, message_id, conversation_id, position, tool_name, arguments, created_at, updated_at)
    select md5('crowd call' || m.id)::uuid, m.id, m.conversation_id, 1, 'lookup', '{}', now(), now()
      from messages m where m.position % 6 = 0;
    insert into things (id, kind, owner_id) select id, 'conversation', owner from crowd;
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, granted_by, created_at, updated_at)
    select md5('crowd share' || c.n)::uuid, c.id, 'conversation', 'user', md5('crowd' || 1 + c.n * 7 % 2000)::uuid, 'read', c.owner,
           now(), now() from crowd c where 1 + c.n * 7 % 2000 <> 1 + c.n % 2000 and c.n <= 8000;
    insert into participants (conversation_id, user_id, is_owner, is_grantee, is_author)
    select id, owner, true, false, true from crowd
    union all select thing_id, grantee_id, false, true, false from shares where thing_id in (select id from crowd)
    on conflict do nothing;
    insert into events (at, kind, subject_kind, subject_id, conversation_id, actor_id)
    select now(), 'message.append', 'message', id, conversation_id, author_id from messages;
    insert into audit_log (id, at, actor_id, request_id, action, subject_kind, subject_id, credential)
    select md5('crowd audit' || n)::uuid, now(), md5('crowd' || 1 + n % 2000)::uuid, 'crowd', 'message.append', 'message',
           md5('crowd subject' || n)::uuid, 'session' from generate_series(1, 20000) n;
    drop table crowd;
    set session_replication_role = origin;
    analyze";

/// From now on, connections to this database are told of every plan.
const TELL: &str = "do $$ declare setting text; begin
    foreach setting in array array['session_preload_libraries = ''auto_explain''', 'auto_explain.log_min_duration = 0',
        'auto_explain.log_analyze = on', 'auto_explain.log_timing = off', 'auto_explain.log_format = ''json''',
        'auto_explain.log_level = ''notice''']
    loop execute format('alter database %I set %s', current_database(), setting); end loop; end $$";

/// What a plan does that it should not.
fn faults(example: &str, plan: &Value, answered: u64, faults: &mut BTreeSet<String>) {
    let rows = |node: &Value| {
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        ((number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")) as u64
    };
    let kind = plan["Node Type"].as_str().unwrap_or_default();
    let table = plan["Relation Name"].as_str().unwrap_or_default();
    if kind == "Seq Scan" && LARGE.contains(&table) && rows(plan) > 0 && !KNOWN.contains(&(example, table)) {
        faults.insert(format!("reads {} rows of {table}", rows(plan)));
    }
    let below = plan["Plans"].as_array().map(Vec::as_slice).unwrap_or_default();
    if kind.contains("Sort") {
        // Under many parents it sorts once for each.
        let times = plan["Actual Loops"].as_u64().unwrap_or(1).max(1);
        let sorted = below.iter().map(rows).sum::<u64>() / times;
        if sorted > answered.max(PAGE) {
            faults.insert(format!("sorts {sorted} rows by {}", plan["Sort Key"]));
        }
    }
    below.iter().for_each(|node| self::faults(example, node, answered, faults));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_has_its_index() {
    let notices = Notices::default();
    let listening = tracing_subscriber::registry().with(notices.clone());
    tracing::subscriber::set_global_default(listening).expect("nobody listens yet");
    let origin = World::demo().await;
    origin.db_run(CROWD).await;
    origin.db_run(TELL).await;
    let world = origin.another_process().await;
    let (mut found, mut seen) = (BTreeSet::new(), 0);
    for example in all().into_iter().filter(|example| !example.query.starts_with("subscription")) {
        let variables: Value = serde_json::from_str(example.variables).expect("variables are JSON");
        notices.plans();
        match example.run_as {
            ANONYMOUS => world.anonymous().run(example.query, variables).await,
            username => world.existing(username).await.run(example.query, variables).await,
        };
        for told in notices.plans() {
            seen += 1;
            let (plan, mut wrong) = (&told["Plan"], BTreeSet::new());
            faults(example.name, plan, plan["Actual Rows"].as_u64().unwrap_or_default(), &mut wrong);
            let text: String =
                told["Query Text"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            let text: String = text.chars().take(300).collect();
            found.extend(wrong.into_iter().map(|fault| format!("{}: {fault}: {text}", example.name)));
        }
    }
    assert!(seen > 200, "only {seen} plans were told");
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}
