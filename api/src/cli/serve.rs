//! `stoa serve`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{self, Opened, migrate};
use crate::demo::{self, Occupant};
use crate::domain::deprecated_use::recorder;
use crate::domain::role::seed;
use crate::domain::{audit, identity, link, mail, security_event, share, stream};
use crate::telemetry::traces::Spans;
use crate::{http, write};

/// The database of a private server that `serve` uses; the demo has another.
pub const DATABASE: &str = "stoa";

/// Serve the API until SIGTERM or Ctrl-C.
///
/// The database must be migrated; --migrate does that first. The demo world is never loaded or opened here.
#[derive(Args)]
pub struct Serve {
    /// Bring the database to this version's schema first.
    #[arg(long, env = "STOA_MIGRATE", value_parser = clap::builder::BoolishValueParser::new())]
    migrate: bool,
    #[command(flatten)]
    config: Config,
}

impl Serve {
    /// The settings with which it serves.
    pub fn settings(&self) -> &Config {
        &self.config
    }

    pub async fn run(self, spans: Option<Arc<Spans>>) -> anyhow::Result<()> {
        self.config.check(false)?;
        let signals = signals()?;
        let opened = open(&self.config, DATABASE, self.migrate, Occupant::Others).await?;
        listen(&self.config, opened, false, spans, signals, |address| {
            println!("Stoa is ready: http://{address}/graphql (GraphiQL: http://{address}/graphiql)");
        })
        .await
    }
}

/// The migrated database with its default roles, if it is nobody's yet or `ours`; another one stays untouched. Statements
/// end with the request's deadline and a little more.
pub async fn open(config: &Config, name: &str, migrate_first: bool, ours: Occupant) -> anyhow::Result<Opened> {
    let deadline = config.http.request_timeout() + Duration::from_secs(1);
    let opened = database::open(&config.database, name, deadline).await?;
    match demo::occupant(&opened.connection).await? {
        Occupant::Demo if ours != Occupant::Demo => {
            anyhow::bail!("This database holds the demo world, which anybody may enter; `stoa serve` does not open it.")
        }
        Occupant::Others if ours != Occupant::Others => {
            anyhow::bail!("This database holds accounts that are not the demo's: the demo does not touch it.")
        }
        _ => {}
    }
    if migrate_first {
        migrate::up(&opened.connection).await?;
    }
    migrate::require_current(&opened.connection).await?;
    seed::seed(&opened.connection, &Clock::system()).await?;
    Ok(opened)
}

/// A mail that is being sent when the service stops gets so long to arrive.
const LAST_MAIL: Duration = Duration::from_secs(5);
/// And the last rows of the audit log so long to be sealed; the next start seals what is left.
const LAST_SEAL: Duration = Duration::from_secs(2);

/// Serves until a signal, drains, closes the database.
pub async fn listen(
    config: &Config,
    opened: Opened,
    demo: bool,
    spans: Option<Arc<Spans>>,
    mut stop: watch::Receiver<bool>,
    ready: impl FnOnce(std::net::SocketAddr),
) -> anyhow::Result<()> {
    let app = App::new(config, opened.connection.clone(), Clock::system(), demo).await?;
    let server = http::Server::new(config, app.clone())?;
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; set STOA_LISTEN to another address", config.http.listen))?;
    let metrics = listen_for_metrics(config, &server, spans).await?;
    let housekeeping = tokio::spawn(housekeeping(app.clone()));
    let (rest, resting) = watch::channel(false);
    let mut sealer = tokio::spawn(audit::sealer::work(app.clone(), resting.clone()));
    let watchman = tokio::spawn(stream::watchman::work(app.clone(), resting.clone()));
    let mut postman = tokio::spawn(mail::worker::work(app.clone(), resting));
    if !*stop.borrow_and_update() {
        ready(listener.local_addr()?);
        http::serve(listener, server, stop, config.http.drain_timeout()).await?;
    }
    tracing::info!("stopping");
    // Before the housekeeping ends: what it is just writing is waited for.
    write_down(&app).await;
    housekeeping.abort();
    // A mail that is under way arrives once if it is seen through, and perhaps twice if it is not.
    rest.send_replace(true);
    if tokio::time::timeout(LAST_MAIL, &mut postman).await.is_err() {
        postman.abort();
    }
    if tokio::time::timeout(LAST_SEAL, &mut sealer).await.is_err() {
        sealer.abort();
    }
    watchman.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    app.bell.close().await;
    opened.close().await
}

/// The listener of the metrics, if there is to be one. It goes on while requests are drained.
async fn listen_for_metrics(
    config: &Config,
    server: &Arc<http::Server>,
    spans: Option<Arc<Spans>>,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let Some(address) = config.telemetry.metrics_listen else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; set STOA_METRICS_LISTEN to another address"))?;
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    let server = server.clone();
    Ok(Some(tokio::spawn(async move {
        if let Err(cause) = http::serve_metrics(listener, server, spans).await {
            tracing::error!(%cause, "metrics are served no more");
        }
    })))
}

/// What has to be done every now and then.
async fn housekeeping(app: Arc<App>) {
    let mut hourly = tokio::time::interval(Duration::from_secs(3600));
    let mut often = tokio::time::interval(recorder::PAUSE);
    loop {
        tokio::select! {
            _ = hourly.tick() => {}
            _ = often.tick() => {
                write_down(&app).await;
                continue;
            }
        }
        if let Err(cause) = write::forget_old(&app.db, app.clock.now()).await {
            tracing::warn!(%cause, "old replies could not be removed");
        }
        let kept = TimeDelta::days(app.auth.user_activity_retention_days.into());
        if let Err(cause) = security_event::rows::forget_old(&app.db, app.clock.now() - kept).await {
            tracing::warn!(%cause, "old security events could not be removed");
        }
        if let Err(cause) = share::rows::forget_ended(&app.db, app.clock.now() - TimeDelta::days(1)).await {
            tracing::warn!(%cause, "shares that have ended could not be removed");
        }
        if let Err(cause) = link::rows::forget_old_views(&app.db, app.clock.now()).await {
            tracing::warn!(%cause, "old views of links could not be removed");
        }
        if let Err(cause) = app.guesses.forget_old(&app.db, app.clock.now()).await {
            tracing::warn!(%cause, "old guesses could not be removed");
        }
        if let Err(cause) = mail::rows::forget_old(&app.db, app.clock.now()).await {
            tracing::warn!(%cause, "old mail could not be removed");
        }
        if let Err(cause) = identity::rows::forget_old_flows(&app.db, app.clock.now()).await {
            tracing::warn!(%cause, "old sign-ins under way could not be removed");
        }
        if let Err(cause) = app.budgets.forget_full().await {
            tracing::warn!(%cause, "full budgets could not be removed");
        }
    }
}

/// What was gathered in memory goes into the database, and what others may have changed there is read.
async fn write_down(app: &App) {
    if let Err(cause) = app.tokens.renew(&app.db).await {
        tracing::warn!(cause = format!("{cause:#}"), "the signing keys could not be read; it is tried again");
    }
    if let Err(cause) = app.views.write(&app.db).await {
        tracing::warn!(%cause, "who looked at links could not be written");
    }
    if let Err(cause) = app.activity.write(&app.db).await {
        tracing::warn!(%cause, "the use of sessions could not be written down; it is tried again");
    }
    if let Err(cause) = app.usage.write(&app.db).await {
        tracing::warn!(%cause, "the use of permissions could not be written down; it is tried again");
    }
    if let Err(cause) = app.deprecated_uses.write().await {
        tracing::warn!(%cause, "the use of what is deprecated could not be written down; it is tried again");
    }
}

/// Turns true at the first SIGTERM or SIGINT. Asked for before anything starts, so that none is missed.
pub fn signals() -> anyhow::Result<watch::Receiver<bool>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (said, stop) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Nobody listening any more is as good as stopped.
        let _ = said.send(true);
        // A second signal while draining changes nothing: the drain has its own end.
        std::future::pending::<()>().await;
    });
    Ok(stop)
}
