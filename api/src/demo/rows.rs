//! Every statement of the demo: the marker, the rows, and emptying a database for another beginning.

use entity::{
    advisor, api_key, conversation, device, invitation, membership_invitation, message, permission, role,
    role_permission, security_event, session, setting, share, team, team_member, tool, tool_call, user, user_role,
    workspace,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, PaginatorTrait, Statement,
};
use serde_json::json;

use super::world::World;

/// The row of `settings` that says "this is the demo".
const MARKER: &str = "demo";

/// What the secret of the demo's link is made of.
const LINK_TOKEN: &str = "everybody may see the demo link!";

const LINK: &str = "
    insert into share_links (share_id, token_hash, allows_fork, hides_system_prompts, hides_tool_data)
    values ($1, sha256(convert_to($2, 'UTF8')), true, true, true)";

/// What was edited said only its beginning before.
const VERSIONS: &str = "
    insert into message_versions (message_id, version, content, replaced_at, editor_id)
    select id, 1, split_part(content, ' ', 1) || ' …', edited_at, author_id from messages where version = 2";

/// What is not finished is in its fourth piece. Its writer is believed for longer than the demo lasts.
const STREAMS: &str = "
    insert into message_streams (message_id, conversation_id, next_sequence, folded, length, lease_until, ended_at)
    select id, conversation_id, 4, 3, char_length(content), created_at + interval '100 years',
           case status when 'interrupted' then created_at end
      from messages where status in ('streaming', 'interrupted')";

/// Rows of one statement: PostgreSQL takes 65,535 parameters, and no row has more than thirty.
const CHUNK: usize = 1_000;

/// Empties every table but the record of migrations, and lets numbers begin at 1. Tables that refuse to be emptied by
/// a trigger are emptied without it; it stands again before anybody else sees them.
const EMPTY: &str = "
do $$
declare
    names text;
    guard record;
begin
    select string_agg(format('%I.%I', schemaname, tablename), ', ') into names
      from pg_tables where schemaname = current_schema() and tablename <> 'seaql_migrations';
    create temporary table guards on commit drop as
        select tgrelid::regclass::text as relation, tgname as name
          from pg_trigger join pg_class on pg_class.oid = tgrelid
         where not tgisinternal and (tgtype & 32) <> 0 and relnamespace = current_schema()::regnamespace;
    for guard in select * from guards loop
        execute format('alter table %s disable trigger %I', guard.relation, guard.name);
    end loop;
    execute 'truncate ' || names || ' restart identity';
    for guard in select * from guards loop
        execute format('alter table %s enable trigger %I', guard.relation, guard.name);
    end loop;
end $$";

/// Makes others who would load or reset wait until this transaction has ended.
pub async fn lock(db: &DatabaseTransaction) -> Result<(), DbErr> {
    db.execute_unprepared("lock table settings in share row exclusive mode").await?;
    Ok(())
}

/// Whether the database has been migrated at all.
pub async fn has_tables(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let ask = "select to_regclass('settings') is not null and to_regclass('users') is not null";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, ask)).await?;
    row.map(|row| row.try_get_by_index(0)).transpose().map(Option::unwrap_or_default)
}

pub async fn is_marked(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(setting::Entity::find_by_id(MARKER).one(db).await?.is_some())
}

pub async fn count_accounts(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    user::Entity::find().count(db).await
}

pub async fn empty(db: &DatabaseTransaction) -> Result<(), DbErr> {
    db.execute_unprepared(EMPTY).await?;
    Ok(())
}

/// Writes the world into a database without accounts. The roles and permissions there make room for the same ones with
/// ids that documents know.
pub async fn insert(db: &DatabaseTransaction, world: World) -> Result<(), DbErr> {
    db.execute_unprepared("delete from roles").await?;
    db.execute_unprepared("delete from permissions").await?;
    let last_number = world.users.len();
    insert_all::<user::Entity, _, _>(db, world.users).await?;
    db.execute_unprepared(&format!("select setval(pg_get_serial_sequence('users', 'number'), {last_number})")).await?;
    insert_all::<api_key::Entity, _, _>(db, world.api_keys).await?;
    insert_all::<device::Entity, _, _>(db, world.devices).await?;
    insert_all::<session::Entity, _, _>(db, world.sessions).await?;
    insert_all::<security_event::Entity, _, _>(db, world.security_events).await?;
    insert_all::<permission::Entity, _, _>(db, world.permissions).await?;
    insert_all::<role::Entity, _, _>(db, world.roles).await?;
    insert_all::<role_permission::Entity, _, _>(db, world.grants).await?;
    insert_all::<user_role::Entity, _, _>(db, world.assignments).await?;
    insert_all::<invitation::Entity, _, _>(db, world.invitations).await?;
    insert_all::<team::Entity, _, _>(db, world.teams).await?;
    insert_all::<team_member::Entity, _, _>(db, world.team_members).await?;
    insert_all::<workspace::Entity, _, _>(db, world.workspaces).await?;
    insert_all::<membership_invitation::Entity, _, _>(db, world.memberships).await?;
    insert_all::<advisor::Entity, _, _>(db, world.advisors).await?;
    insert_all::<conversation::Entity, _, _>(db, world.conversations).await?;
    insert_all::<message::Entity, _, _>(db, world.messages).await?;
    db.execute_unprepared(VERSIONS).await?;
    db.execute_unprepared(STREAMS).await?;
    insert_all::<tool::Entity, _, _>(db, world.tools).await?;
    insert_all::<tool_call::Entity, _, _>(db, world.tool_calls).await?;
    insert_all::<share::Entity, _, _>(db, world.shares).await?;
    for link in world.links {
        let link = Statement::from_sql_and_values(DbBackend::Postgres, LINK, [link.0.into(), LINK_TOKEN.into()]);
        db.execute_raw(link).await?;
    }
    setting::ActiveModel { key: Set(MARKER.to_owned()), value: Set(json!({ "edition": 1 })) }.insert(db).await?;
    Ok(())
}

async fn insert_all<E, M, A>(db: &DatabaseTransaction, rows: Vec<M>) -> Result<(), DbErr>
where
    E: EntityTrait,
    M: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E> + Send,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        E::insert_many(rows.by_ref().take(CHUNK)).exec_without_returning(db).await?;
    }
    Ok(())
}
