//! Nobody attacks: what the fixture itself shows, to compare with.

use super::siege::Siege;

#[tokio::test]
async fn without_an_attack_everybody_is_served_and_letters_go_out() {
    let mut siege = Siege::laid("nobody attacks").await;

    siege.under(async |siege| siege.server.wait_for(siege.server.count() + 500).await).await;

    siege.withstood().await;
}
