//! Whom a thing reaches, and whom it would reach with one share more. What `standings_of` of the database says of one person
//! is said here of all of them; `access/property.rs` holds both against the same rules.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{ShareId, ThingId, UserId, WorkspaceId};
use entity::share::{Audience, Level};
use entity::user;
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use crate::auth::Principal;
use crate::database::keyset::{self, Order, Slice, Window};
use crate::database::shape::{Ask, Rule};
use crate::domain::thing::rows::Reach;
use crate::domain::user::policy as people;
use crate::domain::user::rows::BY_USERNAME;
use crate::error::Result;

/// Those whom a thing reaches, by user name.
pub const AUDIENCE: Order<user::Model> = Order { list: "audience", ..BY_USERNAME };

/// A thing at a moment, and the share that it would have besides, in the place of one that the subject has already.
#[derive(Clone, Debug)]
pub struct Question {
    pub thing: ThingId,
    pub at: DateTime<Utc>,
    pub more: Option<(Uuid, Audience, Level)>,
}

impl Question {
    fn values(&self) -> [Value; 5] {
        let more = self.more.as_ref();
        [
            self.thing.0.into(),
            self.at.into(),
            more.map(|(subject, ..)| *subject).into(),
            more.map(|(_, audience, _)| audience.to_value()).into(),
            more.map(|(.., level)| level.rank()).into(),
        ]
    }
}

/// Each way in which somebody reaches the thing `$1` at `$2`, now, and then: with a share to `$3`, of the audience `$4` and
/// the rank `$5`. Nobody for what is in the trash.
macro_rules! from_reach {
    ($select:literal) => {
        concat!(
            "with thing as (
                select t.id, t.owner_id, t.workspace_id from things t where t.id = $1 and t.deleted_at is null),
             given as (
                select s.id as share_id, s.audience, s.subject_id, s.rank, true as is_now,
                       s.subject_id is distinct from $3::uuid as is_then
                  from thing join shares s on s.thing_id = thing.id and (s.expires_at is null or s.expires_at > $2)
                union all
                select null, $4::text, $3::uuid, $5::smallint, false, true from thing where $3::uuid is not null),
             members as (
                select w.id as workspace_id, s.id as share_id, m.user_id, m.cap
                  from things w
                  join shares s on s.thing_id = w.id and (s.expires_at is null or s.expires_at > $2)
                 cross join lateral (
                    select s.grantee_id as user_id, s.rank as cap where s.grantee_id is not null
                    union all
                    select of.user_id, least(s.rank, case of.role when 'viewer' then 1 else 4 end)::smallint
                      from team_members of join teams t on t.id = of.team_id and t.deleted_at is null
                     where of.team_id = s.team_id) m
                 where w.kind = 'workspace' and w.deleted_at is null
                   and w.id in (select thing.workspace_id from thing
                                union all select given.subject_id from given where given.audience = 'workspace')),
             reach as (
                select thing.owner_id as user_id, 5::smallint as rank, true as is_now, true as is_then,
                       null::uuid as share_id, null::uuid as workspace_id
                  from thing where thing.owner_id is not null
                union all
                select g.subject_id, g.rank, g.is_now, g.is_then, g.share_id, null
                  from given g where g.audience in ('user', 'elevation')
                union all
                select of.user_id, least(g.rank, case of.role when 'viewer' then 1 else 4 end)::smallint,
                       g.is_now, g.is_then, g.share_id, null
                  from given g join team_members of on of.team_id = g.subject_id
                  join teams t on t.id = of.team_id and t.deleted_at is null
                 where g.audience = 'team'
                union all
                select m.user_id, least(g.rank, m.cap), g.is_now, g.is_then, g.share_id, null
                  from given g join members m on m.workspace_id = g.subject_id where g.audience = 'workspace'
                union all
                select m.user_id, least(m.cap, 4::smallint), true, true, m.share_id, m.workspace_id
                  from thing join members m on m.workspace_id = thing.workspace_id)
             ",
            $select
        )
    };
}

/// How many people it is, and who else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub people: i64,
    /// How many of them get more than they have now.
    pub gaining: i64,
    /// How many have less then than they have now.
    pub losing: i64,
    pub is_open_now: bool,
    pub is_open_then: bool,
    pub has_links: bool,
    /// Whether the share would be to the owner.
    pub is_to_owner: bool,
}

const SUMMARY: &str = from_reach!(
    ", levels as (
        select r.user_id, coalesce(max(r.rank) filter (where r.is_now), 0) as before,
               coalesce(max(r.rank) filter (where r.is_then), 0) as after
          from reach r join users u on u.id = r.user_id and account_is_active(u.state, u.suspended_until, $2)
         group by r.user_id)
     select count(*) filter (where after > 0), count(*) filter (where after > before), count(*) filter (where after < before),
            exists (select from given g where g.audience = 'everyone' and g.is_now),
            exists (select from given g where g.audience = 'everyone' and g.is_then),
            exists (select from given g where g.audience = 'link'),
            coalesce((select thing.owner_id = $3::uuid from thing), false)
       from levels"
);

pub async fn summary(db: &impl ConnectionTrait, question: &Question) -> Result<Summary> {
    let asked = Statement::from_sql_and_values(DbBackend::Postgres, SUMMARY, question.values());
    let Some(row) = db.query_one_raw(asked).await? else { return Ok(Summary::default()) };
    Ok(Summary {
        people: row.try_get_by_index(0)?,
        gaining: row.try_get_by_index(1)?,
        losing: row.try_get_by_index(2)?,
        is_open_now: row.try_get_by_index(3)?,
        is_open_then: row.try_get_by_index(4)?,
        has_links: row.try_get_by_index(5)?,
        is_to_owner: row.try_get_by_index(6)?,
    })
}

const PEOPLE: &str =
    concat!("\"users\".\"id\" = any(array(", from_reach!("select r.user_id from reach r where r.is_then"), "))");

/// Those of them whom the viewer sees.
fn seen(viewer: &Principal, question: &Question) -> Ask<'static, user::Entity> {
    let reached = Rule::text("reached", PEOPLE, &question.values());
    Ask::of(people::visible(viewer)).filter(reached).filter(people::active(question.at))
}

pub async fn page_of_people(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    question: &Question,
    window: &Window<user::Model>,
) -> Result<Slice<user::Model>> {
    keyset::page(db, seen(viewer, question), window).await
}

pub async fn count_people(db: &impl ConnectionTrait, viewer: &Principal, question: &Question) -> Result<i64> {
    seen(viewer, question).count(db).await
}

/// How somebody reaches a thing.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The highest rank, now and then; 0 for none.
    pub before: i16,
    pub after: i16,
    /// By what now, the farthest first.
    pub reaches: Vec<Reach>,
}

const PLACES: &str = from_reach!(
    "select r.user_id, r.rank, r.is_now, r.is_then, r.share_id, r.workspace_id from reach r
      where r.user_id = any($6) order by r.rank desc, r.share_id"
);

/// By what each of these reaches the thing.
pub async fn places(
    db: &impl ConnectionTrait,
    question: &Question,
    users: &[UserId],
) -> Result<HashMap<UserId, Place>> {
    let ids: Vec<Uuid> = users.iter().map(|id| id.0).collect();
    let values = question.values().into_iter().chain([ids.into()]);
    let mut places: HashMap<UserId, Place> = HashMap::new();
    for row in db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, PLACES, values)).await? {
        let place = places.entry(UserId(row.try_get_by_index(0)?)).or_default();
        let (rank, is_now, is_then): (i16, bool, bool) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        if is_then {
            place.after = place.after.max(rank);
        }
        if is_now {
            place.before = place.before.max(rank);
            place.reaches.push(Reach {
                rank,
                share: row.try_get_by_index::<Option<Uuid>>(4)?.map(ShareId),
                workspace: row.try_get_by_index::<Option<Uuid>>(5)?.map(WorkspaceId),
            });
        }
    }
    Ok(places)
}
