//! The GraphQL types of whom a thing reaches.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result};
use entity::share::Level;
use entity::user;

use super::policy;
use super::rows::{self, AUDIENCE, Place, Question, Summary};
use super::subject::{GranteeInput, Subject, To};
use crate::auth::Principal;
use crate::domain::thing::ThingRef;
use crate::domain::thing::action::ThingAction;
use crate::domain::thing::object::{AccessLevel, AccessReason};
use crate::domain::user::object::User;
use crate::error::{Error, ErrorCode};
use crate::graphql::checks::Checks;
use crate::graphql::connection::{Connection, Listed, Total};
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// A share as it could be given by `share`.
#[derive(InputObject)]
pub struct ProposedShareInput {
    /// To whom.
    grantee: GranteeInput,
    /// How far. For somebody who has it already, this replaces the level.
    level: AccessLevel,
    /// When it would end by itself: later than now. Until then it counts as it is told here.
    expires_at: Option<DateTime>,
}

impl ProposedShareInput {
    fn parse(self, thing: ThingRef) -> Result<(To, Level, Option<DateTime>), Error> {
        let mut checks = Checks::default();
        let to = To::check(&mut checks, self.grantee);
        let level = Level::from(self.level);
        to.check_level(&mut checks, Some(thing), level, self.expires_at.is_some());
        checks.done()?;
        Ok((to, level, self.expires_at))
    }
}

/// What is refused of the share as what is wrong with the argument.
fn of_argument(error: Error) -> Error {
    match error {
        Error::Refused(errors) => match errors.into_iter().next() {
            Some(first) if first.code == ErrorCode::NotFound => Error::NotFound,
            first => Error::invalid("share", first.map(|first| first.message).unwrap_or_default()),
        },
        other => other,
    }
}

/// Whom something reaches, at this moment or with one share more: by name, by a team, by a workspace. That everybody may
/// read it, or whoever has a link, is told besides and counted nowhere. It is told what the shares give; what somebody may
/// do with it depends on their permissions, too.
pub struct ThingAudience {
    question: Question,
    summary: Summary,
}

impl ThingAudience {
    /// Nothing if the thing does not exist for the viewer.
    pub async fn ask(
        cx: &RequestContext,
        thing: ThingRef,
        share: Option<ProposedShareInput>,
    ) -> Result<Option<Self>, Error> {
        let viewer = cx.viewer()?;
        let Some((level, in_trash)) = thing.look(&cx.db, &viewer).await? else { return Ok(None) };
        policy::may_share(&viewer, level)?;
        ThingAction::Share.allow(thing.of_kind(), level)?;
        if in_trash {
            return Err(Error::invalid("thingId", "It is in the trash, where it reaches its owners alone."));
        }
        let more = match share {
            Some(share) => Some(proposed(cx, &viewer, thing, level, share).await.map_err(of_argument)?),
            None => None,
        };
        let question = Question { thing: thing.id(), at: viewer.at, more };
        let summary = rows::summary(&cx.db, &question).await?;
        match summary.is_to_owner {
            true => Err(Error::invalid("share", "A thing is not shared with its owner.")),
            false => Ok(Some(Self { question, summary })),
        }
    }
}

/// The share as its row would be, refused as `share` would refuse it.
async fn proposed(
    cx: &RequestContext,
    viewer: &Principal,
    thing: ThingRef,
    level: AccessLevel,
    share: ProposedShareInput,
) -> Result<(uuid::Uuid, entity::share::Audience, Level), Error> {
    let (to, asked, expires_at) = share.parse(thing)?;
    if expires_at.is_some_and(|at| at.0 <= viewer.at) {
        return Err(Error::invalid("share", "It would have ended: later than now."));
    }
    let subject = Subject::find(&cx.db, viewer, &to).await?;
    let before = rows::find_between(&cx.db, thing.id(), subject.id).await?;
    let lasting = before.as_ref().filter(|row| row.expires_at.is_none_or(|at| at > viewer.at));
    policy::may_give(viewer, thing.of_kind(), level, None, asked, lasting)?;
    Ok((subject.id, subject.audience, asked))
}

/// Whom something reaches, at this moment or with one share more: by name, by a team, by a workspace. That everybody may
/// read it, or whoever has a link, is told besides and counted nowhere. It is told what the shares give; what somebody may
/// do with it depends on their permissions, too.
#[Object]
impl ThingAudience {
    /// How many people it reaches, also those whom the viewer does not see; of accounts that can be used.
    async fn people_count(&self) -> i32 {
        shown(self.summary.people)
    }

    /// How many of them have more by the proposed share than they have now; 0 without one.
    async fn gaining_count(&self) -> i32 {
        shown(self.summary.gaining)
    }

    /// How many have less by the proposed share than they have now; 0 without one.
    async fn losing_count(&self) -> i32 {
        shown(self.summary.losing)
    }

    /// Whether everybody who is signed in can read it, with the proposed share.
    async fn is_open_to_everyone(&self) -> bool {
        self.summary.is_open_then
    }

    /// Whether that is so now.
    async fn is_open_to_everyone_now(&self) -> bool {
        self.summary.is_open_now
    }

    /// Whether there is a link with which anybody can read it, signed in or not.
    async fn has_links(&self) -> bool {
        self.summary.has_links
    }

    /// The people, by user name, as far as the viewer sees them.
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<AudienceMember>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, AUDIENCE)?;
        let slice = rows::page_of_people(&cx.db, &cx.viewer()?, &self.question, &window).await?;
        let ids: Vec<_> = slice.rows.iter().map(|row| row.id).collect();
        let places = match ids.is_empty() {
            true => Default::default(),
            false => rows::places(&cx.db, &self.question, &ids).await?,
        };
        let question = self.question.clone();
        let total = Total::later(move |cx| {
            let question = question.clone();
            Box::pin(async move { rows::count_people(&cx.db, &cx.viewer()?, &question).await })
        });
        let member = |row: Arc<user::Model>| AudienceMember {
            place: Arc::new(places.get(&row.id).cloned().unwrap_or_default()),
            user: row,
        };
        Ok(Some(Connection::new(slice, AUDIENCE, total, member)))
    }
}

fn shown(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Somebody whom a thing reaches.
#[derive(Clone)]
pub struct AudienceMember {
    user: Arc<user::Model>,
    place: Arc<Place>,
}

impl Listed for AudienceMember {
    const NAME: &'static str = "AudienceMember";
}

impl Columns for AudienceMember {}

/// Somebody whom a thing reaches.
#[Object]
impl AudienceMember {
    /// Who.
    async fn user(&self) -> Row<User> {
        Row(User(self.user.clone()))
    }

    /// How far, with the proposed share.
    async fn level(&self) -> Option<AccessLevel> {
        Level::of_rank(self.place.after).map(AccessLevel::from)
    }

    /// How far now; null for not at all.
    async fn level_now(&self) -> Option<AccessLevel> {
        Level::of_rank(self.place.before).map(AccessLevel::from)
    }

    /// By what now, the farthest first: the proposed share is not among it.
    async fn reasons(&self) -> Vec<AccessReason> {
        self.place.reaches.iter().copied().map(AccessReason).collect()
    }
}
