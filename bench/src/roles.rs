//! Looking somebody up who holds many of very many roles.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Args, Command, FromArgMatches};
use entity::id::{SessionId, UserId};
use stoa::app::App;
use stoa::auth::token::Bearer;
use stoa::auth::{Actor, Client, Shown, resolve};
use stoa::clock::Clock;
use stoa::config::Config;
use stoa::database::{embedded, migrate};
use stoa::domain::role::seed;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::place;

const SEED: &str = include_str!("../roles.sql");
const DATABASE: &str = "bench_roles";

/// Measure who somebody is: 10,000 roles in chains of 10, and 200 grants that count for them.
#[derive(Args)]
pub struct Roles {
    /// How often.
    #[arg(long, default_value = "5000")]
    times: usize,
}

impl Roles {
    pub async fn run(self) -> anyhow::Result<()> {
        let options = embedded::Options {
            data_dir: place().join("roles"),
            bin_dir: None,
            durable: true,
            linger: Duration::from_secs(1),
            max_connections: 20,
        };
        let server = tokio::task::spawn_blocking(move || embedded::Server::start(&options)).await??;
        let (user, session) = furnish(&server).await?;
        measure(&server.url(DATABASE), user, session, self.times).await?;
        Ok(tokio::task::spawn_blocking(move || server.stop()).await??)
    }
}

async fn connect(folder: &Path, database: &str) -> anyhow::Result<tokio_postgres::Client> {
    let address = format!("host={} user=stoa dbname={database}", folder.display());
    let (client, connection) = tokio_postgres::connect(&address, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A database of its own, made anew; the user with the roles, and a session of theirs.
async fn furnish(server: &embedded::Server) -> anyhow::Result<(UserId, SessionId)> {
    let maintenance = connect(server.socket_dir(), "postgres").await?;
    maintenance.batch_execute(&format!("drop database if exists {DATABASE} with (force)")).await?;
    maintenance.batch_execute(&format!("create database {DATABASE}")).await?;
    let (patience, deadline) = (Duration::from_secs(5), Duration::from_secs(600));
    let db = stoa::database::connect(&server.url(DATABASE), 2, patience, deadline).await?;
    migrate::up(&db).await?;
    seed::seed(&db, &Clock::system()).await?;
    db.close().await?;
    let client = connect(server.socket_dir(), DATABASE).await?;
    client.batch_execute(SEED).await?;
    let row = client
        .query_one(
            "select s.user_id, s.id, (select count(*) from roles), (select count(*) from grants_held(s.user_id, now()))
               from sessions s",
            &[],
        )
        .await?;
    println!("{} roles; {} grants count for the viewer", row.get::<_, i64>(2), row.get::<_, i64>(3));
    Ok((UserId(row.get::<_, Uuid>(0)), SessionId(row.get::<_, Uuid>(1))))
}

/// Asks who shows a token, which is one statement each time: nobody is remembered.
async fn measure(url: &str, user: UserId, session: SessionId, times: usize) -> anyhow::Result<()> {
    let matches = Config::augment_args(Command::new("bench")).get_matches_from(["bench"]);
    let mut config = Config::from_arg_matches(&matches)?;
    config.auth.credential_cache = 0;
    config.auth.master_key = Some("dGhlIG1hc3RlciBrZXkgb2YgYSBiZW5jaG1hcmsgLi4=".to_owned());
    let db = stoa::database::connect(url, 2, Duration::from_secs(5), Duration::from_secs(5)).await?;
    let app = App::new(&config, db, Clock::system(), false).await?;
    let (token, _) = app.tokens.issue(Bearer { user, session }, app.clock.now())?;
    let (authorization, client) = (format!("Bearer {token}"), Client::default());
    let shown = Shown { authorization: Some(&authorization), user: None, client: &client };
    let mut taken = Vec::with_capacity(times);
    for turn in 0..times + 100 {
        let reader = app.reader(false);
        let began = Instant::now();
        let actor = resolve(&reader, app.door(), shown).await?;
        let elapsed = began.elapsed();
        anyhow::ensure!(matches!(actor, Actor::User(_)), "nobody was found");
        // The first ones prepare and plan.
        if turn >= 100 {
            taken.push(elapsed);
        }
    }
    taken.sort();
    let at = |share: usize| taken.get(taken.len() * share / 100).context("nothing was measured");
    println!("p50 {:?}, p95 {:?}, p99 {:?} of {times}", at(50)?, at(95)?, at(99)?);
    app.bell.close().await;
    Ok(())
}
