//! The blog of the demo: articles that are published, drafted and withdrawn, in both languages.

use super::doing::say;
use super::people::EDITOR;
use super::stage::Stage;
use acts::blog::{articles, pictures};
use acts::who::SessionTimes;
use projections::articles::Readers;

/// What becomes of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Draft,
    Published,
    Withdrawn,
}

struct Article {
    title: &'static str,
    body: &'static str,
    picture: Option<&'static [u8]>,
    standing: Standing,
}

const ARTICLES: [Article; 6] = [
    Article {
        title: "Who got what, and when?",
        body: include_str!("../../../demo/articles/proof.md"),
        picture: Some(include_bytes!("../../../demo/pictures/letters.png")),
        standing: Standing::Published,
    },
    Article {
        title: "Окно рассылки: почему после конца ничего не уходит",
        body: include_str!("../../../demo/articles/window.ru.md"),
        picture: Some(include_bytes!("../../../demo/pictures/window.png")),
        standing: Standing::Published,
    },
    Article {
        title: "Please try again in five minutes",
        body: include_str!("../../../demo/articles/greylisting.md"),
        picture: Some(include_bytes!("../../../demo/pictures/clock.png")),
        standing: Standing::Published,
    },
    Article {
        title: "Первая рассылка за пять минут",
        body: include_str!("../../../demo/articles/first.ru.md"),
        picture: Some(include_bytes!("../../../demo/pictures/steps.png")),
        standing: Standing::Published,
    },
    Article {
        title: "On subjects",
        body: include_str!("../../../demo/articles/draft.md"),
        picture: None,
        standing: Standing::Draft,
    },
    Article {
        title: "Maintenance on Sunday",
        body: include_str!("../../../demo/articles/withdrawn.md"),
        picture: None,
        standing: Standing::Withdrawn,
    },
];

/// Writes what is not written yet.
pub(super) async fn write(stage: &Stage, times: SessionTimes) -> anyhow::Result<()> {
    let services = &stage.node.services;
    let there = projections::articles::page(services.pool(), Readers::Writers, None, 1_000).await?;
    let missing: Vec<&Article> =
        ARTICLES.iter().filter(|article| !there.iter().any(|row| row.title == article.title)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say("Writing the blog ...");
    let editor = stage.people.of(EDITOR)?;
    let writer = editor.log_in(services, times).await?.article_writer().map_err(crate::cli::told)?;
    for Article { title, body, picture, standing } in missing {
        let metadata = editor.metadata();
        let image = match picture {
            Some(bytes) => Some(pictures::add(services, writer, bytes).await?.address()),
            None => None,
        };
        let created = articles::create(services, writer, None, title, body, image.as_deref(), &metadata).await;
        let (id, mut receipt) = created?;
        let id = id.to_string();
        if *standing != Standing::Draft {
            receipt = articles::publish(services, writer, &id, None, &metadata).await?.1;
        }
        if *standing == Standing::Withdrawn {
            receipt = articles::unpublish(services, writer, &id, None, &metadata).await?.1;
        }
        services.shown(receipt.position).await;
    }
    Ok(())
}
