//! A schema in which everything fails that can fail, in every shape a Rust resolver can have.
//!
//! `golden/oracle.mjs` does the same on the JavaScript side; whoever changes one changes both.

use std::{
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use async_graphql::{Context, Guard, Interface, MaybeUndefined, Object, Result, Subscription, Union};
use futures_util::{Stream, stream};

use super::inputs::{Color, Inner, OneOf, told};

pub(super) struct Refuse;

impl Guard for Refuse {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        Err("refused".into())
    }
}

/// Runs its resolver only when the object is well.
pub(super) struct Well(bool);

impl Guard for Well {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        if self.0 { Ok(()) } else { Err("refused".into()) }
    }
}

/// How often the mutations of a request ran.
#[derive(Default)]
pub(super) struct Bumps(AtomicI32);

impl Bumps {
    pub(super) fn next(&self) -> i32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn count(&self) -> i32 {
        self.0.load(Ordering::SeqCst)
    }
}

pub(super) fn fail<T>(well: bool, value: T) -> Result<T> {
    if well { Ok(value) } else { Err("failed".into()) }
}

async fn soon() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// An object with the 18 failing shapes, the containers of one, and what the block adds.
macro_rules! shapes {
    ($(#[$meta:meta])* $ty:ident { $($extra:tt)* }) => {
        $(#[$meta])*
        #[Object]
        impl $ty {
            async fn ok(&self) -> i32 { 1 }
            async fn slow(&self) -> i32 { soon().await; 2 }
            async fn slower(&self) -> i32 { soon().await; soon().await; 3 }
            async fn id(&self) -> i32 { 7 }

            async fn e_nn(&self) -> Result<i32> { fail(self.well, 1) }
            async fn l_nn(&self) -> Result<i32> { soon().await; fail(self.well, 1) }
            async fn e_n(&self) -> Result<Option<i32>> { fail(self.well, Some(1)) }
            async fn o_n(&self) -> Option<Result<i32>> { Some(fail(self.well, 1)) }
            #[graphql(guard = "Well(self.well)")]
            async fn g_nn(&self) -> i32 { 1 }
            #[graphql(guard = "Well(self.well)")]
            async fn g_n(&self) -> Option<i32> { Some(1) }
            async fn v_nn(&self) -> Vec<Result<i32>> { vec![Ok(1), fail(self.well, 2)] }
            async fn v_n(&self) -> Vec<Option<Result<i32>>> { vec![Some(Ok(1)), Some(fail(self.well, 2))] }
            async fn ov_nn(&self) -> Option<Vec<Result<i32>>> { Some(vec![Ok(1), fail(self.well, 2)]) }
            async fn ov_n(&self) -> Option<Vec<Option<Result<i32>>>> {
                Some(vec![Some(Ok(1)), Some(fail(self.well, 2))])
            }
            async fn vv(&self) -> Vec<Vec<Result<i32>>> { vec![vec![Ok(1)], vec![Ok(1), fail(self.well, 2)]] }
            async fn vov(&self) -> Vec<Option<Vec<Result<i32>>>> {
                vec![Some(vec![Ok(1)]), Some(vec![Ok(1), fail(self.well, 2)])]
            }
            async fn rv(&self) -> Result<Vec<i32>> { fail(self.well, vec![1]) }
            async fn rov(&self) -> Result<Option<Vec<i32>>> { fail(self.well, Some(vec![1])) }
            async fn orv(&self) -> Option<Result<Vec<i32>>> { Some(fail(self.well, vec![1])) }
            async fn rc(&self) -> Result<Cell> { fail(self.well, Cell { well: self.well }) }
            async fn roc(&self) -> Result<Option<Cell>> { fail(self.well, Some(Cell { well: self.well })) }
            async fn orc(&self) -> Option<Result<Cell>> { Some(fail(self.well, Cell { well: self.well })) }

            async fn c_nn(&self) -> Cell { Cell { well: self.well } }
            async fn c_n(&self) -> Option<Cell> { Some(Cell { well: self.well }) }
            async fn late(&self) -> Result<Option<Cell>> { soon().await; Ok(Some(Cell { well: self.well })) }
            async fn cs_nn(&self) -> Vec<Cell> { pair(self.well) }
            async fn cs_n(&self) -> Vec<Option<Cell>> { pair(self.well).into_iter().map(Some).collect() }
            async fn ocs_nn(&self) -> Option<Vec<Cell>> { Some(pair(self.well)) }
            async fn ocs_n(&self) -> Option<Vec<Option<Cell>>> {
                Some(pair(self.well).into_iter().map(Some).collect())
            }
            async fn rcs(&self) -> Result<Vec<Cell>> { Ok(pair(self.well)) }
            async fn css(&self) -> Vec<Vec<Cell>> { vec![pair(true), pair(self.well)] }
            async fn f_nn(&self) -> Face { Cell { well: self.well }.into() }
            async fn f_n(&self) -> Option<Face> { Some(Disc { well: self.well }.into()) }
            async fn fs(&self) -> Vec<Face> { vec![Disc { well: true }.into(), Cell { well: self.well }.into()] }
            async fn u_nn(&self) -> Either { Cell { well: self.well }.into() }
            async fn us(&self) -> Option<Vec<Option<Either>>> {
                Some(vec![Some(Disc { well: true }.into()), Some(Cell { well: self.well }.into())])
            }
            $($extra)*
        }
    };
}

fn pair(well: bool) -> Vec<Cell> {
    vec![Cell { well: true }, Cell { well }]
}

pub(super) struct Cell {
    well: bool,
}
pub(super) struct Disc {
    well: bool,
}
pub(super) struct Query {
    well: bool,
}
pub(super) struct Mutation {
    well: bool,
}

pub(super) fn roots() -> (Query, Mutation, Events) {
    (Query { well: false }, Mutation { well: false }, Events)
}

shapes!(Cell {
    async fn corner(&self) -> i32 { 4 }
});
shapes!(Disc {
    async fn radius(&self) -> i32 { 5 }
});
shapes!(Query {
    /// Every input there is, told back as text.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn echo(
        &self,
        #[graphql(default = 5)] b: i32,
        #[graphql(default = 7)] dn: Option<i32>,
        n: Option<i32>,
        m: MaybeUndefined<i32>,
        f: Option<f64>,
        s: Option<String>,
        id: Option<async_graphql::ID>,
        t: Option<bool>,
        color: Option<Color>,
        list: Option<Vec<i32>>,
        lists: Option<Vec<Option<Vec<Option<i32>>>>>,
        one: Option<OneOf>,
        input: Option<Inner>,
    ) -> String {
        told(b, dn, n, m, f, s, id, t, color, list, lists, one, input)
    }
    async fn need(&self, n: i32) -> i32 { n }
    #[graphql(guard = "Refuse")]
    async fn shut(&self) -> Option<i32> { Some(1) }
    async fn panic(&self) -> Option<i32> { faint() }
    async fn panic_nn(&self) -> i32 { faint() }
});
shapes!(Mutation {
    async fn bump(&self, ctx: &Context<'_>) -> Bump { Bump(bumps(ctx).next()) }
    async fn bump_later(&self, ctx: &Context<'_>) -> i32 {
        soon().await;
        bumps(ctx).next()
    }
    async fn sign_in(&self) -> i32 { 1 }
});

pub(super) struct Bump(i32);

#[Object]
impl Bump {
    async fn v(&self) -> i32 {
        self.0
    }
    async fn w(&self) -> i32 {
        self.0
    }
    async fn again(&self, ctx: &Context<'_>) -> Bump {
        Bump(bumps(ctx).next())
    }
}

#[derive(Interface)]
#[allow(clippy::duplicated_attributes)]
#[graphql(
    field(name = "id", ty = "i32"),
    field(name = "ok", ty = "i32"),
    field(name = "e_nn", ty = "i32"),
    field(name = "l_nn", ty = "i32"),
    field(name = "e_n", ty = "Option<i32>"),
    field(name = "g_nn", ty = "i32"),
    field(name = "g_n", ty = "Option<i32>"),
    field(name = "rv", ty = "Vec<i32>"),
    field(name = "rov", ty = "Option<Vec<i32>>"),
    field(name = "rc", ty = "Cell"),
    field(name = "roc", ty = "Option<Cell>"),
    field(name = "c_nn", ty = "Cell"),
    field(name = "c_n", ty = "Option<Cell>"),
    field(name = "cs_n", ty = "Vec<Option<Cell>>")
)]
pub(super) enum Face {
    Cell(Cell),
    Disc(Disc),
}

#[derive(Union)]
pub(super) enum Either {
    Cell(Cell),
    Disc(Disc),
}

pub(super) struct Events;

#[Subscription]
impl Events {
    async fn cells(&self) -> impl Stream<Item = Cell> + use<> {
        stream::iter(pair(false))
    }
    async fn maybe_cells(&self) -> impl Stream<Item = Option<Cell>> + use<> {
        stream::iter(pair(false).into_iter().map(Some))
    }
    async fn numbers(&self) -> impl Stream<Item = Result<i32>> + use<> {
        stream::iter([Ok(1), fail(false, 2), Ok(3)])
    }
    async fn maybe_numbers(&self) -> impl Stream<Item = Option<Result<i32>>> + use<> {
        stream::iter([Some(Ok(1)), Some(fail(false, 2)), None])
    }
    async fn faces(&self) -> impl Stream<Item = Face> + use<> {
        stream::iter([Disc { well: true }.into(), Cell { well: false }.into()])
    }
    #[graphql(guard = "Refuse")]
    async fn shut(&self) -> impl Stream<Item = i32> + use<> {
        stream::iter([1])
    }
    async fn panics(&self) -> impl Stream<Item = i32> + use<> {
        stream::iter([1, 2]).map_panicking()
    }
}

trait Panicking: Stream<Item = i32> + Sized {
    fn map_panicking(self) -> impl Stream<Item = i32> {
        futures_util::StreamExt::map(self, |n| if n == 2 { panic!("the password is hunter2") } else { n })
    }
}

impl<S: Stream<Item = i32>> Panicking for S {}

fn faint<T>() -> T {
    panic!("the password is {}", "hunter2")
}

fn bumps<'a>(ctx: &Context<'a>) -> &'a Bumps {
    ctx.data_unchecked::<std::sync::Arc<Bumps>>()
}
