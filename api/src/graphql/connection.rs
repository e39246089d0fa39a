//! Relay connections, once for all nouns.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;

use super::context::{RequestContext, cx};
use super::cost::cost;
use crate::database::keyset::{Order, Slice};
use crate::error::Result;

/// A type that is listed in connections.
pub trait Listed: OutputType + Clone + Send + Sync + 'static {
    /// The type's name; its connection is `<Name>Connection`, its edge `<Name>Edge`.
    const NAME: &'static str;
}

type Count = Arc<dyn for<'c> Fn(&'c RequestContext) -> BoxFuture<'c, Result<i64>> + Send + Sync>;

/// How many items the whole list has.
#[derive(Clone)]
pub enum Total {
    Known(i64),
    /// Counted only when somebody asks.
    Later(Count),
}

impl Total {
    pub fn later(
        count: impl for<'c> Fn(&'c RequestContext) -> BoxFuture<'c, Result<i64>> + Send + Sync + 'static,
    ) -> Self {
        Self::Later(Arc::new(count))
    }
}

pub struct Connection<N: Listed> {
    edges: Vec<Edge<N>>,
    page_info: PageInfo,
    total: Total,
}

#[derive(Clone)]
pub struct Edge<N: Listed> {
    cursor: String,
    node: N,
}

/// Where this page stands in its list.
#[derive(Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether there is more after this page; with `before`, true because the cursor's item follows.
    has_next_page: bool,
    /// Whether there is more before this page; with `after`, true because the cursor's item precedes.
    has_previous_page: bool,
    /// The cursor of the page's first item; null for an empty page.
    start_cursor: Option<String>,
    /// The cursor of the page's last item; null for an empty page.
    end_cursor: Option<String>,
}

impl<N: Listed> Connection<N> {
    /// The page of rows as `order` lists them, each made into a node.
    pub fn new<M>(slice: Slice<M>, order: Order<M>, total: Total, node: impl Fn(Arc<M>) -> N) -> Self {
        let edges: Vec<Edge<N>> =
            slice.rows.into_iter().map(|row| Edge { cursor: order.cursor(&row), node: node(row) }).collect();
        let page_info = PageInfo {
            has_next_page: slice.has_next,
            has_previous_page: slice.has_previous,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self { edges, page_info, total }
    }
}

impl<N: Listed> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::NAME).into()
    }
}

impl<N: Listed> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::NAME).into()
    }
}

/// A page of a list: follow `pageInfo.endCursor` with `after`, or `pageInfo.startCursor` with `before`.
#[Object(name_type)]
impl<N: Listed> Connection<N> {
    /// The items with their cursors.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The items alone.
    async fn nodes(&self) -> Vec<N> {
        self.edges.iter().map(|edge| edge.node.clone()).collect()
    }

    /// Where this page stands in its list.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many items the whole list has that the viewer may see. Costs a count, and only when selected.
    #[graphql(directive = cost::apply(1))]
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let total = match &self.total {
            Total::Known(total) => *total,
            Total::Later(count) => count(cx(ctx)).await?,
        };
        Ok(i32::try_from(total).unwrap_or(i32::MAX))
    }
}

/// An item of a list and its place in it.
#[Object(name_type)]
impl<N: Listed> Edge<N> {
    /// The item's place, to page from: opaque, valid for this kind of list in this order.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    #[graphql(directive = cost::apply(0))]
    async fn node(&self) -> &N {
        &self.node
    }
}
