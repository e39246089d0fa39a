//! Relay connections, once for all nouns.

mod under;

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Object, TypeName};
use futures_util::future::BoxFuture;

use super::cell::Cell;
use super::context::{RequestContext, cx};
use super::cost::cost;
use super::row::{Columns, Row, Rows, whole, wholes};
use crate::database::keyset::{Order, Slice};
use crate::error::Result;

/// A type that is listed in connections.
pub trait Listed: Columns + Clone + 'static {
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

/// The rows of a page, which know their cursors. A cursor is made when somebody asks for it, and most ask for one or none.
trait Places: Send + Sync {
    fn cursor(&self, index: usize) -> Option<String>;
}

struct Ordered<M: 'static> {
    rows: Vec<Arc<M>>,
    order: Order<M>,
}

impl<M: Send + Sync> Places for Ordered<M> {
    fn cursor(&self, index: usize) -> Option<String> {
        self.rows.get(index).map(|row| self.order.cursor(row))
    }
}

/// What a field with a connection answers.
pub type Connection<N> = Row<Page<N>>;

pub struct Page<N: Listed> {
    nodes: Rows<N>,
    page_info: PageInfo,
    total: Total,
}

pub struct Edge<N: Listed> {
    places: Arc<dyn Places>,
    index: usize,
    node: N,
}

pub struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    places: Arc<dyn Places>,
    size: usize,
}

impl<N: Listed> Row<Page<N>> {
    /// The page of rows as `order` lists them, each made into a node.
    pub fn new<M: Send + Sync>(slice: Slice<M>, order: Order<M>, total: Total, node: impl Fn(Arc<M>) -> N) -> Self {
        let nodes: Vec<N> = slice.rows.iter().cloned().map(node).collect();
        let page_info = PageInfo {
            has_next_page: slice.has_next,
            has_previous_page: slice.has_previous,
            size: nodes.len(),
            places: Arc::new(Ordered { rows: slice.rows, order }),
        };
        Self(Page { nodes: Rows(nodes), page_info, total })
    }
}

impl<N: Listed> Page<N> {
    fn edges_of(&self) -> impl ExactSizeIterator<Item = Edge<N>> {
        let places = &self.page_info.places;
        let nodes = self.nodes.0.iter().enumerate();
        nodes.map(|(index, node)| Edge { places: places.clone(), index, node: node.clone() })
    }
}

impl<N: Listed> TypeName for Page<N> {
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
impl<N: Listed> Page<N> {
    /// The items with their cursors.
    async fn edges(&self) -> Rows<Edge<N>> {
        Rows(self.edges_of().collect())
    }

    /// The items alone.
    async fn nodes(&self) -> &Rows<N> {
        &self.nodes
    }

    /// Where this page stands in its list.
    async fn page_info(&self) -> Row<&PageInfo> {
        Row(&self.page_info)
    }

    /// How many items the whole list has that the viewer may see. Costs a count, and only when selected.
    #[graphql(directive = cost::apply(1))]
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let total = match &self.total {
            Total::Known(total) => *total,
            Total::Later(count) => count(cx(ctx)).await?,
        };
        Ok(shown(total))
    }
}

/// An item of a list and its place in it.
#[Object(name_type)]
impl<N: Listed> Edge<N> {
    /// The item's place, to page from: opaque, valid for this kind of list in this order.
    async fn cursor(&self) -> String {
        self.places.cursor(self.index).unwrap_or_default()
    }

    /// The item.
    #[graphql(directive = cost::apply(0))]
    async fn node(&self) -> Row<&N> {
        Row(&self.node)
    }
}

/// Where this page stands in its list.
#[Object]
impl PageInfo {
    /// Whether there is more after this page; with `before`, true because the cursor's item follows.
    async fn has_next_page(&self) -> bool {
        self.has_next_page
    }

    /// Whether there is more before this page; with `after`, true because the cursor's item precedes.
    async fn has_previous_page(&self) -> bool {
        self.has_previous_page
    }

    /// The cursor of the page's first item; null for an empty page.
    async fn start_cursor(&self) -> Option<String> {
        self.places.cursor(0)
    }

    /// The cursor of the page's last item; null for an empty page.
    async fn end_cursor(&self) -> Option<String> {
        self.places.cursor(self.size.checked_sub(1)?)
    }
}

fn shown(total: i64) -> i32 {
    i32::try_from(total).unwrap_or(i32::MAX)
}

impl<N: Listed> Columns for Page<N> {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let below = &field.selection_set.node;
        let value = match field.name.node.as_str() {
            "edges" => wholes(self.edges_of(), below),
            "nodes" => wholes(self.nodes.0.iter(), below),
            "pageInfo" => whole(&self.page_info, below),
            "totalCount" => match self.total {
                Total::Known(total) => Some(shown(total).into()),
                Total::Later(_) => None,
            },
            _ => None,
        };
        value.map(Cell::Counted)
    }
}

impl<N: Listed> Columns for Edge<N> {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        match field.name.node.as_str() {
            "cursor" => Some(self.places.cursor(self.index).unwrap_or_default().into()),
            "node" => Some(Cell::Row(&self.node, &field.selection_set.node)),
            _ => None,
        }
    }
}

impl Columns for PageInfo {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        Some(match field.name.node.as_str() {
            "hasNextPage" => self.has_next_page.into(),
            "hasPreviousPage" => self.has_previous_page.into(),
            "startCursor" => self.places.cursor(0).into(),
            "endCursor" => self.size.checked_sub(1).and_then(|last| self.places.cursor(last)).into(),
            _ => return None,
        })
    }
}
