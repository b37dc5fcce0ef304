//! The blog's read model.

use domain::{
    ArticleId,
    article::{Article, Command, Content},
};
use eventstore::EventStore;
use projections::articles::{self, Readers};
use sqlx::PgPool;
use uuid::Uuid;

use super::{begin, equals_a_rebuild, execute, follow, owner};
use crate::support::database;

fn content(title: &str) -> Content {
    Content::parse(title, "*News*", Some("https://example.org/a.jpg")).expect("an article")
}

async fn titles(pool: &PgPool, readers: Readers) -> Vec<String> {
    let rows = articles::page(pool, readers, None, 100).await.expect("articles");
    assert_eq!(articles::count(pool, readers).await.expect("a count"), i64::try_from(rows.len()).expect("a count"));
    rows.into_iter().map(|row| row.title).collect()
}

#[tokio::test]
async fn everybody_sees_what_is_published_and_writers_see_what_there_is() {
    let database = database().await;
    let (pool, store) = (&database.pool, EventStore::new(database.pool.clone()));
    let following = follow(&store);
    let mut ids = Vec::new();
    for title in ["One", "Two", "Three", "Four"] {
        ids.push(begin::<Article>(&store, Command::Draft { author: owner(), content: content(title) }).await);
    }
    for command in [Command::Publish, Command::Revise { content: content("First") }] {
        execute::<Article>(&store, ids[0], command).await;
    }
    // Taken back and published again, an article keeps its place.
    for command in [Command::Publish, Command::Unpublish, Command::Publish] {
        execute::<Article>(&store, ids[1], command).await;
    }
    execute::<Article>(&store, ids[2], Command::Publish).await;
    execute::<Article>(&store, ids[2], Command::Unpublish).await;
    execute::<Article>(&store, ids[3], Command::Publish).await;
    execute::<Article>(&store, ids[3], Command::Delete).await;
    following.shows_all(pool).await;

    assert_eq!(titles(pool, Readers::Everybody).await, ["Two", "First"]);
    assert_eq!(titles(pool, Readers::Writers).await, ["Three", "Two", "First"]);
    let place = |row: Option<articles::Article>| row.map(|row| (row.slug, row.published, row.version));
    let get = async |readers, id: Uuid| place(articles::get(pool, readers, ArticleId(id)).await.expect("an answer"));
    assert_eq!(get(Readers::Everybody, ids[0]).await, Some(("one".to_owned(), true, 3)));
    assert_eq!(get(Readers::Everybody, ids[2]).await, None);
    assert_eq!(get(Readers::Writers, ids[2]).await, Some(("three".to_owned(), false, 3)));
    assert_eq!(get(Readers::Writers, ids[3]).await, None);
    let at =
        async |slug: &str| articles::at(pool, Readers::Everybody, slug).await.expect("an answer").map(|row| row.id);
    assert_eq!(
        [at("one").await, at("two").await, at("three").await, at("four").await],
        [Some(ids[0]), Some(ids[1]), None, None]
    );
    following.end().await;
    equals_a_rebuild(&store).await;
}

#[tokio::test]
async fn views_are_added_up_and_outlive_a_rebuild() {
    let database = database().await;
    let (pool, store) = (&database.pool, EventStore::new(database.pool.clone()));
    let following = follow(&store);
    let id = begin::<Article>(&store, Command::Draft { author: owner(), content: content("News") }).await;
    execute::<Article>(&store, id, Command::Publish).await;
    following.shows_all(pool).await;
    following.end().await;

    for _ in 0..2 {
        articles::add_views(pool, &[Uuid::nil(), id], &[5, 2]).await.expect("added");
    }
    equals_a_rebuild(&store).await;

    let shown = articles::get(pool, Readers::Everybody, ArticleId(id)).await.expect("an answer").expect("an article");
    assert_eq!((shown.views, articles::list_views(pool).await.expect("an answer")), (4, 10));
}

#[tokio::test]
async fn articles_are_rendered_when_they_are_written_and_only_their_present_body_counts() {
    let database = database().await;
    let (pool, store) = (&database.pool, EventStore::new(database.pool.clone()));
    let following = follow(&store);
    let html = async |id: Uuid| articles::html(pool, &[id]).await.expect("an answer").pop().map(|(_, html)| html);
    let id = begin::<Article>(&store, Command::Draft { author: owner(), content: content("News") }).await;
    following.shows_all(pool).await;
    assert_eq!(html(id).await.as_deref(), Some("<p><em>News</em></p>\n"));
    let revised = Content::parse("News", "*Old*", None).expect("an article");
    execute::<Article>(&store, id, Command::Revise { content: revised }).await;
    execute::<Article>(&store, id, Command::Publish).await;
    following.shows_all(pool).await;
    assert_eq!(html(id).await.as_deref(), Some("<p><em>Old</em></p>\n"));
    following.end().await;
    equals_a_rebuild(&store).await;

    // A process that does not render yet has revised it.
    let revise = "update articles set body = 'Other', updated_at = updated_at + interval '1 second'";
    sqlx::query(revise).execute(pool).await.expect("revised");
    assert_eq!(html(id).await, None);
}
