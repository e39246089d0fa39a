//! Connections that are edges: pages of what is under rows, read for all rows of a level at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ServerResult, Value};

use super::{Listed, Page, Total};
use crate::database::keyset::{Order, Slice, Window};
use crate::error::{Error, Result};
use crate::graphql::context::{CountUnder, Loads, Under, cx};
use crate::graphql::paging::Paging;
use crate::graphql::row::Row;

impl<N: Listed> Row<Page<N>> {
    /// An edge: the page of what is under `parent` in this order, read together with the same page under all other parents
    /// of this level, and how many there are, under the key that `counted` marks. Nothing is read of a page of which only
    /// the number of items is asked for.
    pub async fn under<P, M, C>(
        ctx: &Context<'_>,
        parent: P,
        paging: Paging,
        order: Order<M>,
        counted: C,
        node: impl Fn(Arc<M>) -> N,
    ) -> Result<Option<Self>>
    where
        P: Copy + Eq + Hash + Send + Sync + 'static,
        M: Send + Sync + 'static,
        C: Copy + Eq + Hash + Send + Sync + 'static,
        Loads: Loader<Under<P, Window<M>>, Value = Slice<M>, Error = Error>
            + Loader<CountUnder<P, C>, Value = i64, Error = Error>,
    {
        let cx = cx(ctx);
        let window = paging.window(cx, order)?;
        let slice = match wants_rows(ctx) {
            true => cx.load(Under { parent, args: window }).await?,
            false => None,
        };
        Ok(Some(Self::counted_under(slice, parent, order, counted, node)))
    }

    /// The same edge of many rows at once: the pages under each of `parents`, in their order. For a field without arguments
    /// but those of paging.
    pub async fn under_each<P, M, C>(
        ctx: &Context<'_>,
        parents: Vec<P>,
        order: Order<M>,
        counted: C,
        node: impl Fn(Arc<M>) -> N,
    ) -> ServerResult<Vec<Value>>
    where
        P: Copy + Eq + Hash + Send + Sync + 'static,
        M: Send + Sync + 'static,
        C: Copy + Eq + Hash + Send + Sync + 'static,
        Loads: Loader<Under<P, Window<M>>, Value = Slice<M>, Error = Error>
            + Loader<CountUnder<P, C>, Value = i64, Error = Error>,
    {
        let cx = cx(ctx);
        let failed = |error: Error| async_graphql::Error::from(error).into_server_error(ctx.item.pos);
        let args = Paging::of(ctx)?.window(cx, order).map_err(failed)?;
        let mut slices = match wants_rows(ctx) {
            true => {
                let keys = parents.iter().map(|parent| Under { parent: *parent, args: args.clone() });
                cx.load_many(keys.collect()).await.map_err(failed)?
            }
            false => HashMap::new(),
        };
        let pages = parents.into_iter().map(|parent| {
            let slice = slices.remove(&Under { parent, args: args.clone() });
            Self::counted_under(slice, parent, order, counted, &node)
        });
        Self::resolve_many(pages.collect(), ctx).await
    }

    /// A page under `parent`, of which there may be nothing.
    fn counted_under<P, M, C>(
        slice: Option<Slice<M>>,
        parent: P,
        order: Order<M>,
        counted: C,
        node: impl Fn(Arc<M>) -> N,
    ) -> Self
    where
        P: Copy + Eq + Hash + Send + Sync + 'static,
        M: Send + Sync + 'static,
        C: Copy + Eq + Hash + Send + Sync + 'static,
        Loads: Loader<CountUnder<P, C>, Value = i64, Error = Error>,
    {
        let total = Total::later(move |cx| {
            Box::pin(async move { Ok(cx.load(CountUnder { parent, args: counted }).await?.unwrap_or(0)) })
        });
        Self::new(slice.unwrap_or_else(Slice::empty), order, total, node)
    }
}

/// Whether more of a connection is asked for than how many items there are.
fn wants_rows(ctx: &Context<'_>) -> bool {
    ctx.field().selection_set().any(|field| matches!(field.name(), "nodes" | "edges" | "pageInfo"))
}
